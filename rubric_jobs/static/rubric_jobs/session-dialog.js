/** Asks to sign in again, in a tab of its own, while the work in this one waits. */

import { element } from "./dom.js";

export const CHANNEL = "rubric-jobs-session";

export class SessionDialog {
  /** `context`: `{texts, signInUrl}`. */
  constructor({ texts, signInUrl }) {
    const { t } = texts;
    const signIn = signInUrl && element("a.primary", { href: signInUrl, target: "_blank", rel: "opener" }, t("signIn"));
    this.goOn = element("button", { type: "button" }, t("goOn"));
    const heading = element("h2", { id: "session-heading" }, t("signInTitle"));
    this.node = element(
      "dialog",
      // Escape would leave the work waiting for nobody.
      { "aria-labelledby": "session-heading", oncancel: (event) => event.preventDefault() },
      heading,
      element("p", {}, t("signInText")),
      element("div.buttons", {}, signIn, this.goOn),
    );
  }

  /** Resolves once `isSignedIn()` says so; it is asked when the user says so, or comes back to this tab. */
  async wait(isSignedIn, signal) {
    if (!this.node.open) this.node.showModal();
    const channel = new BroadcastChannel(CHANNEL);
    try {
      while (!signal.aborted) {
        await Promise.race([once(channel, "message"), once(this.goOn, "click"), once(window, "focus"), once(signal, "abort")]);
        if (signal.aborted || (await isSignedIn())) return;
      }
    } finally {
      channel.close();
      this.node.close();
    }
  }
}

function once(target, type) {
  return new Promise((resolve) => target.addEventListener(type, resolve, { once: true }));
}
