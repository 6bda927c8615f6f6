/** A text that a rubric was made from, in the shape of a document that was read: lines, and tables of cells. */

const CELLS = /^\s*\||\t/;
const RULE = /^[\s|:-]+$/;

/** Lines with tabs or bars are rows of a table; every other line stands by itself. */
export function blocksOf(text) {
  const blocks = [];
  for (const line of text.split(/\r?\n/)) {
    if (!line.trim()) blocks.push(null);
    else if (CELLS.test(line)) addRow(blocks, cellsOf(line));
    else blocks.push({ text: line.trim(), source: { paragraph: blocks.length } });
  }
  return blocks.filter(Boolean).map((block, at) => ({ at, isHeading: false, ...block }));
}

function addRow(blocks, texts) {
  if (texts.every((text) => RULE.test(text))) return;
  const last = blocks.at(-1);
  const table = last?.cells ? last : { rows: 0, columns: 0, cells: [], source: { table: blocks.length } };
  if (table !== last) blocks.push(table);
  const row = table.rows;
  texts.forEach((text, column) => table.cells.push({ row, column, rowSpan: 1, columnSpan: 1, text, source: { ...table.source, row, column } }));
  table.rows += 1;
  table.columns = Math.max(table.columns, texts.length);
}

const cellsOf = (line) => (line.includes("\t") ? line.split("\t") : line.trim().replace(/^\||\|$/g, "").split("|")).map((text) => text.trim());

/** Where the words of each part of the rubric stand, by its place in the table such as `c1.l0`; in the text's order. */
export function placesIn(blocks, rubric) {
  const spots = blocks.flatMap((block) => block.cells ?? [block]).map(({ text, source }) => ({ words: folded(text), source }));
  const found = new Map();
  let from = 0;
  rubric.criteria.forEach((criterion, row) => {
    const at = spotOf(spots, criterion.name, from);
    if (at < 0) return;
    found.set(`c${row}`, spots[at].source);
    from = at;
    criterion.levels.forEach((level, column) => {
      const spot = spotOf(spots, level.description || level.name, from);
      if (spot >= 0) found.set(`c${row}.l${column}`, spots[spot].source);
    });
  });
  return found;
}

function spotOf(spots, text, from) {
  const words = folded(text ?? "");
  return words ? spots.findIndex((spot, at) => at >= from && spot.words.includes(words)) : -1;
}

const folded = (text) => text.normalize("NFKC").toLowerCase().replace(/[^\p{L}\p{N}]+/gu, "");
