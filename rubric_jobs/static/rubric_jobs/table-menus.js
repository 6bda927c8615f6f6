/** What can be done with a criterion, a level, a penalty or a bonus as a whole: the menus behind the three dots. */

import { Menu } from "./menu.js";
import * as edit from "./rubric-edit.js";

export class TableMenus {
  /** `options`: `{texts, rubric(), onChange(mutate, {said, at})}`. */
  constructor(options) {
    this.options = options;
    this.t = options.texts.t;
    this.menu = new Menu();
    this.node = this.menu.node;
  }

  /** `where`: the button that shows where the part was read, if it has a place. */
  ofCriterion(button, label, row, where) {
    const { onChange } = this.options;
    const { criteria } = this.options.rubric();
    const { name } = criteria[row];
    const to = (at) => ({ at });
    this.menu.open(button, label, [
      where && this.#place(where),
      this.#action("addBelow", (rubric) => edit.addCriterion(rubric, this.t("newCriterion"), row), to(`c${row + 1}.name`)),
      this.#action("duplicate", (rubric) => edit.duplicateCriterion(rubric, row), to(`c${row + 1}.name`)),
      row > 0 && this.#action("moveUp", (rubric) => edit.moveCriterion(rubric, row, -1), to(`c${row - 1}.name`)),
      row < criteria.length - 1 && this.#action("moveDown", (rubric) => edit.moveCriterion(rubric, row, 1), to(`c${row + 1}.name`)),
      !edit.beginsSection(this.options.rubric(), row) &&
        this.#action("beginSection", (rubric) => edit.beginSection(rubric, row, this.t("newSection")), to(`s${row}`)),
      { label: this.t("remove"), act: () => onChange((rubric) => edit.removeCriterion(rubric, row), { said: this.t("removed", { name }), at: `c${Math.max(0, Math.min(row, criteria.length - 2))}.name` }) },
    ]);
  }

  ofLevel(button, label, column, where) {
    const rubric = this.options.rubric();
    const last = edit.widthOf(rubric) - 1;
    const row = button.dataset?.at?.match(/^c(\d+)/)?.[1];
    const to = (target) => ({ at: row === undefined ? `h${target}` : `c${row}.l${target}` });
    const name = edit.columns(rubric)[column] || this.t("levelColumn", { column: column + 1 });
    this.menu.open(button, label, [
      where && this.#place(where),
      this.#action("addAfter", (given) => edit.addLevel(given, column + 1), to(column + 1)),
      this.#action("duplicate", (given) => edit.duplicateLevel(given, column), to(column + 1)),
      column > 0 && this.#action("moveLeft", (given) => edit.moveLevel(given, column, -1), to(column - 1)),
      column < last && this.#action("moveRight", (given) => edit.moveLevel(given, column, 1), to(column + 1)),
      this.#action("remove", (given) => edit.removeColumn(given, column), { said: this.t("removed", { name }), ...to(Math.max(0, Math.min(column, last - 1))) }),
    ]);
  }

  ofAdjustment(button, label, index) {
    const { kind, reason } = this.options.rubric().adjustments[index];
    const other = kind === "penalty" ? "bonus" : "penalty";
    const turn = (rubric) => (rubric.adjustments[index].kind = other);
    this.menu.open(button, label, [
      this.#action(other === "bonus" ? "makeBonus" : "makePenalty", turn, { at: `a${index}.reason` }),
      this.#action("remove", (rubric) => edit.removeAdjustment(rubric, index), { said: this.t("removed", { name: reason }), at: "a0.reason" }),
    ]);
  }

  #action(key, mutate, told) {
    return { label: this.t(key), act: () => this.options.onChange(mutate, told) };
  }

  #place(where) {
    return { label: where.getAttribute("aria-label"), act: () => where.click() };
  }
}
