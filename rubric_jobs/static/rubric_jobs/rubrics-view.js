/** "My rubrics": what this browser keeps for the account, the one changed last first. */

import { element } from "./dom.js";

export class RubricsView {
  #context;

  /** `context`: `{texts, drafts, onOpen(jobId)}`. */
  constructor(context) {
    const { t } = context.texts;
    this.#context = context;
    this.heading = element("h2", { tabindex: -1 }, t("myRubrics"));
    this.told = element("p.muted", { role: "status" });
    this.rows = element("ul.rubrics");
    const stay = element("input", { type: "checkbox", checked: context.drafts.stay, onchange: () => (context.drafts.stay = stay.checked) });
    const choice = element("div.field", {}, element("label.check", {}, stay, element("span", {}, t("stayHere"))), element("p.hint", {}, t("stayHint")));
    this.node = element("section.card.list", {}, element("header.done", {}, this.heading), element("p.hint", {}, t("myRubricsHint")), this.told, this.rows, choice);
    this.show();
  }

  focus() {
    this.heading.focus();
  }

  show() {
    const { texts, drafts } = this.#context;
    const entries = drafts.all();
    this.rows.replaceChildren(...entries.map((entry) => this.#row(entry)));
    this.rows.hidden = !entries.length;
    this.told.textContent = entries.length ? "" : texts.t("noRubrics");
  }

  #row(entry) {
    const { texts, onOpen } = this.#context;
    const { t } = texts;
    const name = entry.title || t("untitled");
    const changed = element("time", { datetime: new Date(entry.changedAt).toISOString() }, texts.time(new Date(entry.changedAt)));
    const facts = [entry.fileName, t("criteriaCount", { count: entry.rubric.criteria.length }), this.#onServer(entry)].filter(Boolean).join(" · ");
    const row = element(
      "li",
      {},
      element("div", {}, element("strong", { dir: "auto" }, name), element("p.hint", {}, t("changed"), " ", changed, " · ", element("bdi", {}, facts))),
      element(
        "div.buttons",
        {},
        element("button", { type: "button", "aria-label": t("openJob", { name }), onclick: () => onOpen(entry.jobId) }, t("open")),
        element("button", { type: "button", "aria-label": t("deleteRubric", { name }), onclick: () => this.#delete(entry, name, row) }, t("delete")),
      ),
    );
    return row;
  }

  #onServer({ expiresAt }) {
    const { t, time } = this.#context.texts;
    if (!expiresAt) return "";
    const moment = new Date(expiresAt);
    return moment > Date.now() ? t("onServerUntil", { time: time(moment) }) : t("onlyHere");
  }

  /** Gone at once; until the view is left, one click brings it back. */
  #delete(entry, name, row) {
    const { texts, drafts } = this.#context;
    drafts.drop(entry.jobId);
    const restore = element("button", { type: "button", onclick: () => (drafts.keep(entry.jobId, entry), this.show(), this.focus()) }, texts.t("undo"));
    row.replaceChildren(element("p.muted", { dir: "auto" }, texts.t("deleted", { name })), restore);
    restore.focus();
  }
}
