/** A finished job: the rubric to look through and mend, its total always in view, and what can be done with it. */

import { whereItGoes } from "./destinations.js";
import { element, newId } from "./dom.js";
import { DocumentView } from "./document-view.js";
import { DoubtsView } from "./doubts-view.js";
import { EditHistory } from "./edit-history.js";
import { keepEdits } from "./kept-edits.js";
import { Mending } from "./mending.js";
import { pasteInto } from "./paste.js";
import { toolbar } from "./rove.js";
import * as edit from "./rubric-edit.js";
import { RubricTable } from "./rubric-table.js";
import { rememberReading, SourceNote } from "./sources.js";
import { TakeAlong } from "./take-along.js";
import { TotalBar } from "./total-bar.js";

const PROVIDERS = { gemini: "Google Gemini", openai: "OpenAI" };

/** The sentences that the service says of a rubric: its own summary, and those that it does not repeat. */
export function warningsOf(result, rubric) {
  const summary = result?.warning;
  const isToldBelow = rubric.warnings.some((warning) => summary?.includes(warning.message));
  return summary && !isToldBelow ? [{ message: summary }, ...rubric.warnings] : rubric.warnings;
}

export class ResultView {
  #context;
  #history;
  #left = new AbortController();

  /**
   * `context`: `{texts, client, ask, service, job, rubric, isForgotten, staysHere, width(), onEdited(rubric),
   * onEnhance(wanted), onStartOver()}`.
   */
  constructor(context) {
    this.#context = context;
    this.rubric = context.rubric;
    this.result = context.job.result;
    this.#history = new EditHistory(context.rubric);
    const { texts } = context;
    this.note = new SourceNote(texts);
    this.mending = this.#mending();
    this.document = this.#documentView();
    this.doubts = new DoubtsView({
      texts,
      summary: () => this.result?.warning,
      onGo: (at) => this.table.focusOn(at),
      onPlace: this.document && ((source) => this.#showPlace(source)),
    });
    this.table = new RubricTable({
      texts,
      isEditable: true,
      room: () => this.#room(),
      onEdit: () => this.#edited(),
      onChange: (mutate, told) => this.#change(mutate, told),
      onPaste: (at, block) => this.#paste(at, block),
      onSource: (part, name, button) => this.note.open(part, name, button),
      onSelect: (at) => this.document?.point(at),
      onFault: (sentence) => this.total.say(sentence),
    });
    this.total = new TotalBar({ texts, onTotal: (total) => this.#setTotal(total), onRescale: (total) => this.#context.onEnhance({ rubric: this.rubric, rules: "", total }), onUndo: () => this.#step("undo"), onRedo: () => this.#step("redo") });
    this.takeAlong = new TakeAlong({ ...context, rubric: () => this.rubric, fit: (width) => this.table.fit(width) });
    this.node = this.#build();
    this.node.addEventListener("focusout", () => (this.#history.isTyping = false));
    addEventListener("keydown", (event) => this.#key(event), { signal: this.#left.signal });
    this.#show();
  }

  focus() {
    this.heading.focus();
  }

  leave() {
    this.#left.abort();
    this.takeAlong.leave();
  }

  /** A fault of an enhancement that could not be started. */
  showFault(sentence) {
    this.fault.textContent = sentence;
    this.fault.hidden = !sentence;
  }

  /** The rubric as another tab has left it; one step back brings this tab's own. */
  replace(rubric) {
    if (JSON.stringify(rubric) === JSON.stringify(this.rubric)) return;
    this.rubric = edit.copy(rubric);
    this.#history.record(this.rubric);
    this.#show();
  }

  #build() {
    const { t } = this.#context.texts;
    this.heading = element("h2", { tabindex: -1 }, t(this.#context.isForgotten ? "fromThisBrowser" : this.#context.isOwn ? "ownTable" : "done", { count: this.rubric.criteria.length }));
    const startOver = element("button", { type: "button", onclick: () => this.#context.onStartOver() }, t("startOver"));
    this.opener = this.document && element("button", { type: "button", "aria-expanded": "false", onclick: () => this.#showDocument(!this.isDocumentShown) }, t("showDocument"));
    const keys = element("details.keys", {}, element("summary", {}, t("keysTitle")), element("p.hint", {}, t("keysHint")));
    return element(
      "div.result",
      {},
      element("header.done", {}, element("div", {}, this.heading, this.#facts()), element("div.buttons", {}, this.opener, startOver)),
      this.#context.isForgotten && element("p.forgotten", { role: "note" }, t("forgotten")),
      this.doubts.node,
      element("div.edit-hint", {}, element("p.hint", {}, t(this.#context.staysHere ? "editHint" : "editHintTab")), keys),
      this.#bench(),
      this.#grow(),
      this.total.node,
      element("div.panels", {}, this.takeAlong.node, this.#enhance()),
      this.note.node,
    );
  }

  /** What the document was read as, where that is kept. */
  #mending() {
    const { job, client, ask, isForgotten } = this.#context;
    if (!job.result?.hasReading || isForgotten) return null;
    return new Mending({
      jobId: job.jobId,
      client,
      ask,
      signal: this.#left.signal,
      onLoaded: ({ plan, isProposal }) => !isProposal && (this.#history.plan = plan),
      onPlan: () => this.document.refresh(),
      onMended: (...told) => this.#mended(...told),
      onFault: (fault) => this.document.say(this.#context.texts.sentence(fault)),
    });
  }

  /** The document (pictures of it, what was read of it, or the text that the rubric was made from) beside the table. */
  #documentView() {
    const { job, texts, client, ask, isForgotten, pasted } = this.#context;
    const pages = isForgotten ? [] : (job.result?.pagePictures ?? []);
    if (!pages.length && !this.mending && !pasted) return null;
    const picture = (page) => ask(() => client.getPagePicture(job.jobId, page, { signal: this.#left.signal }));
    return new DocumentView({ texts, pages, picture, mending: this.mending, pasted, onPick: (at) => this.table.focusOn(at), onClose: () => this.#showDocument(false) });
  }

  /** The service has assembled the rubric anew; what was edited before is kept where it still fits. */
  #mended({ result }, plan, { isRestored }) {
    const { t } = this.#context.texts;
    const [base, next] = [this.result, result].map(({ rubric }) => rememberReading(edit.complete(rubric)));
    this.result = result;
    if (isRestored) return;
    const { rubric, lost } = keepEdits(this.rubric, base, next);
    this.rubric = rubric;
    this.#history.record(rubric, { plan });
    this.#context.onEdited(rubric);
    this.#show();
    const count = rubric.criteria.length;
    this.heading.textContent = t("done", { count });
    const told = t("readAnew", { count });
    this.document.say(lost ? `${told} ${t("editsLost", { count: lost })}` : told);
  }

  #bench() {
    const sheet = element("div.sheet-area", {}, this.table.node);
    this.bench = element("div.bench", {}, this.document?.node, this.document?.divider, sheet);
    // Beside the table there is room on a large screen alone; elsewhere it lies over it and is asked for.
    if (this.document && matchMedia("(min-width: 75rem)").matches) this.#showDocument(true, { hasFocus: false });
    return this.bench;
  }

  /** The table's width before it stands on the page. */
  #room() {
    const all = this.#context.width?.() ?? 0;
    return this.isDocumentShown ? 0.58 * all : all;
  }

  get isDocumentShown() {
    return this.bench.classList.contains("open");
  }

  #showDocument(isShown, { hasFocus = true } = {}) {
    this.bench.classList.toggle("open", isShown);
    this.opener.setAttribute("aria-expanded", String(isShown));
    this.opener.textContent = this.#context.texts.t(isShown ? "hideDocument" : "showDocument");
    this.#context.onDocument?.(isShown);
    if (isShown) this.document.load();
    else if (hasFocus) this.opener.focus();
  }

  #showPlace(source) {
    if (!this.isDocumentShown) this.#showDocument(true);
    this.document.pointAt(source);
  }

  #grow() {
    const { t } = this.#context.texts;
    const button = (key, mutate) => element("button", { type: "button", onclick: () => this.#change(...mutate()) }, t(key));
    const adjustment = (kind) => () => {
      const reason = t(kind === "penalty" ? "newPenalty" : "newBonus");
      return [(rubric) => edit.addAdjustment(rubric, kind, reason), { at: `a${this.rubric.adjustments.length}.reason` }];
    };
    return toolbar(
      "div.grow",
      t("addLegend"),
      button("addCriterion", () => [(rubric) => edit.addCriterion(rubric, t("newCriterion")), { at: `c${this.rubric.criteria.length}.name` }]),
      button("addLevel", () => [edit.addLevel, { at: this.#newLevelAt() }]),
      button("addPenalty", adjustment("penalty")),
      button("addBonus", adjustment("bonus")),
    );
  }

  /** A level's heading where all criteria share it, else its name in the first criterion. */
  #newLevelAt() {
    const column = edit.widthOf(this.rubric);
    const hasHeading = this.table.node.querySelector("thead")?.getClientRects().length;
    return hasHeading ? `h${column}` : `c0.l${column}.name`;
  }

  #facts() {
    const { job, texts, staysHere, isForgotten, isOwn } = this.#context;
    if (isOwn) return element("p.facts", {}, texts.t(staysHere ? "ownKept" : "editHintTab"));
    const { llm_provider: provider, llm_model: model } = job.performance ?? {};
    const isLocal = !provider || provider === "local";
    const served = isLocal ? texts.t("servedLocal") : texts.t("servedBy", { provider: PROVIDERS[provider] ?? provider, model });
    const until = job.expiresAt && !isForgotten && texts.t(staysHere ? "keptUntil" : "keptUntilTab", { time: texts.time(new Date(job.expiresAt)) });
    return element("p.facts", {}, element("bdi", {}, job.fileName), job.fileName && " · ", served, " ", until);
  }

  #enhance() {
    const { t } = this.#context.texts;
    const hint = newId("hint");
    const rules = element("textarea", { rows: 3, "aria-describedby": hint, maxlength: 20000, dir: "auto" });
    const total = element("input.short", { inputmode: "decimal", autocomplete: "off" });
    total.value = this.rubric.total_points === null ? "" : String(this.rubric.total_points);
    this.fault = element("p.fault", { role: "alert", hidden: true });
    const start = (event) => {
      event.preventDefault();
      const target = edit.pointsOf(total.value);
      this.showFault(target > 0 ? "" : t("needTotal"));
      if (target > 0) this.#context.onEnhance({ rubric: this.rubric, rules: rules.value.trim(), total: target });
      else total.focus();
    };
    return element(
      "form.card.enhance",
      { novalidate: true, onsubmit: start },
      element("h3", {}, t("enhance")),
      element("p.hint", {}, t("enhanceIntro")),
      element("div.field", {}, element("label", {}, element("span.label", {}, t("enhanceTotal")), total)),
      element("div.field", {}, element("label", {}, element("span.label", {}, t("enhanceRules")), rules), element("p.hint", { id: hint }, t("enhanceRulesHint"))),
      this.fault,
      element("button", { type: "submit" }, t("enhanceStart")),
      element("p.hint", {}, whereItGoes(this.#context.service, "text", "auto", t)),
    );
  }

  #show() {
    this.table.show(this.rubric);
    this.document?.mark(this.rubric);
    this.doubts.show(this.rubric);
    this.total.show(this.rubric, this.#history);
  }

  /** A text or number was typed; one step back undoes all that was typed into one field. */
  #edited() {
    this.#history.record(this.rubric, { byTyping: true });
    this.#context.onEdited(this.rubric);
    this.total.show(this.rubric, this.#history);
    this.doubts.show(this.rubric);
  }

  #setTotal(total) {
    this.rubric.total_points = total;
    this.#edited();
  }

  /** `said`: a sentence for the line below the table; `at`: where the focus lands. */
  #change(mutate, { said = "", at = null } = {}) {
    mutate(this.rubric);
    this.#history.record(this.rubric);
    this.#context.onEdited(this.rubric);
    this.#show();
    if (said) this.total.say(said);
    if (!(at && this.table.focusOn(at))) this.table.focusOn("c0");
  }

  #paste(at, block) {
    const { t } = this.#context.texts;
    const cells = block.length * block[0].length;
    this.#change((rubric) => pasteInto(rubric, at, block, { newName: t("newCriterion") }), { at, said: t("pasted", { count: cells }) });
  }

  #step(way) {
    const before = this.#history.plan;
    const rubric = this.#history[way]();
    if (!rubric) return;
    this.#restorePlan(before);
    const at = this.table.focusedAt;
    this.rubric = rubric;
    this.#context.onEdited(rubric);
    this.#show();
    this.total.say(this.#context.texts.t(way === "undo" ? "undone" : "redone"));
    if (at) this.table.focusOn(at);
    else if (this.node.getRootNode().activeElement === null) this.total.focusSteps();
  }

  /** After a step back or forth over a mended reading: the service is to have the plan of the rubric that is shown. */
  #restorePlan(before) {
    const { plan } = this.#history;
    if (JSON.stringify(plan) === JSON.stringify(before)) return;
    if (plan) this.mending.mark(plan, { isRestored: true });
    else this.mending.propose();
  }

  /** Ctrl+Z and its kin, but where they belong to a field that is being typed in. */
  #key(event) {
    const way = stepOf(event);
    const [target] = event.composedPath();
    const isOurs = event.composedPath().includes(this.node) || target === document.body;
    if (!way || !isOurs || event.defaultPrevented) return;
    const isField = target.matches("input, textarea, select, [contenteditable]");
    const isOfRubric = this.table.node.contains(target) || target === this.total.target;
    if (isField && (!isOfRubric || this.#history.isTyping)) return;
    event.preventDefault();
    this.#step(way);
  }
}

function stepOf({ key, ctrlKey, metaKey, shiftKey, altKey }) {
  if (!(ctrlKey || metaKey) || altKey) return null;
  const letter = key.toLowerCase();
  if (letter === "z") return shiftKey ? "redo" : "undo";
  return letter === "y" && !shiftKey ? "redo" : null;
}
