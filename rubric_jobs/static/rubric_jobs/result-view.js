/** A finished job: the rubric to look through and mend, its total always in view, and what can be done with it. */

import { whereItGoes } from "./destinations.js";
import { element, newId } from "./dom.js";
import * as edit from "./rubric-edit.js";
import { RubricTable } from "./rubric-table.js";
import { SourceNote } from "./sources.js";
import { TakeAlong } from "./take-along.js";
import { TotalBar } from "./total-bar.js";

const PROVIDERS = { gemini: "Google Gemini", openai: "OpenAI" };
const UNDO_STEPS = 50;
const WARNINGS_AT_ONCE = 3;

/** What should be looked at, each once: the service sums up its warnings in one sentence for those who show no more. */
export function warningsOf(result, rubric) {
  const summary = result?.warning;
  const isToldBelow = rubric.warnings.some((warning) => summary?.includes(warning.message));
  return summary && !isToldBelow ? [{ message: summary }, ...rubric.warnings] : rubric.warnings;
}

export class ResultView {
  #context;
  #past = [];
  #before;
  #typing = false;

  /** `context`: `{texts, client, ask, service, job, rubric, onEdited(rubric), onEnhance(wanted), onStartOver()}`. */
  constructor(context) {
    this.#context = context;
    this.rubric = context.rubric;
    this.#before = edit.copy(context.rubric);
    const { texts } = context;
    this.note = new SourceNote(texts);
    this.table = new RubricTable({
      texts,
      isEditable: true,
      onEdit: () => this.#edited(),
      onChange: (mutate, removed, row) => this.#change(mutate, removed, row),
      onSource: (part, name, button) => this.note.open(part, name, button),
      onFault: (sentence) => this.total.say(sentence),
    });
    this.total = new TotalBar({ texts, onTotal: (total) => this.#setTotal(total), onUndo: () => this.#undo() });
    this.takeAlong = new TakeAlong({ ...context, rubric: () => this.rubric });
    this.node = this.#build();
    this.node.addEventListener("focusout", () => (this.#typing = false));
    this.#show();
  }

  focus() {
    this.heading.focus();
  }

  /** A fault of an enhancement that could not be started. */
  showFault(sentence) {
    this.fault.textContent = sentence;
    this.fault.hidden = !sentence;
  }

  #build() {
    const { t } = this.#context.texts;
    this.heading = element("h2", { tabindex: -1 }, t("done", { count: this.rubric.criteria.length }));
    const startOver = element("button", { type: "button", onclick: () => this.#context.onStartOver() }, t("startOver"));
    const grow = element(
      "div.grow",
      {},
      element("button", { type: "button", onclick: () => this.#change((rubric) => edit.addCriterion(rubric, t("newCriterion"))) }, t("addCriterion")),
      element("button", { type: "button", onclick: () => this.#change(edit.addLevel) }, t("addLevel")),
    );
    return element(
      "div.result",
      {},
      element("header.done", {}, element("div", {}, this.heading, this.#facts()), startOver),
      this.#warnings(),
      element("p.hint.edit-hint", {}, t("editHint")),
      this.table.node,
      grow,
      this.total.node,
      element("div.panels", {}, this.takeAlong.node, this.#enhance()),
      this.note.node,
    );
  }

  #facts() {
    const { job, texts } = this.#context;
    const { llm_provider: provider, llm_model: model } = job.performance ?? {};
    const isLocal = !provider || provider === "local";
    const served = isLocal ? texts.t("servedLocal") : texts.t("servedBy", { provider: PROVIDERS[provider] ?? provider, model });
    const kept = job.expiresAt && texts.t("keptUntil", { time: texts.time(new Date(job.expiresAt)) });
    return element("p.facts", {}, element("bdi", {}, job.fileName), ` · ${served} `, kept);
  }

  #warnings() {
    const { texts } = this.#context;
    const said = warningsOf(this.#context.job.result, this.rubric);
    if (!said.length) return null;
    const listed = (warnings) => element("ul", {}, warnings.map((warning) => element("li", { dir: "auto" }, this.#warning(warning))));
    const rest = said.slice(WARNINGS_AT_ONCE);
    const more = rest.length && element("details", {}, element("summary", {}, texts.t("moreWarnings", { count: rest.length })), listed(rest));
    return element("section.warnings", {}, element("h3", {}, texts.t("warnings")), listed(said.slice(0, WARNINGS_AT_ONCE)), more || null);
  }

  /** Its sentence, and where it points into the table, a way there. */
  #warning({ message, path }) {
    const [, row, column] = path?.match(/^criteria\[(\d+)\](?:\.levels\[(\d+)\])?/) ?? [];
    if (row === undefined) return message;
    const go = () => this.table.focusCell(Number(row), column === undefined ? null : Number(column));
    return element("button.link", { type: "button", onclick: go }, message);
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
    this.total.show(this.rubric, this.#past.length > 0);
  }

  /** A text or number was typed; one step back undoes all that was typed into one field. */
  #edited() {
    if (!this.#typing) this.#remember();
    this.#typing = true;
    this.#keep();
    this.total.show(this.rubric, true);
  }

  #setTotal(total) {
    this.rubric.total_points = total;
    this.#edited();
  }

  #change(mutate, removed = null, row = null) {
    this.#remember();
    mutate(this.rubric);
    this.#keep();
    this.#show();
    if (removed !== null) this.total.say(this.#context.texts.t("removed", { name: removed }));
    const target = row === null ? null : this.table.node.querySelector(`[data-row="${row}"] .editable`);
    (target ?? (removed === null ? this.table.node.querySelector("tbody tr:last-child .editable") : this.total.undo)).focus();
  }

  #undo() {
    this.rubric = this.#past.pop() ?? this.rubric;
    this.#before = edit.copy(this.rubric);
    this.#context.onEdited(this.rubric);
    this.#show();
    this.total.say("");
    if (!this.#past.length) this.focus();
  }

  #remember() {
    this.#past.push(this.#before);
    if (this.#past.length > UNDO_STEPS) this.#past.shift();
  }

  #keep() {
    this.#before = edit.copy(this.rubric);
    this.#context.onEdited(this.rubric);
  }}
