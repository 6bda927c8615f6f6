/** Where a text was read in the document: as a few signs in a cell, and as a note with the words that stood there. */

import { element } from "./dom.js";
import { placeBeside } from "./menu.js";
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

/** A few signs in a cell that open the note: its place, or that it has none or is doubted; nothing where nothing is known. */
export function placeButton(part, name, t, onSource) {
  const isInvented = part.grounded === false;
  const isDoubted = part.doubts?.length > 0;
  if (!hasPlace(part) && !isInvented && !isDoubted) return null;
  const place = isInvented ? t("notInDocument") : hasPlace(part) ? placeText(part.source, t) : t("doubt");
  const label = `${place}: ${t(isInvented || isDoubted ? "doubtAbout" : "readWhere", { name })}`;
  const open = () => onSource(part, name, button);
  const what = isInvented || isDoubted ? "button.place.doubtful" : "button.place";
  const button = element(what, { type: "button", tabindex: -1, "aria-haspopup": "dialog", "aria-label": label, onclick: open }, place);
  return button;
}

const OURS = new Set(["read", "doubts", "warned"]);

/**
 * Keeps beside each criterion and level what was read, so that the note can quote it after an edit; and beside it the doubts
 * and warnings about it, so that they move along with it.
 */
export function rememberReading(rubric) {
  for (const criterion of rubric.criteria) {
    criterion.read ??= words(criterion);
    for (const level of criterion.levels) level.read ??= words(level);
  }
  for (const { path, why, other } of rubric.doubts ?? []) partAt(rubric, path, "doubts")?.push({ why, other, about: path?.match(/\.(levels|points)$/)?.[1] });
  for (const { code, message, path } of rubric.warnings) partAt(rubric, path, "warned")?.push({ code, message });
  return rubric;
}

const OTHERS = { levels: "otherLevels", points: "otherPoints" };

/** The reason of a doubt, and what the part could be instead. */
export function doubtSentence({ why, other, about }, texts) {
  return [texts.reason(why), other && other !== "0" && texts.t(OTHERS[about] ?? "otherReading", { other })].filter(Boolean).join(" ");
}

/** The list of `kind` beside the part that a path such as `criteria[2].levels[0]` means; null where it means none. */
function partAt(rubric, path, kind) {
  const [, row, column] = path?.match(/^criteria\[(\d+)\](?:\.levels\[(\d+)\])?/) ?? [];
  const criterion = rubric.criteria[row];
  const part = column === undefined ? criterion : criterion?.levels[column];
  return part ? (part[kind] ??= []) : null;
}

/** Whether a part says something else than when it was read; a part that was added counts as changed. */
export function isEdited(part) {
  return !part.read || JSON.stringify(part.read) !== JSON.stringify(words(part));
}

/** The rubric without what `rememberReading` added. */
export function withoutReading(rubric) {
  const bare = (part) => Object.fromEntries(Object.entries(part).filter(([key]) => !OURS.has(key)));
  const criteria = rubric.criteria.map((criterion) => ({ ...bare(criterion), levels: criterion.levels.map(bare) }));
  return { ...rubric, criteria };
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
    const quoted = [read.name, read.points && `${read.points} ${t("pts")}`].filter(Boolean).join(" · ");
    this.node.setAttribute("aria-label", t("readWhere", { name }));
    const quote = element("blockquote", { dir: "auto", tabindex: 0 }, quoted && element("p.muted", {}, quoted), read.text && element("p", {}, read.text));
    const shown = [
      hasPlace(part) && element("p", {}, element("strong", {}, placeSentence(part.source, t))),
      quote.textContent && quote,
      part.grounded === false && element("p.doubt", {}, t(hasPlace(part) ? "notGrounded" : "invented")),
      ...(part.doubts ?? []).map((doubt) => element("p.doubt", { dir: "auto" }, doubtSentence(doubt, this.texts))),
      isEdited(part) && element("p.muted", {}, t("edited")),
      element("button", { type: "button", onclick: () => this.node.hidePopover() }, t("close")),
    ];
    this.node.replaceChildren(...shown.filter(Boolean));
    this.#opener = button;
    this.node.showPopover();
    placeBeside(this.node, button);
    this.#open = new AbortController();
    addEventListener("resize", () => placeBeside(this.node, button), { signal: this.#open.signal });
    this.node.querySelector("button").focus();
  }

  #toggled(event) {
    if (event.newState !== "closed") return;
    this.#open?.abort();
    this.#opener?.focus();
  }
}
