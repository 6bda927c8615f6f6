/** The caller's jobs, newest first: open, try again, cancel. */

import { element } from "./dom.js";

export class JobsView {
  #context;
  #next = null;

  /** `context`: `{texts, client, ask, onOpen(jobId)}`. */
  constructor(context) {
    const { t } = context.texts;
    this.#context = context;
    this.heading = element("h2", { tabindex: -1 }, t("myJobs"));
    this.rows = element("tbody");
    this.told = element("p.muted", { role: "status" }, t("loading"));
    this.more = element("button", { type: "button", hidden: true, onclick: () => this.#load(this.#next) }, t("more"));
    const heads = ["file", "what", "status", "when", "actions"].map((key) => element("th", { scope: "col" }, t(key)));
    this.table = element("table.jobs", { hidden: true }, element("thead", {}, element("tr", {}, heads)), this.rows);
    const refresh = element("button", { type: "button", onclick: () => this.#load() }, t("refresh"));
    this.node = element("section.card.list", {}, element("header.done", {}, this.heading, refresh), this.told, this.table, this.more);
    this.#load();
  }

  focus() {
    this.heading.focus();
  }

  async #load(next = null) {
    const { ask, client, texts } = this.#context;
    try {
      const page = await ask(() => client.listJobs({ next }));
      if (!next) this.rows.replaceChildren();
      this.rows.append(...page.results.map((job) => this.#row(job)));
      this.#next = page.next;
      this.more.hidden = !page.next;
      this.table.hidden = !this.rows.children.length;
      this.told.textContent = this.table.hidden ? texts.t("noJobs") : "";
    } catch (fault) {
      this.told.textContent = texts.sentence(fault);
    }
  }

  #row(job) {
    const { texts, onOpen } = this.#context;
    const { t } = texts;
    const name = job.kind === "enhance" ? t("rulesFile") : job.fileName;
    const isRunning = job.status === "pending" || job.status === "processing";
    const open = element("button", { type: "button", "aria-label": t("openJob", { name }), onclick: () => onOpen(job.jobId) }, t("open"));
    const retry = job.status === "failed" && job.retryable && this.#action("retry", "retryJob", job, name);
    const cancel = isRunning && this.#action("cancel", "cancelJob", job, name);
    return element(
      "tr",
      { "data-job": job.jobId },
      element("th", { scope: "row", dir: "auto" }, name),
      element("td", {}, t(`kind_${job.kind}`)),
      element("td", {}, element("span.badge", { "data-status": job.status }, t(`status_${job.status}`)), job.status === "failed" && element("p.hint", { dir: "auto" }, job.error)),
      element("td", {}, element("time", { datetime: job.createdAt }, texts.time(new Date(job.createdAt)))),
      element("td", {}, element("div.buttons", {}, open, retry, cancel)),
    );
  }

  #action(label, call, job, name) {
    const { ask, client, texts } = this.#context;
    const act = async () => {
      try {
        const changed = await ask(() => client[call](job.jobId));
        const row = this.#row({ ...job, ...changed });
        this.rows.querySelector(`[data-job="${job.jobId}"]`).replaceWith(row);
        row.querySelector("button").focus();
      } catch (fault) {
        this.told.textContent = texts.sentence(fault);
      }
    };
    return element("button", { type: "button", "aria-label": texts.t(call, { name }), onclick: act }, texts.t(label));
  }
}
