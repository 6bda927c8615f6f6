/** Where a text was read in the document: as a few signs in a cell, and as a note with the words that stood there. */

import { element } from "./dom.js";
import { pointsText } from "./rubric-edit.js";

export const hasPlace = ({ source }) =>
  Boolean(source && (source.page || source.table !== undefined || source.paragraph !== undefined));

export function placeText(source, t) {
  if (source.page) return t("readAt", { page: source.page });
  if (source.table !== undefined) return t("readAtTable", { table: source.table + 1 });
  return t("readAtParagraph", { paragraph: source.paragraph + 1 });
}

function placeSentence(source, t) {
  if (source.page) return t("readPage", { page: source.page });
  if (source.table !== undefined) {
    const [table, row, column] = [source.table, source.row ?? 0, source.column ?? 0].map((index) => index + 1);
    return t("readTable", { table, row, column });
  }
  return t("readParagraph", { paragraph: source.paragraph + 1 });
}

/** Keeps beside each criterion and level what was read, so that the note can quote it after an edit. */
export function rememberReading(rubric) {
  for (const criterion of rubric.criteria) {
    criterion.read ??= words(criterion);
    for (const level of criterion.levels) level.read ??= words(level);
  }
  return rubric;
}

/** The rubric without what `rememberReading` added. */
export function withoutReading(rubric) {
  return JSON.parse(JSON.stringify(rubric, (key, value) => (key === "read" ? undefined : value)));
}

function words(part) {
  const points = "points_min" in part ? pointsText(part) : String(part.points ?? "");
  return { name: part.name ?? "", text: part.description ?? "", points };
}

/** A note that opens beside a cell; Escape and a click elsewhere close it, and the focus goes back. */
export class SourceNote {
  #opener = null;
  #open = null;

  constructor(texts) {
    this.texts = texts;
    this.node = element("div.note", { popover: "auto", role: "dialog", ontoggle: (event) => this.#toggled(event) });
  }

  open(part, name, button) {
    const { t } = this.texts;
    const read = part.read ?? words(part);
    const isEdited = JSON.stringify(read) !== JSON.stringify(words(part));
    const quoted = [read.name, read.points && `${read.points} ${t("pts")}`].filter(Boolean).join(" · ");
    this.node.setAttribute("aria-label", t("readWhere", { name }));
    const quote = element("blockquote", { dir: "auto", tabindex: 0 }, quoted && element("p.muted", {}, quoted), read.text && element("p", {}, read.text));
    const shown = [
      element("p", {}, element("strong", {}, placeSentence(part.source, t))),
      quote.textContent && quote,
      part.grounded === false && element("p.doubt", {}, t("notGrounded")),
      isEdited && element("p.muted", {}, t("edited")),
      element("button", { type: "button", onclick: () => this.node.hidePopover() }, t("close")),
    ];
    this.node.replaceChildren(...shown.filter(Boolean));
    this.#opener = button;
    this.node.showPopover();
    this.#placeBeside(button);
    this.#open = new AbortController();
    addEventListener("resize", () => this.#placeBeside(button), { signal: this.#open.signal });
    this.node.querySelector("button").focus();
  }

  #placeBeside(button) {
    const at = button.getBoundingClientRect();
    const own = this.node.getBoundingClientRect();
    const left = Math.max(8, Math.min(at.left, innerWidth - own.width - 8));
    const below = at.bottom + 6;
    const wished = below + own.height < innerHeight ? below : at.top - own.height - 6;
    const top = Math.max(8, Math.min(wished, innerHeight - own.height - 8));
    Object.assign(this.node.style, { left: `${left}px`, top: `${top}px` });
  }

  #toggled(event) {
    if (event.newState !== "closed") return;
    this.#open?.abort();
    this.#opener?.focus();
  }
}
