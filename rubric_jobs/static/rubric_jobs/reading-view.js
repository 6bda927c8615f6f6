/** A document as it was read, as HTML: its lines and tables in their order, where there are no pictures of its pages. */

import { element } from "./dom.js";
import { placeKey } from "./kept-edits.js";
import { bring } from "./pages-view.js";
import { placeOf } from "./reading-plan.js";

export class ReadingView {
  #places = new Map();
  #parts = new Map();
  #shown = null;

  /** `context`: `{texts, load(), find(rubric), onPick(at), handles}`: `find`, where the rubric does not say what was read where. */
  constructor(context) {
    this.context = context;
    this.node = element("div.pages.as-read", { tabindex: 0, role: "region", "aria-label": context.texts.t("documentRead") });
    context.handles.listen(this.node);
  }

  async load() {
    if (this.reading) return;
    this.reading = await this.context.load();
    this.#draw();
  }

  mark(rubric) {
    this.rubric = rubric;
    if (this.reading) this.#markPlaces();
  }

  /** With handles at every table, column, row and line; without them where there is no reading to mend. */
  showRoles(reading) {
    this.isMending = Boolean(reading);
    if (this.reading) this.#draw();
  }

  point(at) {
    const part = at?.match(/^c\d+(\.l\d+)?/)?.[0];
    const node = this.#parts.get(part) ?? null;
    if (node === this.#shown) return;
    this.#shown?.classList.remove("here");
    this.#shown = node;
    node?.classList.add("here");
    if (node?.getClientRects().length) bring(this.node, node);
  }

  pointAt(source) {
    const node = this.#places.get(placeKey(source));
    if (node) bring(this.node, node);
  }

  #draw() {
    const { scrollTop } = this.node;
    this.#places.clear();
    let number = 0;
    this.node.replaceChildren(...this.reading.blocks.map((block) => (block.text === undefined ? this.#table(block, (number += 1)) : this.#line(block))));
    this.node.scrollTop = scrollTop;
    if (this.rubric) this.#markPlaces();
  }

  #line(block) {
    const handle = this.isMending && this.context.handles.ofLine(block);
    const words = element(block.isHeading ? "p.words.heading" : "p.words", { dir: "auto" }, block.text);
    this.#places.set(placeKey(block.source), words);
    return element("div.line", {}, handle, words);
  }

  #table(block, number) {
    const { handles, texts } = this.context;
    const isRead = placeOf(this.reading.plan, this.reading.blocks, block.at) !== null;
    const isMarked = this.isMending && isRead;
    const columns = isMarked && element("tr", {}, element("td"), Array.from({ length: block.columns }, (_, column) => element("th", { scope: "col" }, handles.ofAxis(block.at, "columns", column))));
    const rows = Array.from({ length: block.rows }, (_, row) => {
      const handle = isMarked && element("th", { scope: "row" }, handles.ofAxis(block.at, "rows", row));
      return element("tr", {}, handle, block.cells.filter((cell) => cell.row === row).map((cell) => this.#cell(cell)));
    });
    const table = element("table", { "aria-label": texts.t("tableNumber", { number }) }, columns && element("thead", {}, columns), element("tbody", {}, rows));
    return element("div.read-table", {}, this.isMending && handles.ofTable(block.at, number), table);
  }

  #cell({ text, rowSpan, columnSpan, source }) {
    const cell = element("td.words", { dir: "auto", rowspan: rowSpan > 1 && rowSpan, colspan: columnSpan > 1 && columnSpan }, text);
    this.#places.set(placeKey(source), cell);
    return cell;
  }

  /** Which places the rubric was read from, and which were left out. */
  #markPlaces() {
    this.#parts.clear();
    this.#shown = null;
    for (const node of this.#places.values()) {
      node.classList.remove("used", "doubtful", "unused", "here");
      node.onclick = null;
    }
    const places = this.context.find?.(this.rubric);
    const look = (part, at) => this.#part(part, at, places?.get(at) ?? part.source);
    this.rubric.criteria.forEach((criterion, row) => {
      look(criterion, `c${row}`);
      criterion.levels.forEach((level, column) => look(level, `c${row}.l${column}`));
    });
    for (const { source } of this.rubric.unread ?? []) if (source) this.#places.get(placeKey(source))?.classList.add("unused");
  }

  #part(part, at, source) {
    const node = source && this.#places.get(placeKey(source));
    if (!node) return;
    this.#parts.set(at, node);
    const isDoubtful = part.grounded === false || part.doubts?.length > 0;
    node.classList.add(isDoubtful ? "doubtful" : "used");
    // The words of one place may be several parts: the first one is gone to.
    node.onclick ??= () => this.context.onPick(at);
  }
}
