/** Which of the service's warnings still hold for the rubric as it stands on the page, and equal ones as one. */

import * as edit from "./rubric-edit.js";
import { isEdited } from "./sources.js";

const named = (criterion) => `${criterion.section ?? ""}\n${criterion.name}`.toLowerCase().replace(/\s+/g, " ").trim();
const tops = ({ levels }) => levels.map((level) => level.points ?? level.points_max).filter((points) => points !== null);
const isSorted = (values) => [1, -1].some((way) => values.every((value, at) => !at || (value - values[at - 1]) * way >= 0));

/** By code, what can be seen on the page; any other warning goes away once the part it is about was changed. */
const HOLDS = {
  points_missing: (criterion, rubric) => criterion.points === null && rubric.criteria.some((other) => other.points !== null),
  same_criterion_twice: (criterion, rubric) => rubric.criteria.filter((other) => named(other) === named(criterion)).length > 1,
  top_level_mismatch: (criterion) => criterion.points !== null && tops(criterion).length > 0 && Math.max(...tops(criterion)) !== criterion.points,
  levels_out_of_order: (criterion) => !isSorted(tops(criterion)),
};

/**
 * `[{message, at, count}]`: each sentence once, with the first part it is about (`at`, such as `c2.l0`; null for the whole).
 * The total has a line of its own below the table, so its difference is not told twice.
 */
export function warningsThatHold(rubric, summary, texts) {
  const found = [...whole(rubric, summary, texts), ...rubric.criteria.flatMap((criterion, row) => ofCriterion(criterion, row, rubric, texts))];
  const lines = new Map();
  for (const { message, at, kind } of found) {
    const line = lines.get(kind) ?? { message, at, count: 0 };
    lines.set(kind, { ...line, count: line.count + 1 });
  }
  return [...lines.values()];
}

function whole(rubric, summary, texts) {
  const isOff = Boolean(edit.balance(rubric).difference);
  const general = rubric.warnings.filter(({ path, code }) => !path?.startsWith("criteria[") && (code !== "total_mismatch" || isOff));
  const isTold = rubric.warnings.some(({ message }) => summary?.includes(message));
  const told = summary && !isTold ? [{ message: summary }, ...general] : general;
  const { stated, computed } = rubric.totals ?? {};
  return told.map(({ code, message }) => ({ message: texts.warning(code, message, { stated, computed }), at: null, kind: message }));
}

function ofCriterion(criterion, row, rubric, texts) {
  const number = (value) => (value === null || value === -Infinity ? "" : texts.number(value));
  const values = { name: criterion.name, points: number(criterion.points), top: number(Math.max(...tops(criterion))) };
  const line = ({ code, message }, at) => ({ message: texts.warning(code, message, values), at, kind: kindOf(code, message, criterion) });
  const holds = ({ code }, part) => (HOLDS[code] ? HOLDS[code](criterion, rubric) : !isEdited(part));
  const of = (part, at) => (part.warned ?? []).filter((warning) => holds(warning, part)).map((warning) => line(warning, at));
  return [...of(criterion, `c${row}`), ...criterion.levels.flatMap((level, column) => of(level, `c${row}.l${column}`))];
}

/** Two warnings are equal where they say the same of different criteria. */
function kindOf(code, message, { name, read }) {
  const bare = [name, read?.name].filter(Boolean).reduce((text, word) => text.replaceAll(word, "…"), message);
  return `${code} ${bare}`;
}
