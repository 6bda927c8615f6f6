/** An enhanced rubric beside the one that it was made of, and the choice between the two. */

import { element } from "./dom.js";
import { sum } from "./rubric-edit.js";
import { RubricTable } from "./rubric-table.js";

export class CompareView {
  /** `context`: `{texts, before, after, warnings, onChoose(isAfter)}`. */
  constructor(context) {
    const { t } = context.texts;
    this.heading = element("h2", { tabindex: -1 }, t("compareTitle"));
    const choose = (isAfter, label, what) => element(what, { type: "button", onclick: () => context.onChoose(isAfter) }, label);
    const said = context.warnings.length > 0 && element("ul.warnings", {}, context.warnings.map((sentence) => element("li", { dir: "auto" }, sentence)));
    this.node = element(
      "div.compare",
      {},
      element("header.done", {}, this.heading, element("div.buttons", {}, choose(false, t("keepBefore"), "button"), choose(true, t("useAfter"), "button.primary"))),
      said,
      element("div.sides", {}, side(context, t("before"), context.before), side(context, t("after"), context.after)),
    );
  }

  focus() {
    this.heading.focus();
  }
}

function side({ texts }, label, rubric) {
  const table = new RubricTable({ texts, isEditable: false, label });
  table.show(rubric);
  const total = sum(rubric);
  const worth = total === null ? "" : ` · ${texts.number(total)} ${texts.t("pts")}`;
  return element("section", {}, element("p.side", {}, element("strong", {}, label), worth), table.node);
}
