/** What was done to a rubric, step by step: undo, redo, and one step for all that is typed into one field. */

import { copy } from "./rubric-edit.js";

const STEPS = 100;

export class EditHistory {
  #past = [];
  #future = [];
  #now;

  constructor(rubric) {
    this.#now = { rubric: copy(rubric), plan: null };
  }

  /** Whether something was typed into the field that has the focus: then Ctrl+Z is the field's own. */
  isTyping = false;

  get canUndo() {
    return this.#past.length > 0;
  }

  get canRedo() {
    return this.#future.length > 0;
  }

  /** The plan of the reading at this step; null where no plan was known yet. */
  get plan() {
    return this.#now.plan;
  }

  /** Of the steps until now, none of which has changed it. */
  set plan(plan) {
    for (const step of [...this.#past, this.#now]) step.plan ??= plan;
  }

  /** After a change: one step, or a part of the step that typing into this field has begun. `plan`, where that has changed. */
  record(rubric, { byTyping = false, plan = this.plan } = {}) {
    if (!(byTyping && this.isTyping)) {
      this.#past.push(this.#now);
      if (this.#past.length > STEPS) this.#past.shift();
    }
    this.#future = [];
    this.isTyping = byTyping;
    this.#now = { rubric: copy(rubric), plan };
  }

  /** The rubric as it was, or null where nothing is left to undo. */
  undo() {
    return this.#step(this.#past, this.#future);
  }

  redo() {
    return this.#step(this.#future, this.#past);
  }

  #step(from, to) {
    if (!from.length) return null;
    to.push(this.#now);
    this.#now = from.pop();
    this.isTyping = false;
    return copy(this.#now.rubric);
  }
}
