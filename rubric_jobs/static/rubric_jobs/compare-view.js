/** An enhanced rubric as one table, with what changed marked in it, and the choice between the old and the new. */

import { element } from "./dom.js";
import { matched } from "./rubric-changes.js";
import { sum } from "./rubric-edit.js";
import { RubricTable } from "./rubric-table.js";

export class CompareView {
  /** `context`: `{texts, before, after, warnings, onChoose(isAfter)}`. */
  constructor(context) {
    const { t } = context.texts;
    this.heading = element("h2", { tabindex: -1 }, t("compareTitle"));
    const choose = (isAfter, label, what) => element(what, { type: "button", onclick: () => context.onChoose(isAfter) }, label);
    const said = context.warnings.length > 0 && element("ul.warnings", {}, context.warnings.map((sentence) => element("li", { dir: "auto" }, sentence)));
    const table = new RubricTable({ texts: context.texts, isEditable: false, label: t("compareTitle") });
    table.show(context.after, matched(context.before, context.after));
    this.node = element(
      "div.compare",
      {},
      element("header.done", {}, this.heading, element("div.buttons", {}, choose(false, t("keepBefore"), "button"), choose(true, t("useAfter"), "button.primary"))),
      said,
      element("p.legend", {}, element("del", {}, t("before")), " ", element("ins", {}, t("after")), ` · ${worth(context)}`),
      table.node,
    );
  }

  focus() {
    this.heading.focus();
  }
}

function worth({ texts, before, after }) {
  const told = [before, after].map((rubric) => sum(rubric)).map((total) => (total === null ? texts.t("nothing") : texts.number(total)));
  return texts.t("worthNow", { before: told[0], after: told[1] });
}
