/** The document beside the rubric: its pages as pictures, or what was read of it as HTML; and mending the reading there. */

import { drawing, element } from "./dom.js";
import { PagesView } from "./pages-view.js";
import { blocksOf, placesIn } from "./pasted-text.js";
import { ReadingView } from "./reading-view.js";
import { RoleHandles } from "./role-handles.js";

const LEAST_PERCENT = 20;
const MOST_PERCENT = 70;
const MAGNIFIER = "M10 4a6 6 0 1 1 0 12 6 6 0 0 1 0-12M14.5 14.5L20 20M10 7.5v5M7.5 10h5";
/** Pixels: what is narrower is mended as text. */
const NARROW = 400;

export class DocumentView {
  #isMending = false;

  /**
   * `context`: `{texts, pages, picture(page), mending, pasted, onPick(at), onClose()}`: `pages` as in `PagesView`, none where there
   * are no pictures; `mending` as in `mending.js`, null where no reading is kept; `pasted`, the text that was no document.
   */
  constructor(context) {
    const { texts, pages, mending, pasted } = context;
    this.context = context;
    this.handles = new RoleHandles({ texts, mending: () => mending });
    const shared = { texts, handles: this.handles, onPick: context.onPick };
    this.pages = pages.length ? new PagesView({ ...shared, pages, picture: context.picture }) : null;
    this.reading = mending || pasted ? new ReadingView({ ...shared, ...(mending ? { load: () => mending.load() } : ofText(pasted)) }) : null;
    this.view = this.pages ?? this.reading;
    this.told = element("p.hint", { role: "status" });
    this.node = this.#build();
    this.divider = divider(texts.t("dividerLabel"), (percent) => this.node.parentElement?.style.setProperty("--document", `${percent}%`));
  }

  /** Loads what is shown and not there yet. */
  async load() {
    try {
      await this.view.load();
    } catch (fault) {
      this.say(this.context.texts.sentence(fault));
    }
  }

  /** Marks the places of the rubric's parts, and of what was not used. */
  mark(rubric) {
    this.rubric = rubric;
    this.view.mark(rubric);
    this.view.point(this.at);
  }

  point(at) {
    this.at = at;
    this.view.point(at);
  }

  pointAt(source) {
    this.view.pointAt(source);
  }

  say(sentence) {
    this.told.textContent = sentence;
  }

  /** After the plan was changed: the handles say what is marked now, and the focus stays on its handle. */
  refresh() {
    if (!this.#isMending) return;
    const focused = this.node.getRootNode().activeElement?.dataset?.handle;
    this.view.showRoles(this.context.mending);
    this.handles.settle(this.view.node, focused);
    this.another.hidden = this.context.mending.ways.length < 2;
    this.take.hidden = !this.context.mending.isProposal;
  }

  #build() {
    const { t } = this.context.texts;
    const button = (what, key, onclick, more = {}) => element(what, { type: "button", onclick, ...more }, t(key));
    this.opener = this.context.mending && button("button", "mendReading", () => this.#mend(!this.#isMending), { "aria-pressed": "false" });
    this.switcher = this.pages && this.reading && button("button", "showAsText", () => this.#switch());
    this.enlarge = this.pages && element("button.icon", { type: "button", "aria-label": t("enlarge"), title: t("enlarge"), onclick: () => this.pages.enlarge() }, drawing(MAGNIFIER));
    const close = element("button.icon", { type: "button", "aria-label": t("hideDocument"), title: t("hideDocument"), onclick: () => this.context.onClose() }, "×");
    this.take = button("button", "takeProposal", () => this.context.mending.mark(this.context.mending.plan), { hidden: true });
    this.another = button("button", "anotherWay", () => this.context.mending.nextWay());
    this.bar = element("div.mend-bar", { hidden: true }, element("p.hint", {}, t("mendHint")), element("div.buttons", {}, this.take, this.another));
    this.body = element("div.pane", {}, this.view.node);
    const header = element("header", {}, element("h3", {}, t("document")), element("div.buttons", {}, this.opener, this.switcher, this.enlarge, close));
    return element("aside.document", { "aria-label": t("document") }, header, this.bar, this.told, this.body, this.handles.menu.node);
  }

  async #mend(isWanted) {
    const { mending, texts } = this.context;
    this.opener.setAttribute("aria-pressed", String(isWanted));
    this.say("");
    try {
      if (isWanted) await mending.load();
    } catch (fault) {
      this.opener.setAttribute("aria-pressed", "false");
      return this.say(texts.sentence(fault));
    }
    this.#isMending = isWanted;
    this.node.classList.toggle("mending", isWanted);
    this.bar.hidden = !isWanted;
    // On a phone's picture of a page no row is high enough to be pressed.
    if (isWanted && this.view === this.pages && this.pages.node.clientWidth < NARROW) await this.#switch();
    if (!isWanted) return this.view.showRoles(null);
    if (mending.isProposal) this.say(texts.t("isProposal"));
    return this.refresh();
  }

  /** Pages as pictures, or the same document as it was read. */
  async #switch() {
    const isText = this.view === this.pages;
    this.view.showRoles(null);
    this.view = isText ? this.reading : this.pages;
    this.enlarge.hidden = isText;
    this.switcher.textContent = this.context.texts.t(isText ? "showAsPages" : "showAsText");
    this.body.replaceChildren(this.view.node);
    await this.load();
    this.mark(this.rubric);
    this.refresh();
  }
}

function ofText(text) {
  const blocks = blocksOf(text);
  return { load: async () => ({ plan: { parts: [] }, blocks }), find: (rubric) => placesIn(blocks, rubric) };
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
