/** What went wrong, in one sentence, and what can be done about it. */

import { element } from "./dom.js";

export class FaultView {
  /** `context`: `{texts, sentence, onRetry() or null, onBack()}`. */
  constructor({ texts: { t }, sentence, onRetry, onBack }) {
    this.heading = element("h2", { tabindex: -1 }, t("failedTitle"));
    this.node = element(
      "section.card.failed",
      {},
      this.heading,
      element("p", { dir: "auto" }, sentence),
      element(
        "div.buttons",
        {},
        onRetry && element("button.primary", { type: "button", onclick: onRetry }, t("retry")),
        element(onRetry ? "button" : "button.primary", { type: "button", onclick: onBack }, t("backToForm")),
      ),
    );
  }

  focus() {
    this.heading.focus();
  }
}
