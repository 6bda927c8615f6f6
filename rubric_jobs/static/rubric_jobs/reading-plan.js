/**
 * A reading's plan as it is mended: plain functions, each of which gives a new plan. (`PLAN` in docs/api.md.)
 *
 * A part reads a table, or several that go on, or lines. In shape `across` its rows say what columns say elsewhere. Here a
 * `field` is what a column usually is (criterion, level, points …) and a `record` what a row usually is (heading, criterion …).
 */

export const NOT_PART = "-";

const FIELDS = { down: "clpwdvmsne-", across: "clpwdvmsne-", long: "ckxvpwdsne-" };
const RECORDS = { down: "hcs+taukb-", across: "hcs+taukb-", long: "hclgs+tak-" };
const LINES = "cdlnspkta+-";
const NUMERIC = /^[\s\d.,/%()–-]*\d[\s\d.,/%()–-]*(?:pts?|points?|punkte|p\.)?\s*$/i;

/** The roles that may be chosen along an axis (`rows` or `columns`) of a part, and the one that it has. */
export function rolesOf(part, axis, index) {
  const kind = kindOf(part, axis);
  const known = { line: () => LINES, field: () => FIELDS[part.shape], record: () => RECORDS[part.shape] }[kind]();
  const current = part[axis][index];
  return { kind, current, roles: [...new Set([...known, current])] };
}

/** Whether the rows or columns of a part are lines, fields or records. */
export function kindOf(part, axis) {
  if (part.shape === "lines") return "line";
  return (axis === "columns") !== (part.shape === "across") ? "field" : "record";
}

/** `"3,5-7"` as numbers. */
export function blocksOf(part) {
  return part.at.split(",").flatMap((run) => {
    const [first, last = first] = run.split("-").map(Number);
    return Array.from({ length: last - first + 1 }, (_, step) => first + step);
  });
}

const packed = (blocks) => blocks.join(",");

/**
 * Where a block is read: `{part, index, offset}`, offset being its first row or line in the part; null where it is not. Two parts
 * may read different rows of one table: with `row`, the one that does not skip it.
 */
export function placeOf(plan, blocks, at, row = null) {
  const found = plan.parts.flatMap((part, index) => {
    const offset = offsetOf(part, blocks, at);
    return offset === null ? [] : [{ part, index, offset }];
  });
  const isRead = ({ part, offset }) => part.shape === "across" || part.rows[offset + row] !== NOT_PART;
  return (row !== null && found.find(isRead)) || (found[0] ?? null);
}

function offsetOf(part, blocks, at) {
  let offset = 0;
  for (const own of blocksOf(part)) {
    if (own === at) return offset;
    offset += part.shape === "lines" ? 1 : blocks[own].rows;
  }
  return null;
}

export function withRole(plan, index, axis, place, role) {
  const part = plan.parts[index];
  const roles = [...part[axis]];
  // A criterion has one name: where another column is to hold it, the first one describes.
  if (role === "c" && kindOf(part, axis) === "field") roles.forEach((other, at) => other === "c" && (roles[at] = "d"));
  roles[place] = role;
  return replaced(plan, index, { ...part, [axis]: roles.join("") });
}

/** `shape`: `down`, `across` or `long`; the roles are the usual ones of such a table, since those of another shape mean nothing. */
export function withShape(plan, index, shape, blocks) {
  const part = plan.parts[index];
  return part.shape === shape ? plan : replaced(plan, index, usual(blocksOf(part), shape, blocks));
}

/** A further table, read like one of as many columns that is read already, else as a grid. */
export function withTable(plan, at, blocks) {
  const like = plan.parts.find(({ shape, columns }) => shape !== "lines" && shape !== "across" && columns.length === blocks[at].columns);
  const part = usual([at], like?.shape ?? "down", blocks);
  return inOrder({ ...plan, parts: [...plan.parts, like ? { ...part, columns: like.columns, name: like.name } : part] });
}

/** A line that no part has read: it joins the lines nearest to it. */
export function withLine(plan, at, role) {
  const lines = plan.parts.map((part, index) => ({ part, index })).filter(({ part }) => part.shape === "lines");
  if (!lines.length) return inOrder({ ...plan, parts: [...plan.parts, { at: String(at), shape: "lines", rows: role, name: "lead" }] });
  const away = ({ part }) => Math.min(...blocksOf(part).map((own) => Math.abs(own - at)));
  const { part, index } = lines.reduce((best, other) => (away(other) < away(best) ? other : best));
  const own = blocksOf(part);
  const place = own.filter((block) => block < at).length;
  const rows = part.rows.slice(0, place) + role + part.rows.slice(place);
  return replaced(plan, index, { ...part, at: packed(own.toSpliced(place, 0, at)), rows });
}

export function withoutPart(plan, index) {
  return { ...plan, parts: plan.parts.toSpliced(index, 1) };
}

function replaced(plan, index, part) {
  return inOrder({ ...plan, parts: plan.parts.with(index, part) });
}

function inOrder(plan) {
  return { ...plan, parts: plan.parts.toSorted((one, other) => blocksOf(one)[0] - blocksOf(other)[0]) };
}

function usual(own, shape, blocks) {
  const rows = own.reduce((count, at) => count + blocks[at].rows, 0);
  const { columns, cells } = blocks[own[0]];
  const records = (count) => "h" + "c".repeat(Math.max(0, count - 1));
  const isNumeric = (column) => cells.filter((cell) => cell.column === column && cell.row && cell.text).every(({ text }) => NUMERIC.test(text));
  const last = columns > 1 && isNumeric(columns - 1) ? 1 : 0;
  const filled = (first, more, points) => (first + more.repeat(columns)).slice(0, columns - last) + points.repeat(last);
  const at = packed(own);
  if (shape === "across") return { at, shape, name: "lead", rows: ("c" + "l".repeat(rows)).slice(0, rows), columns: records(columns) };
  if (shape === "long") return { at, shape, name: "lead", rows: records(rows), columns: filled("ck", "x", "v") };
  return { at, shape, name: "lead", rows: records(rows), columns: filled("c", columns - last > 2 ? "l" : "d", "p") };
}
