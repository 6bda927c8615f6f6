/** Which criterion of an enhanced rubric was which before. */

const folded = (name) => (name ?? "").toLowerCase().replace(/\s+/g, " ").trim();

/** `{was, removed}`: for each criterion after, the one before or null; and those before that are gone. */
export function matched(before, after) {
  const left = new Set(before.criteria);
  const was = after.criteria.map((criterion) => take(left, [...left].find((old) => folded(old.name) === folded(criterion.name))));
  const isRenamed = before.criteria.length === after.criteria.length;
  after.criteria.forEach((_, row) => {
    if (!was[row] && isRenamed && left.has(before.criteria[row])) was[row] = take(left, before.criteria[row]);
  });
  return { was, removed: [...left] };
}

/** Enhancement goes by a text that knows no sections: each criterion stays in the one that it had. */
export function keepSections(before, after) {
  matched(before, after).was.forEach((old, row) => (after.criteria[row].section ??= old?.section ?? null));
  return after;
}

function take(left, found) {
  if (found) left.delete(found);
  return found ?? null;
}
