/** The sum of the points, always in view, and whether it is the total that the rubric states. */

import { drawing, element } from "./dom.js";
import { balance, pointsOf } from "./rubric-edit.js";

const BACK = "M9 7L4 12l5 5M4 12h10a6 6 0 0 1 0 12";

export class TotalBar {
  /** `options`: `{texts, onTotal(total), onUndo()}`. */
  constructor(options) {
    const { t } = options.texts;
    this.options = options;
    this.sum = element("output.sum");
    this.target = element("input.number", { inputmode: "decimal", autocomplete: "off", size: 5, "aria-label": t("targetLabel"), oninput: () => this.#typed() });
    this.verdict = element("span.verdict", { role: "status" });
    this.undo = element("button.undo", { type: "button", onclick: () => options.onUndo() }, drawing(BACK), t("undo"));
    this.node = element(
      "div.total",
      {},
      element("span", {}, `${t("sumLabel")} `, this.sum, ` ${t("of")} `, this.target),
      this.verdict,
      this.undo,
    );
  }

  show(rubric, canUndo) {
    const { t, number } = this.options.texts;
    const { sum, target, difference } = balance(rubric);
    this.sum.textContent = sum === null ? t("nothing") : number(sum);
    if (pointsOf(this.target.value) !== target) this.target.value = target === null ? "" : number(target);
    this.undo.disabled = !canUndo;
    this.node.classList.toggle("off", Boolean(difference));
    if (difference === null) return this.say(t("noTotal"));
    const key = difference > 0 ? "tooMany" : "tooFew";
    return this.say(difference ? t(key, { points: number(Math.abs(difference)) }) : t("balanced"));
  }

  say(sentence) {
    if (this.verdict.textContent !== sentence) this.verdict.textContent = sentence;
  }

  #typed() {
    const total = pointsOf(this.target.value);
    if (total === undefined) this.target.setAttribute("aria-invalid", "true");
    else this.target.removeAttribute("aria-invalid");
    if (total !== undefined) this.options.onTotal(total);
    else this.say(this.options.texts.t("notPoints", { text: this.target.value }));
  }
}
