/** A document's pages as pictures: each place that was read is a box over them, and what a column, row or line is stands at its edge. */

import { element } from "./dom.js";
import { placeOf } from "./reading-plan.js";
import { nameOf } from "./rubric-edit.js";

/** How much wider than the pane a page may be. */
const STEPS = [1, 1.5, 2.25];
/** How much wider they get by themselves: of a larger one too little is seen at once. */
const MOST_UNASKED = 1.5;
/** Pixels: a row of this height has room for what it is read as. */
const ROW = 22;

export class PagesView {
  #boxes = new Map();
  #shown = null;
  #loaded = new Set();
  #larger = 1;
  #isChosen = false;

  /** `context`: `{texts, pages: [{page, width, height}], picture(page), onPick(at), handles}`; sizes in points. */
  constructor(context) {
    const { t } = context.texts;
    this.context = context;
    this.sheets = context.pages.map((page) => this.#sheet(page));
    this.node = element("div.pages", { tabindex: 0, role: "region", "aria-label": t("documentPages") }, this.sheets.map(({ node }) => node));
    context.handles.listen(this.node);
  }

  /** Makes the pages one step larger, after the largest one as wide as the pane again. */
  enlarge() {
    this.#isChosen = true;
    this.#enlarge(STEPS[(STEPS.indexOf(this.#larger) + 1) % STEPS.length]);
  }

  /** What is at the top of the pane stays there. */
  #enlarge(larger) {
    const { node } = this;
    const share = node.scrollTop / node.scrollHeight;
    this.#larger = larger;
    node.style.setProperty("--larger", larger);
    node.scrollTop = share * node.scrollHeight;
  }

  /** Loads the pictures that are not there yet, the first page first. */
  async load() {
    for (const { page, node } of this.sheets) {
      if (this.#loaded.has(page)) continue;
      this.#loaded.add(page);
      try {
        const address = await this.context.picture(page);
        node.prepend(element("img", { src: address, alt: this.context.texts.t("pageAlt", { page }) }));
      } catch (fault) {
        this.#loaded.delete(page);
        throw fault;
      }
    }
  }

  /** Boxes for everything in the rubric that was read on one of these pages, and for what was not used. */
  mark(rubric) {
    this.#boxes.clear();
    for (const { overlay } of this.sheets) overlay.replaceChildren();
    rubric.criteria.forEach((criterion, row) => {
      const named = nameOf(criterion, row, this.context.texts.t);
      this.#box(criterion.source, { at: `c${row}`, name: named, part: criterion });
      criterion.levels.forEach((level, column) => {
        this.#box(level.source, { at: `c${row}.l${column}`, name: [named, level.name].filter(Boolean).join(": "), part: level });
      });
    });
    for (const { text, source } of rubric.unread ?? []) this.#box(source, { name: text, isUnread: true });
  }

  /** The handles of all tables and lines on these pages; none while nothing is mended. */
  showRoles(reading) {
    for (const { roles } of this.sheets) roles.replaceChildren();
    if (reading && !this.#isChosen) this.#makeRoom(reading);
    let number = 0;
    for (const block of reading?.blocks ?? []) {
      if (block.text !== undefined) this.#lineHandle(block);
      else this.#tableHandles(block, reading, (number += 1));
    }
  }

  /** Shows where a part such as `c1.l0.text` was read; the nearest part around it that has a place. */
  point(at) {
    const part = at?.match(/^c\d+(\.l\d+)?/)?.[0];
    const box = this.#boxes.get(part);
    if (box === this.#shown) return;
    this.#shown?.classList.remove("here");
    this.#shown = box ?? null;
    box?.classList.add("here");
    if (box?.getClientRects().length) bring(this.node, box);
  }

  /** Shows a place that is no part of the rubric. */
  pointAt(source) {
    const sheet = this.#sheetOf(source);
    if (sheet) bring(this.node, sheet.node);
  }

  #sheet({ page, width, height }) {
    const overlay = element("div.overlay");
    const roles = element("div.overlay.roles");
    const node = element("figure.page", {}, overlay, roles);
    node.style.aspectRatio = `${width} / ${height}`;
    return { page, width, height, node, overlay, roles };
  }

  #sheetOf(source) {
    return this.sheets.find(({ page }) => page === source?.page);
  }

  #box(source, { at, name, part, isUnread = false }) {
    const sheet = source?.bbox && this.#sheetOf(source);
    if (!sheet) return;
    const label = this.context.texts.t(isUnread ? "unreadBox" : "boxLabel", { name });
    const isDoubtful = part?.grounded === false || part?.doubts?.length > 0;
    const what = isUnread ? "button.box.unused" : isDoubtful ? "button.box.doubtful" : "button.box";
    const box = element(what, { type: "button", tabindex: -1, "aria-label": label, title: label, onclick: () => at && this.context.onPick(at) });
    const [left, top, right, bottom] = source.bbox;
    put(box, sheet, { left, top, width: right - left, height: bottom - top });
    sheet.overlay.append(box);
    if (at) this.#boxes.set(at, box);
  }

