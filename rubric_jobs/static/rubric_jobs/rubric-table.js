/** A rubric as a table of criteria and levels; every text and number in it can be changed where it stands. */

import { element } from "./dom.js";
import * as edit from "./rubric-edit.js";
import { placeButton } from "./sources.js";
import { Fields } from "./table-fields.js";
import { TableKeys } from "./table-keys.js";
import { layoutFor } from "./table-layout.js";
import { TableMenus } from "./table-menus.js";

export class RubricTable {
  #rubric;
  #columns = [];
  #was = null;
  #removed = [];
  #rowsShown = 0;
  #pinned = 0;

  /**
   * `options`: `{texts, isEditable, label, room(), onEdit(), onChange(mutate, {said, at}), onPaste(at, block),
   * onSource(part, name, button), onSelect(at), onFault(sentence)}`; `room`: the pixels that it will have once it stands on the page.
   */
  constructor(options) {
    this.options = options;
    this.t = options.texts.t;
    this.fields = new Fields(options);
    const { isEditable } = options;
    this.table = element("table.rubric", { role: isEditable ? "grid" : "table" });
    // A wide table scrolls inside of its own box, which the keyboard must be able to reach; by its fields where it has some.
    this.scroller = element("div.scroller", { tabindex: isEditable ? null : 0, role: "region", "aria-label": this.t("criterion") }, this.table);
    this.title = element("div.title");
    this.node = element("div.sheet", {}, this.title, this.scroller);
    if (isEditable) {
      this.menus = new TableMenus({ texts: options.texts, onChange: options.onChange, rubric: () => this.#rubric });
      this.keys = new TableKeys(this.table, { ...options, openMenu: (at, field) => this.#openMenu(at, field) });
      this.node.append(this.menus.node);
    }
    // Of the title, which is as wide as the table may be and does not change its height with it.
    new ResizeObserver(() => this.#pinned || this.fit()).observe(this.title);
  }

  /** After its room has changed; with a `width` as if it had that many pixels, until the next call without. */
  fit(width = 0) {
    this.#pinned = width;
    if (!this.#rubric) return;
    const { layout, perLine } = this.#layout();
    const isAlike = Math.abs(perLine - this.fields.perLine) < 0.2 * this.fields.perLine;
    if (layout === this.table.dataset.layout && isAlike) return;
    const at = this.focusedAt;
    this.show(this.#rubric, { was: this.#was, removed: this.#removed });
    if (at) this.focusOn(at);
  }

  #layout() {
    return layoutFor(this.#rubric, this.#pinned || this.title.clientWidth || this.options.room?.() || 0);
  }

  /** `was`, where changes are to be marked: the criterion that each one was, or null for a new one. */
  show(rubric, { was = null, removed = [] } = {}) {
    this.#rubric = rubric;
    this.#columns = edit.columns(rubric);
    this.#was = was;
    this.#removed = removed;
    this.#showTitle();
    const title = [this.options.label, rubric.title || this.t("untitled")].filter(Boolean).join(": ");
    this.scroller.setAttribute("aria-label", title);
    this.table.setAttribute("aria-label", title);
    this.table.style.setProperty("--levels", Math.max(1, this.#columns.length));
    const { layout, perLine } = this.#layout();
    this.table.dataset.layout = layout;
    this.fields.perLine = perLine;
    this.table.classList.toggle("many", this.#columns.length > 4);
    const rows = rubric.criteria.flatMap((criterion, row) => this.#rows(criterion, row));
    const gone = removed.map((criterion) => this.#goneRow(criterion));
    this.table.replaceChildren(this.#head(), element("tbody", { role: "rowgroup" }, rows, gone), ...this.#adjustments());
    this.#rowsShown = rubric.criteria.length;
    this.keys?.settle();
  }

  /** Puts the focus on a part of the rubric, such as `c2`, `c2.l0` or `c2.l0.text`; the first field there is. */
  focusOn(at) {
    const field =
      this.node.querySelector(`[data-at="${at}"]`) ??
      this.node.querySelector(`[data-at="${at}.text"]`) ??
      this.node.querySelector(`[data-at="${at}.name"]`) ??
      this.node.querySelector(`[data-at^="${at}."]`);
    field?.focus();
    field?.scrollIntoView({ block: "nearest" });
    return Boolean(field);
  }

  /** The part that the field with the focus holds, or null. */
  get focusedAt() {
    const focused = this.node.getRootNode().activeElement;
    return (this.node.contains(focused) && focused.dataset.at) || null;
  }

  #showTitle() {
    const title = this.#rubric.title ?? "";
    if (!this.options.isEditable) return this.title.replaceChildren(element("h3", { dir: "auto" }, title || this.t("untitled")));
    const set = (text) => (this.#rubric.title = text || null);
    const field = this.fields.text(title, { at: "title", label: this.t("title"), set, empty: this.t("untitled") });
    field.tabIndex = 0;
    return this.title.replaceChildren(element("h3", {}, field));
  }

  #head() {
    const heads = this.#columns.map((name, column) => this.#columnHead(name, column));
    const corner = element("th", { scope: "col", role: "columnheader" }, this.t("criterion"));
    const points = element("th.points", { scope: "col", role: "columnheader" }, this.t("points"));
    return element("thead", { role: "rowgroup" }, element("tr", { role: "row" }, corner, heads, points));
  }

  #columnHead(name, column) {
    const head = element("th", { scope: "col", role: "columnheader" });
    const isShared = name !== null;
    const number = this.t("levelColumn", { column: column + 1 });
    if (!this.options.isEditable || !isShared) head.append(name || element("span.muted", {}, number));
    else head.append(this.#columnField(name, column));
    if (this.options.isEditable) head.append(this.#columnMenu(column));
    return head;
  }

  #columnMenu(column, what) {
    const label = this.t("levelActions", { column: column + 1 });
    return this.fields.menuButton(label, (button) => this.menus.ofLevel(button, label, column), what);
  }

  #columnField(name, column) {
    const label = this.t("columnName", { column: column + 1 });
    const set = (text) => edit.renameColumn(this.#rubric, column, text);
    const field = this.fields.text(name, { at: `h${column}`, label, set, empty: this.t("levelColumn", { column: column + 1 }) });
    field.addEventListener("blur", () => {
      for (const shown of this.table.querySelectorAll(`[data-column="${column}"]`)) shown.textContent = field.innerText.trim();
    });
    return field;
  }

  #rows(criterion, row) {
    const section = edit.beginsSection(this.#rubric, row) && this.#section(criterion, row);
    return [section, this.#row(criterion, row)].filter(Boolean);
  }

  #section(criterion, row) {
    const set = (text) => edit.renameSection(this.#rubric, row, text);
    const name = this.fields.text(criterion.section, { at: `s${row}`, label: this.t("sectionName"), set });
    const attributes = { colspan: this.#columns.length + 2, scope: "colgroup", role: "columnheader" };
    return element("tr.section", { role: "row" }, element("th", attributes, name));
  }

  #row(criterion, row) {
    const cells = this.#columns.map((_, column) => this.#cell(criterion, row, column));
    const was = this.#was?.[row];
    const isNew = (!this.options.isEditable && !this.#was && row >= this.#rowsShown) || was === null;
    const points = element("td.points", { role: this.#cellRole }, this.#points(criterion, row));
    return element(isNew ? "tr.new" : "tr", { role: "row", "data-row": row }, this.#criterionCell(criterion, row), cells, points);
  }

  #goneRow(criterion) {
    const told = [criterion.name, ...criterion.levels.map((level) => level.description)].filter(Boolean).join(" · ");
    return element("tr.gone", { role: "row" }, element("th", { role: "rowheader", scope: "row", colspan: this.#columns.length + 2 }, element("del", {}, told)));
  }

  get #cellRole() {
    return this.options.isEditable ? "gridcell" : "cell";
  }

  /** What stood there before, as `text` takes it: undefined where no changes are marked or the criterion is new. */
  #before(row, get) {
    const was = this.#was?.[row];
    return was ? (get(was) ?? "") : undefined;
  }

  #criterionCell(criterion, row) {
    const { isEditable } = this.options;
    const named = edit.nameOf(criterion, row, this.t);
    const name = this.fields.text(criterion.name, {
      at: `c${row}.name`,
      empty: this.t("criterionNumber", { row: row + 1 }),
      label: this.t("criterionName", { row: row + 1 }),
      set: (text) => (criterion.name = text),
      what: "div.name",
      was: this.#before(row, (was) => was.name),
    });
    const head = element("th", { scope: "row", role: "rowheader" }, name);
    if (criterion.description || isEditable || this.#before(row, (was) => was.description)) {
      const label = this.t("criterionText", { name: named });
      const set = (text) => (criterion.description = text || null);
      const was = this.#before(row, (old) => old.description);
      head.append(...this.fields.longText(criterion.description ?? "", { at: `c${row}.text`, label, set, was }));
    }
    const actions = this.t("criterionActions", { name: named });
    const menu = isEditable && this.fields.menuButton(actions, (button) => this.menus.ofCriterion(button, actions, row));
    head.append(element("div.foot", {}, this.#source(criterion, named), menu));
    head.classList.toggle("doubt", isDoubtful(criterion));
    return head;
  }

  #points(criterion, row) {
    const { number } = this.options.texts;
    const shown = (points) => (points === null ? "" : number(points));
    const weight = criterion.weight !== null && criterion.weight !== criterion.points ? element("span.muted", {}, ` ${number(criterion.weight)} %`) : null;
    const at = `c${row}.points`;
    if (!this.options.isEditable) return [this.fields.shownNumber(shown(criterion.points), this.#before(row, (was) => shown(was.points)), at), weight];
    return [this.fields.number(shown(criterion.points), { at, label: this.t("criterionPoints", { name: edit.nameOf(criterion, row, this.t) }), read: reader(criterion) }), weight];
  }

  #cell(criterion, row, column) {
    const level = criterion.levels[column];
    const cell = element("td.level", { role: this.#cellRole });
    if (!level) {
      cell.classList.add("none");
      cell.append(element("span.muted", {}, this.t("nothing")));
      return cell;
    }
    const title = level.name ?? this.t("levelColumn", { column: column + 1 });
    const labels = { level: title, name: edit.nameOf(criterion, row, this.t), column: column + 1 };
    const text = this.fields.longText(level.description ?? "", {
      at: `c${row}.l${column}.text`,
      label: this.t("levelText", labels),
      set: (given) => (level.description = given || null),
      was: this.#before(row, (was) => was.levels[column]?.description),
    });
    const menu = this.options.isEditable && this.#columnMenu(column, "button.icon.dots.narrow");
    const foot = element("div.foot", {}, this.#source(level, `${labels.name}: ${title}`), menu);
    cell.append(this.#levelHead(level, labels, row, column), ...text, foot);
    cell.classList.toggle("doubt", isDoubtful(level));
    return cell;
  }

  #levelHead(level, labels, row, column) {
    const { number } = this.options.texts;
    const shared = this.#columns[column];
    const points = edit.pointsText(level, number);
    const set = (given) => (level.name = given || null);
    const name =
      shared !== null
        ? element("span.stacked", { "data-column": column, "aria-hidden": "true" }, shared)
        : this.fields.text(level.name ?? "", { at: `c${row}.l${column}.name`, label: this.t("levelName", labels), set, what: "span.level-name" });
    const at = `c${row}.l${column}.points`;
    if (!this.options.isEditable) {
      const was = this.#before(row, (old) => old.levels[column] && edit.pointsText(old.levels[column], number));
      const worth = (points || was) && element("span.worth", {}, this.fields.shownNumber(points, was, at), ` ${this.t("pts")}`);
      return element("div.level-head", {}, name, worth);
    }
    const worth = this.fields.number(points, { at, label: this.t("levelPoints", labels), read: (given) => edit.setLevelPoints(level, given) });
    return element("div.level-head", {}, name, element("span.worth", {}, worth, element("span.unit", {}, this.t("pts"))));
  }

  #source(part, name) {
    return this.options.onSource && placeButton(part, name, this.t, this.options.onSource);
  }

  #adjustments() {
    const { adjustments } = this.#rubric;
    if (!adjustments.length) return [];
    const width = this.#columns.length + 2;
    const heading = element("tr.section", { role: "row" }, element("th", { colspan: width, scope: "colgroup", role: "columnheader" }, this.t("penalties")));
    return [element("tbody.adjustments", { role: "rowgroup" }, heading, adjustments.map((adjustment, index) => this.#adjustment(adjustment, index, width - 1)))];
  }

  #adjustment(adjustment, index, width) {
    const { number } = this.options.texts;
    const kind = this.t(adjustment.kind);
    const labels = { kind, number: index + 1 };
    const set = (text) => (adjustment.reason = text);
    const reason = this.fields.text(adjustment.reason, { at: `a${index}.reason`, label: this.t("adjustmentReason", labels), set, what: "div.reason" });
    const actions = this.t("adjustmentActions", labels);
    const menu = this.options.isEditable && this.fields.menuButton(actions, (button) => this.menus.ofAdjustment(button, actions, index));
    const sign = adjustment.kind === "penalty" ? "−" : "+";
    const shown = adjustment.points === null ? "" : number(Math.abs(adjustment.points));
    const at = `a${index}.points`;
    const points = this.options.isEditable
      ? this.fields.number(shown, { at, label: this.t("adjustmentPoints", labels), read: reader(adjustment) })
      : this.fields.shownNumber(shown, undefined, at);
    return element(
      "tr.adjustment",
      { role: "row" },
      element("th", { scope: "row", role: "rowheader", colspan: width }, element("span.kind", {}, kind), reason, menu && element("div.foot", {}, menu)),
      element("td.points", { role: this.#cellRole }, element("span.sign", { "aria-hidden": "true" }, sign), points),
    );
  }

  #openMenu(at, field) {
    const [, row, column] = at.match(/^c(\d+)(?:\.l(\d+))?/) ?? [];
    const adjustment = at.match(/^a(\d+)/)?.[1];
    const head = at.match(/^h(\d+)/)?.[1] ?? column;
    const part = column === undefined ? this.#rubric.criteria[row] : this.#rubric.criteria[row]?.levels[column];
    const where = part && this.options.onSource && placeButton(part, field.getAttribute("aria-label"), this.t, (...told) => this.options.onSource(...told.slice(0, 2), field));
    const label = field.getAttribute("aria-label");
    if (head !== undefined) this.menus.ofLevel(field, label, Number(head), where);
    else if (row !== undefined) this.menus.ofCriterion(field, label, Number(row), where);
    else if (adjustment !== undefined) this.menus.ofAdjustment(field, label, Number(adjustment));
  }
}

const isDoubtful = (part) => part.grounded === false || part.doubts?.length > 0;

/** Takes typed points into a criterion or an adjustment; false for what is no number. */
function reader(part) {
  return (given) => {
    const points = edit.pointsOf(given);
    if (points !== undefined) part.points = points;
    return points !== undefined;
  };
}
