/** A block of cells from Word, Excel, Google Sheets or a web page, and where it goes in a rubric. */

import * as edit from "./rubric-edit.js";

/** The cells on the clipboard as rows of texts; null where it holds no more than one text. */
export function blockOf(clipboard) {
  const block = ofHtml(clipboard.getData("text/html")) ?? ofTabs(clipboard.getData("text/plain"));
  return block && (block.length > 1 || block[0].length > 1) ? block : null;
}

function ofHtml(html) {
  if (!/<table/i.test(html)) return null;
  // A document of its own: scripts do not run in it and nothing is fetched for it; only its text is taken.
  const table = new DOMParser().parseFromString(bare(html), "text/html").querySelector("table");
  const rows = [...(table?.rows ?? [])].map(() => []);
  [...(table?.rows ?? [])].forEach((row, at) => {
    let column = 0;
    for (const cell of row.cells) {
      while (rows[at][column] !== undefined) column += 1;
      for (let down = 0; down < Math.min(cell.rowSpan, rows.length - at); down += 1) {
        for (let right = 0; right < Math.min(cell.colSpan, 50); right += 1) rows[at + down][column + right] = down || right ? "" : textOf(cell);
      }
      column += 1;
    }
  });
  return tidy(rows);
}

/** Tags without their attributes but spans: the page's policy would report each style and handler that it refuses. */
function bare(html) {
  const shown = html.replace(/<(style|script|xml)\b[\s\S]*?<\/\1\s*>/gi, "");
  return shown.replace(/<(\w[\w:-]*)((?:"[^"]*"|'[^']*'|[^'">])*)>/g, (_, name, attributes) => {
    const spans = attributes.match(/\b(?:col|row)span\s*=\s*["']?\d+["']?/gi) ?? [];
    return `<${[name, ...spans].join(" ")}>`;
  });
}

/** A cell's text, a line for each paragraph, item and line break. */
function textOf(cell) {
  const parts = [];
  const walk = (node) => {
    if (node.nodeType === Node.TEXT_NODE) parts.push(node.textContent.replace(/[ \t\r\n]+/g, " "));
    else if (node.nodeName === "BR") parts.push("\n");
    else if (!/^(STYLE|SCRIPT|TEMPLATE)$/.test(node.nodeName)) {
      node.childNodes.forEach(walk);
      if (/^(P|DIV|LI|H\d)$/.test(node.nodeName)) parts.push("\n");
    }
  };
  cell.childNodes.forEach(walk);
  return parts.join("").replace(/[ \u00a0]*\n[ \u00a0]*/g, "\n").trim();
}

/** Tab-separated cells; a quoted one may hold tabs, line ends and doubled quotes. */
function ofTabs(text) {
  if (!text.includes("\t")) return null;
  const rows = [[]];
  for (const [, quoted, plain, end] of text.matchAll(/(?:"((?:[^"]|"")*)"(?=[\t\r\n]|$)|([^\t\r\n]*))(\t|\r?\n|$)/g)) {
    rows.at(-1).push((quoted?.replaceAll('""', '"') ?? plain).trim());
    if (end === "") break;
    if (end !== "\t") rows.push([]);
  }
  return tidy(rows);
}

function tidy(rows) {
  const filled = rows.map((row) => Array.from(row, (text) => text ?? "")).filter((row) => row.some(Boolean));
  const width = Math.max(0, ...filled.map((row) => row.length));
  return filled.length && width ? filled.map((row) => [...row, ...Array(width - row.length).fill("")]) : null;
}

/** Writes a block from the field `at` on, to the right and down; criteria and levels are added where it is larger. */
export function pasteInto(rubric, at, block, { newName }) {
  const [, row, column] = at.match(/^[cs](\d+)(?:\.l(\d+))?/) ?? [];
  const head = at.match(/^h(\d+)/)?.[1];
  const first = head ?? column;
  const from = first === undefined ? (at.endsWith(".points") ? edit.widthOf(rubric) + 1 : 0) : Number(first) + 1;
  if (head !== undefined) nameLevels(rubric, from, block[0]);
  const cells = head === undefined ? block : block.slice(1);
  const top = row === undefined ? 0 : Number(row);
  makeRoom(rubric, top + cells.length, from, cells, newName);
  cells.forEach((texts, down) => texts.forEach((text, right) => write(rubric.criteria[top + down], from + right, text)));
}

/** A whole table as a rubric: a first row that only heads the others becomes the levels' names. */
export function rubricOf(block, blank) {
  const rubric = edit.complete({ ...blank, criteria: [] });
  const isHeaded = block.length > 1 && (!block[0][0] || letters(block[0]) * 2 <= letters(block[1]) || /\d/.test(block[1].at(-1)) !== /\d/.test(block[0].at(-1)));
  const rows = isHeaded ? block.slice(1) : block;
  const isWorth = rows[0].length > 1 && rows.every((row) => row.at(-1) === "" || edit.pointsOf(row.at(-1)) !== undefined);
  const width = Math.max(0, rows[0].length - 1 - (isWorth ? 1 : 0));
  for (const [name, ...texts] of rows) {
    const levels = texts.slice(0, width).map((description, at) => ({ ...(isHeaded && { name: block[0][at + 1] || null }), description: description || null }));
    rubric.criteria.push({ name, points: isWorth ? edit.pointsOf(texts.at(-1)) : null, levels });
  }
  return edit.complete(rubric);
}

const letters = (row) => row.join("").length;

function nameLevels(rubric, from, names) {
  names.forEach((name, right) => {
    if (from + right > edit.widthOf(rubric)) edit.addLevel(rubric);
    if (name) edit.renameColumn(rubric, from + right - 1, name);
  });
}

/** One column more than there are levels is the criterion's points, if it holds nothing but numbers. */
function makeRoom(rubric, rows, from, cells, newName) {
  while (rubric.criteria.length < rows) edit.addCriterion(rubric, newName);
  const width = from + (cells[0]?.length ?? 0) - 1;
  const isWorth = cells.every((row) => edit.pointsOf(row.at(-1)) !== undefined);
  const levels = isWorth && width === edit.widthOf(rubric) + 1 ? width - 1 : width;
  if (from > edit.widthOf(rubric)) return;
  while (edit.widthOf(rubric) < levels) edit.addLevel(rubric);
}

function write(criterion, slot, text) {
  if (slot === 0) criterion.name = text || criterion.name;
  else if (slot <= criterion.levels.length) criterion.levels[slot - 1].description = text || null;
  else {
    const points = edit.pointsOf(text);
    if (points !== undefined) criterion.points = points;
  }
}