  #lineHandle(block) {
    const sheet = block.source.bbox && this.#sheetOf(block.source);
    if (sheet) this.#place(this.context.handles.ofLine(block), sheet, block.source.bbox, "beside");
  }

  #tableHandles(block, { plan, blocks }, number) {
    const isRead = placeOf(plan, blocks, block.at) !== null;
    let isNamed = false;
    for (const sheet of this.sheets) {
      const cells = block.cells.filter(({ source }) => source.bbox && source.page === sheet.page);
      if (!cells.length) continue;
      const all = around(cells);
      if (!isNamed) this.#corner(block, number, sheet, all, isRead);
      isNamed = true;
      if (!isRead) continue;
      for (let column = 0; column < block.columns; column += 1) {
        const own = cells.filter((cell) => cell.column === column && cell.columnSpan === 1);
        if (own.length) this.#place(this.context.handles.ofAxis(block.at, "columns", column), sheet, [around(own)[0], all[1], around(own)[2], all[3]], "above");
      }
      for (let row = 0; row < block.rows; row += 1) {
        const own = cells.filter((cell) => cell.row === row && cell.rowSpan === 1);
        if (own.length) this.#place(this.context.handles.ofAxis(block.at, "rows", row), sheet, [all[0], around(own)[1], all[2], around(own)[3]], "beside");
      }
    }
  }

  /** Pages whose rows are too low for their handles are made larger, once. */
  #makeRoom({ plan, blocks }) {
    this.#isChosen = true;
    const read = blocks.filter((block) => block.cells && placeOf(plan, blocks, block.at) !== null);
    const heights = read.flatMap(({ cells }) => cells.filter(({ source, rowSpan }) => source.bbox && rowSpan === 1).map(({ source }) => source.bbox[3] - source.bbox[1]));
    if (!heights.length) return;
    const usual = heights.sort((one, other) => one - other)[Math.floor(heights.length / 2)];
    const [{ node, width }] = this.sheets;
    const shown = (usual * node.clientWidth) / width;
    this.#enlarge(shown < ROW ? MOST_UNASKED : 1);
  }

  /** In the margin beside the columns' handles, where there is room for a few dots alone. */
  #corner(block, number, sheet, [left, top], isRead) {
    const handle = this.context.handles.ofTable(block.at, number);
    if (isRead) handle.textContent = "⋯";
    handle.classList.add("corner");
    put(handle, sheet, { left: isRead ? undefined : left, top });
    if (isRead) handle.style.right = `${100 - (100 * left) / sheet.width}%`;
    sheet.roles.append(handle);
  }

  #place(handle, sheet, [left, top, right, bottom], where) {
    handle.classList.add(where);
    put(handle, sheet, { left, top, ...(where === "above" && { width: right - left }), ...(where === "beside" && { height: bottom - top }) });
    // In the margin, as wide as that is.
    if (where === "beside") Object.assign(handle.style, { left: "", right: `${100 - (100 * left) / sheet.width}%`, maxWidth: `${(100 * left) / sheet.width}%` });
    sheet.roles.append(handle);
  }
}

/** Scrolls inside of the pane alone: the table must stay where it is. */
export function bring(pane, node) {
  const at = node.getBoundingClientRect();
  const own = pane.getBoundingClientRect();
  const top = at.top < own.top + 20 || at.bottom > own.bottom - 20 ? at.top - own.top - own.height / 3 : 0;
  const left = at.left < own.left || at.right > own.right ? at.left - own.left - 20 : 0;
  if (top || left) pane.scrollBy({ top, left, behavior: "instant" });
}

function around(cells) {
  const boxes = cells.map(({ source }) => source.bbox);
  const edge = (side, pick) => pick(...boxes.map((box) => box[side]));
  return [edge(0, Math.min), edge(1, Math.min), edge(2, Math.max), edge(3, Math.max)];
}

function put(node, sheet, { left, top, width, height }) {
  const share = (value, all) => (value === undefined ? "" : `${(100 * value) / all}%`);
  Object.assign(node.style, { left: share(left, sheet.width), top: share(top, sheet.height), width: share(width, sheet.width), height: share(height, sheet.height) });
}
