/** What should be looked at before a rubric is used: doubts about the reading, texts that it left out, and warnings. */

import { element, newId } from "./dom.js";
import { nameOf } from "./rubric-edit.js";
import { doubtSentence, placeText, hasPlace, isEdited } from "./sources.js";
import { warningsThatHold } from "./still-true.js";

const AT_ONCE = 3;
/** Letters: what a longer name is cut to, so that its sentence follows on the same line. */
const SHORT = 44;

export class DoubtsView {
  /** `context`: `{texts, summary(), onGo(at), onPlace(source)}`; `summary` gives the service's own sentence on its warnings. */
  constructor(context) {
    this.context = context;
    this.node = element("div.doubts");
  }

  show(rubric) {
    const parts = [this.#verdict(rubric), this.#doubts(rubric), this.#warnings(rubric), this.#unread(rubric)].filter(Boolean);
    // Redrawn only where something else is to be told, so that nothing closes or loses the focus while one types.
    const told = JSON.stringify(parts.map((part) => part.textContent));
    if (told === this.told) return;
    this.told = told;
    this.node.replaceChildren(...parts);
  }

  #verdict(rubric) {
    if (rubric.certain !== false) return null;
    const { texts } = this.context;
    const why = doubtsOfAll(rubric).map((reason) => texts.reason(reason)).join(" ");
    return element("p.verdict-line", { role: "note" }, texts.t(openDoubts(rubric, texts).length ? "uncertainMarked" : "uncertain"), why && element("span.why", { dir: "auto" }, ` ${why}`));
  }

  /** Each part of the table that is doubted or invented, until it is changed. */
  #doubts(rubric) {
    const { texts, onGo } = this.context;
    const found = openDoubts(rubric, texts);
    const line = ({ at, name, sentence }) => element("li", { dir: "auto" }, element("button.link", { type: "button", onclick: () => onGo(at) }, name), `: ${sentence}`);
    return found.length ? this.#section(texts.t("doubtsTitle"), found.map(line)) : null;
  }

  #unread(rubric) {
    const { texts, onPlace } = this.context;
    const found = rubric.unread ?? [];
    if (!found.length) return null;
    const line = ({ text, source, why }) => {
      const place = source && hasPlace({ source }) ? placeText(source, texts.t) : "";
      const shown = place && onPlace ? element("button.link", { type: "button", onclick: () => onPlace(source) }, place) : place;
      return element("li", { dir: "auto" }, element("q", {}, text), element("span.muted", {}, " ", shown, why ? ` · ${texts.reason(why)}` : ""));
    };
    return element("details.unread", {}, element("summary", {}, texts.t("unreadTitle", { count: found.length })), element("ul", {}, found.map(line)));
  }

  #warnings(rubric) {
    const { texts, onGo } = this.context;
    const found = warningsThatHold(rubric, this.context.summary(), texts);
    if (!found.length) return null;
    const line = ({ message, at, count }) => {
      const times = count > 1 ? element("span.count", {}, ` ${texts.t("alike", { count: count - 1 })}`) : null;
      return element("li", { dir: "auto" }, at ? element("button.link", { type: "button", onclick: () => onGo(at) }, message) : message, times);
    };
    return this.#section(texts.t("warnings"), found.map(line));
  }

  #section(title, lines) {
    const id = newId("about");
    const rest = lines.slice(AT_ONCE);
    const more = rest.length > 0 && element("details", {}, element("summary", {}, this.context.texts.t("moreWarnings", { count: rest.length })), element("ul", {}, rest));
    return element("section.warnings", { "aria-labelledby": id }, element("h3", { id }, title), element("ul", {}, lines.slice(0, AT_ONCE)), more || null);
  }
}

/** Doubts about the whole; that of the total has a line of its own below the table. */
function doubtsOfAll(rubric) {
  return (rubric.doubts ?? []).filter(({ path }) => !path?.startsWith("criteria[") && path !== "total_points").map(({ why }) => why);
}

/** `[{at, name, sentence}]` of the parts that are doubted or invented and have not been changed since. */
function openDoubts(rubric, texts) {
  const found = [];
  const look = (part, at, name) => {
    if (isEdited(part)) return;
    if (part.grounded === false) found.push({ at, name, sentence: texts.t(hasPlace(part) ? "notGrounded" : "invented") });
    for (const doubt of part.doubts ?? []) found.push({ at, name, sentence: doubtSentence(doubt, texts) });
  };
  rubric.criteria.forEach((criterion, row) => {
    const whole = nameOf(criterion, row, texts.t);
    const named = whole.length > SHORT ? `${whole.slice(0, SHORT).trim()}…` : whole;
    look(criterion, `c${row}`, named);
    criterion.levels.forEach((level, column) => look(level, `c${row}.l${column}`, [named, level.name].filter(Boolean).join(" · ")));
  });
  return found;
}
