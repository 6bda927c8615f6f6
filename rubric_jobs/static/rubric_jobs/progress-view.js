/** A job under way: its stage in words, the seconds gone, and the rubric as it is written. */

import { element } from "./dom.js";
import { complete } from "./rubric-edit.js";
import { RubricTable } from "./rubric-table.js";

const STAGES = { reading: "stageReading", asking: "stageAsking", writing: "stageWriting", checking: "stageChecking" };

export class ProgressView {
  #context;
  #began = Date.now();
  #timer;
  #table;
  #told = "";

  /** `context`: `{texts, announce(sentence), onCancel()}`. */
  constructor(context) {
    const { t } = context.texts;
    this.#context = context;
    this.stage = element("h2", { tabindex: -1 }, t("sending"));
    this.seconds = element("span.seconds", { "aria-hidden": "true" });
    this.count = element("span.count");
    this.cancel = element("button", { type: "button", hidden: true, onclick: () => context.onCancel() }, t("cancel"));
    this.note = element("p.hint");
    this.preview = element("div.preview");
    const line = element("div.stage", {}, element("span.spinner", { "aria-hidden": "true" }), this.stage, this.seconds, this.cancel);
    this.node = element("div", {}, element("section.card.progress", {}, line, element("p.facts", {}, this.count), this.note), this.preview);
    this.#tick();
    this.#timer = setInterval(() => this.#tick(), 1000);
  }

  focus() {
    this.stage.focus();
  }

  leave() {
    clearInterval(this.#timer);
  }

  show(job) {
    const { t } = this.#context.texts;
    const began = new Date(job.createdAt).getTime();
    if (began < this.#began) this.#began = began;
    const progress = job.status === "processing" ? (job.progress ?? {}) : {};
    this.stage.textContent = this.#stageOf(job, progress);
    this.count.textContent = progress.criteriaFound ? t("found", { count: progress.criteriaFound }) : "";
    this.cancel.hidden = false;
    this.note.textContent = t("leaveNote");
    this.#announce([this.stage.textContent, this.count.textContent].filter(Boolean).join(". "));
    if (progress.partialRubric?.criteria?.length) this.#showRubric(complete(progress.partialRubric));
  }

  #stageOf(job, progress) {
    const { t } = this.#context.texts;
    if (job.status === "pending") return job.queuePosition > 1 ? t("waitingPlace", { place: job.queuePosition }) : t("waiting");
    return t(STAGES[progress.stage] ?? "stageReading");
  }

  #showRubric(rubric) {
    if (!this.#table) {
      this.#table = new RubricTable({ texts: this.#context.texts, isEditable: false });
      this.preview.append(this.#table.node);
    }
    this.#table.show(rubric);
  }

  #announce(sentence) {
    if (sentence === this.#told) return;
    this.#told = sentence;
    this.#context.announce(sentence);
  }

  #tick() {
    const count = Math.max(0, Math.round((Date.now() - this.#began) / 1000));
    this.seconds.textContent = this.#context.texts.t("seconds", { count });
  }
}
