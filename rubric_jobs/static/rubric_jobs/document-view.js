/** The document beside the rubric: its pages as pictures, each place that was read as a box over them. */

import { element } from "./dom.js";

const LEAST_PERCENT = 20;
const MOST_PERCENT = 70;

export class DocumentView {
  #boxes = new Map();
  #shown = null;
  #loaded = new Set();

  /** `context`: `{texts, pages: [{page, width, height}], picture(page), onPick(at), onClose()}`; sizes in points. */
  constructor(context) {
    const { t } = context.texts;
    this.context = context;
    this.told = element("p.hint", { role: "status" });
    this.sheets = context.pages.map((page) => this.#sheet(page));
    this.scroll = element("div.pages", { tabindex: 0, role: "region", "aria-label": t("documentPages") }, this.sheets.map(({ node }) => node));
    const close = element("button.icon", { type: "button", "aria-label": t("hideDocument"), title: t("hideDocument"), onclick: () => context.onClose() }, "×");
    this.node = element("aside.document", { "aria-label": t("document") }, element("header", {}, element("h3", {}, t("document")), close), this.told, this.scroll);
    this.divider = divider(t("dividerLabel"), (percent) => this.node.parentElement?.style.setProperty("--document", `${percent}%`));
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
        this.told.textContent = this.context.texts.sentence(fault);
        return;
      }
    }
  }

  /** Boxes for everything in the rubric that was read on one of these pages, and for what was not used. */
  mark(rubric) {
    this.#boxes.clear();
    for (const { overlay } of this.sheets) overlay.replaceChildren();
    rubric.criteria.forEach((criterion, row) => {
      this.#box(criterion.source, { at: `c${row}`, name: criterion.name, part: criterion });
      criterion.levels.forEach((level, column) => {
        this.#box(level.source, { at: `c${row}.l${column}`, name: [criterion.name, level.name].filter(Boolean).join(": "), part: level });
      });
    });
    for (const { text, source } of rubric.unread ?? []) this.#box(source, { name: text, isUnread: true });
  }

  /** Shows where a part such as `c1.l0.text` was read; the nearest part around it that has a place. */
  point(at) {
    const part = at?.match(/^c\d+(\.l\d+)?/)?.[0];
    const box = this.#boxes.get(part);
    if (box === this.#shown) return;
    this.#shown?.classList.remove("here");
    this.#shown = box ?? null;
    box?.classList.add("here");
    if (box?.getClientRects().length) this.#bring(box);
  }

  /** Shows a place that is no part of the rubric. */
  pointAt(source) {
    const sheet = this.sheets.find(({ page }) => page === source.page);
    if (sheet) this.#bring(sheet.node);
  }

  /** Scrolls inside of the pane alone: the table must stay where it is. */
  #bring(node) {
    const at = node.getBoundingClientRect();
    const pane = this.scroll.getBoundingClientRect();
    if (at.top < pane.top + 20 || at.bottom > pane.bottom - 20) this.scroll.scrollBy({ top: at.top - pane.top - pane.height / 3, behavior: "instant" });
  }

  #sheet({ page, width, height }) {
    const overlay = element("div.overlay");
    const node = element("figure.page", {}, overlay);
    node.style.aspectRatio = `${width} / ${height}`;
    return { page, width, height, node, overlay };
  }

  #box(source, { at, name, part, isUnread = false }) {
    const sheet = source?.bbox && this.sheets.find(({ page }) => page === source.page);
    if (!sheet) return;
    const [left, top, right, bottom] = source.bbox;
    const label = this.context.texts.t(isUnread ? "unreadBox" : "boxLabel", { name });
    const isDoubtful = part?.grounded === false || part?.doubts?.length > 0;
    const what = isUnread ? "button.box.unused" : isDoubtful ? "button.box.doubtful" : "button.box";
    const box = element(what, { type: "button", tabindex: -1, "aria-label": label, title: label, onclick: () => at && this.context.onPick(at) });
    Object.assign(box.style, {
      left: `${(100 * left) / sheet.width}%`,
      top: `${(100 * top) / sheet.height}%`,
      width: `${(100 * (right - left)) / sheet.width}%`,
      height: `${(100 * (bottom - top)) / sheet.height}%`,
    });
    sheet.overlay.append(box);
    if (at) this.#boxes.set(at, box);
  }
}

/** A bar that is dragged, or moved with arrows, to give the document more or less of the width. */
function divider(label, onChange) {
  let percent = 42;
  const bar = element("div.divider", {
    role: "separator",
    tabindex: 0,
    "aria-orientation": "vertical",
    "aria-label": label,
    "aria-valuemin": LEAST_PERCENT,
    "aria-valuemax": MOST_PERCENT,
    "aria-valuenow": percent,
  });
  const set = (wanted) => {
    percent = Math.round(Math.max(LEAST_PERCENT, Math.min(MOST_PERCENT, wanted)));
    bar.setAttribute("aria-valuenow", percent);
    onChange(percent);
  };
  bar.addEventListener("keydown", (event) => {
    const step = { ArrowLeft: -4, ArrowRight: 4, Home: -100, End: 100 }[event.key];
    if (!step) return;
    event.preventDefault();
    set(percent + step);
  });
  bar.addEventListener("pointerdown", (event) => {
    bar.setPointerCapture(event.pointerId);
    event.preventDefault();
  });
  bar.addEventListener("pointermove", (event) => {
    if (!bar.hasPointerCapture(event.pointerId)) return;
    const area = bar.parentElement.getBoundingClientRect();
    set((100 * (event.clientX - area.left)) / area.width);
  });
  return bar;
}
