/** What went wrong, in one sentence, and what can be done about it: no failure without a next step. */

import { element } from "./dom.js";

export class FaultView {
  /** `context`: `{texts, title, sentence, advice, steps: [{label, act()}]}`; the first step is the likeliest. */
  constructor({ texts: { t }, title, sentence, advice, steps }) {
    this.heading = element("h2", { tabindex: -1 }, title ?? t("failedTitle"));
    const [first, ...others] = steps.filter(Boolean);
    const button = ({ label, act }, what) => element(what, { type: "button", onclick: act }, label);
    this.node = element(
      "section.card.failed",
      {},
      this.heading,
      element("p", { dir: "auto" }, sentence),
      advice && element("p.hint", {}, advice),
      element("div.buttons", {}, button(first, "button.primary"), others.map((step) => button(step, "button"))),
    );
  }

  focus() {
    this.heading.focus();
  }
}
