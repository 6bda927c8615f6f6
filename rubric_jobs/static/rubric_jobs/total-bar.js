/** The sum of the points, always in view, and whether it is the total that the rubric states. */

import { drawing, element } from "./dom.js";
import { settle, toolbar } from "./rove.js";
import { balance, pointsOf } from "./rubric-edit.js";

const BACK = "M9 6L4 11l5 5M4 11h10a5 5 0 0 1 0 10h-2";
const FORTH = "M15 6l5 5-5 5M20 11H10a5 5 0 0 0 0 10h2";

export class TotalBar {
  /** `options`: `{texts, onTotal(total), onRescale(total), onUndo(), onRedo()}`. */
  constructor(options) {
    const { t } = options.texts;
    this.options = options;
    this.sum = element("output.sum");
    this.target = element("input.number", { inputmode: "decimal", autocomplete: "off", size: 5, "aria-label": t("targetLabel"), oninput: () => this.#typed() });
    this.verdict = element("span.verdict", { role: "status" });
    this.rescale = element("button", { type: "button", hidden: true, onclick: () => options.onRescale(this.asked) });
    this.undo = element("button", { type: "button", onclick: () => options.onUndo() }, drawing(BACK), t("undo"));
    this.redo = element("button", { type: "button", onclick: () => options.onRedo() }, drawing(FORTH), t("redo"));
    this.steps = toolbar("div.steps", t("steps"), this.undo, this.redo);
    this.node = element(
      "div.total",
      {},
      element("span", {}, `${t("sumLabel")} `, this.sum, ` ${t("of")} `, this.target),
      this.verdict,
      this.rescale,
      this.steps,
    );
  }

  /** `history`: `{canUndo, canRedo}`. */
  show(rubric, history) {
    const { t, number } = this.options.texts;
    const { sum, target, difference } = balance(rubric);
    this.sum.textContent = sum === null ? t("nothing") : number(sum);
    if (pointsOf(this.target.value) !== target) this.target.value = target === null ? "" : number(target);
    this.undo.disabled = !history.canUndo;
    this.redo.disabled = !history.canRedo;
    settle(this.steps);
    this.#offer(rubric.totals?.requested ?? null, sum);
    this.node.classList.toggle("off", Boolean(difference));
    if (difference === null) return this.say(t("noTotal"));
    const key = difference > 0 ? "tooMany" : "tooFew";
    return this.say(difference ? t(key, { points: number(Math.abs(difference)) }) : t("balanced"));
  }

  /** The total that the caller asked for, where the points add up to another. */
  #offer(asked, sum) {
    const { t, number } = this.options.texts;
    this.asked = asked;
    this.rescale.hidden = !asked || sum === null || sum === asked;
    this.rescale.textContent = this.rescale.hidden ? "" : t("rescaleTo", { points: number(asked) });
  }

  focusSteps() {
    (this.undo.disabled ? this.redo : this.undo).focus();
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
