/** How a rubric's table stands in the room that it has. */

import { columns } from "./rubric-edit.js";

const MOST_COLUMNS = 8;
/** Lines: a level's text with more of them is folded. */
export const LINES = 9;
/** Pixels, about as the style sheets have them. */
const ROOM = 1200;
const PHONE = 480;
const POINTS = 96;
const PADDING = 29;
const LETTER = 7;
const LEAST_CRITERION = 160;
const LEAST_COLUMN = 136;
const ROOMY_COLUMN = 160;

/**
 * `{layout, perLine}`: `list` (no levels), `stack` (levels below their criterion) or `grid`, and about how many characters a
 * line of a text holds. `width`: pixels, 0 where they are not known yet.
 */
export function layoutFor(rubric, width) {
  const room = width || ROOM;
  const layout = layoutOf(rubric);
  const grid = letters(columnWidth(rubric, room));
  if (layout === "grid" && !isCramped(rubric, room, grid)) return { layout, perLine: Math.max(15, grid) };
  return { layout: layout === "list" ? "list" : "stack", perLine: Math.min(110, letters(room < PHONE ? room : 0.65 * room)) };
}

export const linesOf = (text, perLine) => text.split("\n").reduce((sum, line) => sum + Math.ceil(Math.max(1, line.length) / perLine), 0);

/** By what the rubric holds. */
function layoutOf(rubric) {
  const widths = rubric.criteria.map((criterion) => criterion.levels.length);
  const widest = Math.max(0, ...widths);
  if (!widest) return "list";
  const isLadder = rubric.criteria.length === 1 && widest > 1;
  const isRagged = widest > 3 && columns(rubric).every((name) => !name) && new Set(widths).size > 1;
  return isLadder || isRagged || widest > MOST_COLUMNS ? "stack" : "grid";
}

const letters = (pixels) => Math.max(1, Math.floor((pixels - PADDING) / LETTER));

function columnWidth(rubric, room) {
  const count = Math.max(1, ...rubric.criteria.map((criterion) => criterion.levels.length));
  return Math.max(LEAST_COLUMN, (room - Math.max(LEAST_CRITERION, 0.16 * room) - POINTS) / count);
}

/** Columns of two or three words a line, in which the texts of most criteria would have to be folded. */
function isCramped(rubric, room, perLine) {
  if (columnWidth(rubric, room) >= ROOMY_COLUMN) return false;
  const folded = rubric.criteria.filter(({ levels }) => levels.some(({ description }) => linesOf(description ?? "", perLine) > LINES));
  return folded.length > rubric.criteria.length / 2;
}
