/** A rubric as it is edited: plain functions on the canonical shape, without a page. */

/** A rubric in the shape that the table expects, whatever of it a half-written answer holds. */
export function complete(rubric) {
  return {
    title: null,
    kind: "analytic",
    total_points: null,
    adjustments: [],
    warnings: [],
    totals: {},
    ...rubric,
    criteria: (rubric.criteria ?? []).map((criterion) => ({
      name: "",
      description: null,
      section: null,
      points: null,
      weight: null,
      ...criterion,
      levels: (criterion.levels ?? []).map((level) => ({ ...NEW_LEVEL, ...level })),
    })),
  };
}

const NEW_LEVEL = { name: null, description: null, points: null, points_min: null, points_max: null };

export const copy = (rubric) => structuredClone(rubric);

/** To begin with: one criterion with three levels. */
export function emptyRubric(name) {
  const levels = [3, 2, 1].map((points) => ({ points }));
  return complete({ criteria: [{ name, points: 3, levels }] });
}

/** The sum of the criteria's points, or null where none has any. */
export function sum(rubric) {
  const known = rubric.criteria.map((criterion) => criterion.points).filter((points) => points !== null);
  return known.length ? rounded(known.reduce((total, points) => total + points, 0)) : null;
}

/** `{sum, target, difference}`: how far the criteria are from the rubric's own total; null where that is not known. */
export function balance(rubric) {
  const found = sum(rubric);
  const target = rubric.total_points;
  const difference = found === null || target === null ? null : rounded(found - target);
  return { sum: found, target, difference };
}

/** The level names that all criteria share, column by column: `""` where none has a name, null where they differ. */
export function columns(rubric) {
  const width = Math.max(0, ...rubric.criteria.map((criterion) => criterion.levels.length));
  return Array.from({ length: width }, (_, column) => {
    const there = rubric.criteria.filter((criterion) => criterion.levels[column]);
    const names = new Set(there.map((criterion) => criterion.levels[column].name));
    return names.size === 1 ? ([...names][0] ?? "") : null;
  });
}

export function renameColumn(rubric, column, name) {
  for (const criterion of rubric.criteria) {
    if (criterion.levels[column]) criterion.levels[column].name = name || null;
  }
}

/** What a criterion is called: by its number where it has no name. */
export const nameOf = (criterion, row, t) => criterion.name.trim() || t("criterionNumber", { row: row + 1 });

/** A criterion after the one at `index` (at the end where null), shaped like it. */
export function addCriterion(rubric, name, index = null) {
  const at = index === null ? rubric.criteria.length : index + 1;
  const model = rubric.criteria[at - 1] ?? rubric.criteria[0];
  const levels = (model?.levels ?? []).map((level) => ({ ...NEW_LEVEL, name: level.name }));
  rubric.criteria.splice(at, 0, { name, description: null, section: model?.section ?? null, points: null, weight: null, levels });
  return at;
}

export function duplicateCriterion(rubric, index) {
  rubric.criteria.splice(index + 1, 0, copy(rubric.criteria[index]));
}

export function removeCriterion(rubric, index) {
  rubric.criteria.splice(index, 1);
}

/** One step up or down; over a section's edge it joins that section first, as a reader would expect. */
export function moveCriterion(rubric, index, by) {
  const [moved] = rubric.criteria.splice(index, 1);
  rubric.criteria.splice(index + by, 0, moved);
  moved.section = rubric.criteria[index].section;
}

/** A level for every criterion, before column `at` (at the end where it is left out). */
export function addLevel(rubric, at = widthOf(rubric)) {
  for (const criterion of rubric.criteria) {
    while (criterion.levels.length < at) criterion.levels.push({ ...NEW_LEVEL });
    criterion.levels.splice(at, 0, { ...NEW_LEVEL });
  }
}

export function duplicateLevel(rubric, column) {
  for (const { levels } of rubric.criteria) {
    if (levels[column]) levels.splice(column + 1, 0, copy(levels[column]));
  }
}

export function moveLevel(rubric, column, by) {
  for (const { levels } of rubric.criteria) {
    while (levels.length <= Math.max(column, column + by)) levels.push({ ...NEW_LEVEL });
    const [moved] = levels.splice(column, 1);
    levels.splice(column + by, 0, moved);
  }
}

export function removeColumn(rubric, column) {
  for (const criterion of rubric.criteria) criterion.levels.splice(column, 1);
}

export const widthOf = (rubric) => Math.max(0, ...rubric.criteria.map((criterion) => criterion.levels.length));

/** The criteria from here to the end of their section form one of their own. */
export function beginSection(rubric, index, name) {
  renameSection(rubric, index, name);
}

/** Names the run of criteria that shares the section of the one at `index`, from it on. */
export function renameSection(rubric, index, name) {
  const before = rubric.criteria[index].section;
  for (let at = index; at < rubric.criteria.length && rubric.criteria[at].section === before; at += 1) {
    rubric.criteria[at].section = name || null;
  }
}

/** Whether a section's heading stands above the criterion at `index`. */
export function beginsSection(rubric, index) {
  const { section } = rubric.criteria[index];
  return section !== null && section !== (rubric.criteria[index - 1]?.section ?? null);
}

export function addAdjustment(rubric, kind, reason) {
  rubric.adjustments.push({ kind, reason, points: null });
}

export function removeAdjustment(rubric, index) {
  rubric.adjustments.splice(index, 1);
}

/** `2.5` or `2,5` as a number; null for nothing, undefined for what is no number. */
export function pointsOf(text) {
  const trimmed = text.trim().replace(",", ".");
  if (!trimmed) return null;
  return /^-?\d{1,6}(\.\d{1,4})?$/.test(trimmed) ? Number(trimmed) : undefined;
}

/** A level's points as one text: `4`, or `3–4` where a range is printed. */
export function pointsText(level, format = String) {
  if (level.points !== null) return format(level.points);
  const ends = [level.points_min, level.points_max].filter((end) => end !== null);
  return ends.length === 2 && ends[0] === ends[1] ? format(ends[0]) : ends.map(format).join("–");
}

/** Reads `4` or `3-4` into a level; false for what is neither. */
export function setLevelPoints(level, text) {
  const ends = text.split(/\s*[–—-]\s*(?=\d)/);
  const values = (text.trim().startsWith("-") ? [text] : ends).map(pointsOf);
  if (values.length > 2 || values.includes(undefined)) return false;
  const [low, high] = values;
  const isRange = values.length === 2;
  Object.assign(level, {
    points: isRange ? null : low,
    points_min: isRange ? Math.min(low, high) : null,
    points_max: isRange ? Math.max(low, high) : null,
  });
  return true;
}

const rounded = (value) => Math.round(value * 10000) / 10000;
