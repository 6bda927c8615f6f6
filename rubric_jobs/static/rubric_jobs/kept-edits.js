/** A rubric that was assembled anew, with the edits that its teacher had already made where they still fit. */

import { copy } from "./rubric-edit.js";
import { isEdited } from "./sources.js";

const NAMED = ["name", "description"];
const WORTH = ["points", "points_min", "points_max"];

/**
 * `mine`: the rubric as it was edited; `base`: as it was read before; `next`: as it is read now (both as `rememberReading` leaves
 * them). Gives `{rubric, lost}`: how many edited parts are not in the new reading.
 */
export function keepEdits(mine, base, next) {
  const rubric = copy(next);
  const [ours, before] = [keyed(mine.criteria), keyed(base.criteria)];
  const edited = mine.criteria.filter((criterion) => isTouched(criterion)).length;
  let kept = 0;
  for (const [key, criterion] of keyed(rubric.criteria)) {
    const old = ours.get(key);
    if (old) kept += adopt(criterion, old, before.get(key));
    // It was taken out by hand, and is read from the same place again.
    else if (before.has(key)) rubric.criteria = rubric.criteria.filter((other) => other !== criterion);
  }
  rubric.criteria = inOrderOf(mine.criteria, base.criteria, rubric.criteria);
  const own = new Set(mine.criteria.filter((criterion) => !keyOf(criterion)));
  for (const [key, criterion] of ours) if (!before.has(key) && !keyed(next.criteria).has(key)) own.add(criterion);
  kept += addOwn(mine.criteria, own, rubric.criteria);
  for (const field of ["title", "total_points"]) if (mine[field] !== base[field]) rubric[field] = mine[field];
  if (JSON.stringify(mine.adjustments) !== JSON.stringify(base.adjustments)) rubric.adjustments = copy(mine.adjustments);
  return { rubric, lost: edited - kept };
}

const isTouched = (criterion) => isEdited(criterion) || criterion.levels.some(isEdited);

/** By the place that it was read from; two of one place are told apart by their order, one without a place by its words. */
function keyed(parts) {
  const found = new Map();
  for (const part of parts) {
    const key = keyOf(part);
    if (!key) continue;
    let count = 0;
    while (found.has(`${key}#${count}`)) count += 1;
    found.set(`${key}#${count}`, part);
  }
  return found;
}

export function keyOf({ source, read }) {
  if (!source) return read ? `${read.name}\n${read.text}` : null;
  return placeKey(source);
}

/** One word for a place in the document. */
export const placeKey = ({ page, bbox, table, row, column, paragraph }) => JSON.stringify([page, bbox, table, row, column, paragraph].map((part) => part ?? null));

/** Takes over what was changed by hand; 1 where something was. */
function adopt(criterion, old, was) {
  const isCounted = isTouched(old) ? 1 : 0;
  adoptWords(criterion, old);
  if (was && old.section !== was.section) criterion.section = old.section;
  const [ours, before] = [keyed(old.levels), keyed(was?.levels ?? [])];
  for (const [key, level] of keyed(criterion.levels)) {
    if (ours.has(key)) adoptWords(level, ours.get(key));
    else if (before.has(key)) criterion.levels = criterion.levels.filter((other) => other !== level);
  }
  old.levels.forEach((level, place) => !level.read && criterion.levels.splice(place, 0, copy(level)));
  return isCounted;
}

function adoptWords(part, old) {
  if (!old.read || !isEdited(old)) return;
  const { name, text, points } = old.read;
  const was = { name, description: text };
  for (const field of NAMED) if ((old[field] ?? "") !== was[field]) part[field] = old[field];
  const worth = { ...old, name: null, description: null, read: { name: "", text: "", points } };
  if (isEdited(worth)) for (const field of WORTH) if (field in old) part[field] = old[field];
}

/** What is in both, in the order that it was moved into by hand; what is new stays behind its neighbour. */
function inOrderOf(mine, base, next) {
  const order = [...keyed(mine).keys()].filter((key) => keyed(base).has(key));
  const before = [...keyed(base).keys()].filter((key) => order.includes(key));
  const found = keyed(next);
  if (order.join() === before.join()) return next;
  const moved = order.filter((key) => found.has(key)).map((key) => found.get(key));
  return next.map((criterion) => (moved.includes(criterion) ? null : criterion)).map((criterion) => criterion ?? moved.shift());
}

/** Criteria that were added by hand stand behind the one that they stood behind; how many of them count as edited. */
function addOwn(mine, own, criteria) {
  let count = 0;
  mine.forEach((criterion, row) => {
    if (!own.has(criterion)) return;
    const above = row ? mine[row - 1] : null;
    const isAbove = (other) => (keyOf(above) ? keyOf(other) === keyOf(above) : other.name === above.name);
    const place = above ? criteria.findLastIndex(isAbove) : -1;
    criteria.splice(above && place < 0 ? criteria.length : place + 1, 0, copy(criterion));
    count += isTouched(criterion) ? 1 : 0;
  });
  return count;
}
