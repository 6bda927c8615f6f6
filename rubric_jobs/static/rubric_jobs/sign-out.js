/** Signing out of the page: what this browser keeps for the account goes too, unless it is asked to stay. */

import { element } from "./dom.js";
import { textsFor } from "./texts.js";

const CHANNEL = "rubric-jobs-account";

/** `form` signs out when it is sent; `extractor` holds the drafts. Other tabs of this account are left as well. */
export function watchSignOut(form, extractor) {
  const channel = new BroadcastChannel(CHANNEL);
  const account = extractor.getAttribute("account");
  channel.addEventListener("message", ({ data }) => data === account && location.assign("/"));
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (!(await isAgreed(extractor.drafts))) return;
    extractor.forgetDrafts();
    channel.postMessage(account);
    form.submit();
  });
}

/** Whether to go on; asks only where something would be lost. */
function isAgreed(drafts) {
  const count = drafts.all().length;
  if (!count || drafts.stay) return true;
  const { t } = textsFor(document.documentElement.lang);
  return new Promise((resolve) => {
    const answer = (isGoing, stays) => () => {
      drafts.stay = stays;
      dialog.remove();
      resolve(isGoing);
    };
    const button = (what, key, act) => element(what, { type: "button", onclick: act }, t(key));
    const dialog = element(
      "dialog.card",
      { "aria-labelledby": "sign-out-heading", oncancel: answer(false, false) },
      element("h2", { id: "sign-out-heading" }, t("signOutTitle")),
      element("p", {}, t("signOutText", { count })),
      element(
        "div.buttons",
        {},
        button("button.primary", "signOutDelete", answer(true, false)),
        button("button", "signOutKeep", answer(true, true)),
        button("button", "stay", answer(false, false)),
      ),
    );
    document.body.append(dialog);
    dialog.showModal();
  });
}
