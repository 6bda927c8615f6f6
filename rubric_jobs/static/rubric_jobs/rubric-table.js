/** A rubric as a table of criteria and levels; every text and number in it can be changed where it stands. */

import { drawing, element } from "./dom.js";
import * as edit from "./rubric-edit.js";
import { hasPlace, placeText } from "./sources.js";

const UP = "M12 19V6M6 11l6-6 6 6";
const DOWN = "M12 5v13M6 13l6 6 6-6";
const CROSS = "M6 6l12 12M18 6L6 18";

export class RubricTable {
  #rubric;
  #columns = [];
  #rowsShown = 0;

  /** `options`: `{texts, isEditable, label, onEdit(), onChange(mutate), onSource(part, name, button), onFault(sentence)}`. */
  constructor(options) {
    this.options = options;
    this.t = options.texts.t;
    this.table = element("table.rubric", { role: "table" });
    // A wide table scrolls inside of its own box, which the keyboard must be able to reach.
    this.scroller = element("div.scroller", { tabindex: 0, role: "region", "aria-label": this.t("criterion") }, this.table);
    this.title = element("div.title");
    this.extras = element("div.extras");
    this.node = element("div.sheet", {}, this.title, this.scroller, this.extras);
  }

  show(rubric) {
    this.#rubric = rubric;
    this.#columns = edit.columns(rubric);
    this.#showTitle();
    this.scroller.setAttribute("aria-label", [this.options.label, rubric.title || this.t("untitled")].filter(Boolean).join(": "));
    const rows = rubric.criteria.flatMap((criterion, row) => this.#rows(criterion, row));
    this.table.replaceChildren(this.#head(), element("tbody", { role: "rowgroup" }, rows));
    this.table.classList.toggle("listed", !this.#columns.length);
    this.#rowsShown = rubric.criteria.length;
    this.extras.replaceChildren(...this.#adjustments());
  }

  /** Puts the cursor into a criterion's name, or into the text of one of its levels. */
  focusCell(row, column) {
    const shown = this.table.querySelector(`[data-row="${row}"]`);
    const cell = column === null ? shown : shown?.querySelectorAll("td.level")[column];
    (cell?.querySelector(".editable.text") ?? cell?.querySelector(".editable") ?? this.scroller).focus();
  }

  #showTitle() {
    const { isEditable } = this.options;
    const title = this.#rubric.title ?? "";
    if (!isEditable) return this.title.replaceChildren(element("h3", { dir: "auto" }, title || this.t("untitled")));
    const field = this.#text(title, this.t("title"), (text) => (this.#rubric.title = text || null));
    field.dataset.empty = this.t("untitled");
    return this.title.replaceChildren(element("h3", {}, field));
  }

  #head() {
    const heads = this.#columns.map((name, column) => this.#columnHead(name, column));
    const corner = element("th", { scope: "col", role: "columnheader" }, this.t("criterion"));
    const points = element("th.points", { scope: "col", role: "columnheader" }, this.t("points"));
    return element("thead", { role: "rowgroup" }, element("tr", { role: "row" }, corner, heads, points));
  }

  #columnHead(name, column) {
    const label = this.t("columnName", { column: column + 1 });
    const head = element("th", { scope: "col", role: "columnheader" });
    const isShared = name !== null;
    if (!this.options.isEditable || !isShared) head.append(isShared ? name : element("span.muted", {}, this.t("levelColumn", { column: column + 1 })));
    else head.append(this.#columnField(name, label, column));
    if (this.options.isEditable) {
      const remove = this.#button(CROSS, this.t("removeColumn", { column: column + 1 }), () =>
        this.options.onChange((rubric) => edit.removeColumn(rubric, column), this.t("levelColumn", { column: column + 1 })),
      );
      head.append(element("span.tools", {}, remove));
    }
    return head;
  }

  #columnField(name, label, column) {
    const field = this.#text(name, label, (text) => edit.renameColumn(this.#rubric, column, text));
    field.addEventListener("blur", () => {
      for (const shown of this.table.querySelectorAll(`[data-column="${column}"]`)) shown.textContent = field.innerText.trim();
    });
    return field;
  }

  #rows(criterion, row) {
    const before = this.#rubric.criteria[row - 1]?.section ?? null;
    const isNewSection = criterion.section && criterion.section !== before;
    const width = this.#columns.length + 2;
    const heading = element("th", { colspan: width, scope: "colgroup", role: "columnheader", dir: "auto" }, criterion.section ?? "");
    const section = isNewSection && element("tr.section", { role: "row" }, heading);
    return [section, this.#row(criterion, row)].filter(Boolean);
  }

  #row(criterion, row) {
    const cells = this.#columns.map((_, column) => this.#cell(criterion, column));
    const isNew = !this.options.isEditable && row >= this.#rowsShown;
    return element(
      isNew ? "tr.new" : "tr",
      { role: "row", "data-row": row },
      this.#criterionCell(criterion, row),
      cells,
      element("td.points", { role: "cell" }, this.#points(criterion)),
    );
  }

  #criterionCell(criterion, row) {
    const name = this.#text(criterion.name, this.t("criterionName", { row: row + 1 }), (text) => (criterion.name = text), "div.name");
    const head = element("th", { scope: "row", role: "rowheader" }, name);
    if (criterion.description || this.options.isEditable) {
      const label = this.t("criterionText", { name: criterion.name });
      head.append(this.#text(criterion.description ?? "", label, (text) => (criterion.description = text || null), "div.text"));
    }
    head.append(element("div.foot", {}, this.#source(criterion, criterion.name), this.options.isEditable && this.#rowTools(criterion, row)));
    return head;
  }

  #rowTools({ name }, row) {
    const { onChange } = this.options;
    const last = this.#rubric.criteria.length - 1;
    const move = (by) => onChange((rubric) => edit.moveCriterion(rubric, row, by), null, row + by);
    return element(
      "div.tools",
      {},
      row > 0 && this.#button(UP, this.t("moveUp", { name }), () => move(-1)),
      row < last && this.#button(DOWN, this.t("moveDown", { name }), () => move(1)),
      this.#button(CROSS, this.t("removeCriterion", { name }), () => onChange((rubric) => edit.removeCriterion(rubric, row), name)),
    );
  }

  #points(criterion) {
    const text = criterion.points === null ? "" : this.options.texts.number(criterion.points);
    const weight = criterion.weight !== null && criterion.weight !== criterion.points ? element("span.muted", {}, ` ${this.options.texts.number(criterion.weight)} %`) : null;
    if (!this.options.isEditable) return [element("span.number", {}, text || this.t("nothing")), weight];
    const read = (given) => {
      const points = edit.pointsOf(given);
      if (points === undefined) return false;
      criterion.points = points;
      return true;
    };
    return [this.#number(text, this.t("criterionPoints", { name: criterion.name }), read), weight];
  }

  #cell(criterion, column) {
    const level = criterion.levels[column];
    if (!level) return element("td.level.none", { role: "cell" }, element("span.muted", {}, this.t("nothing")));
    const shared = this.#columns[column];
    const title = level.name ?? this.t("levelColumn", { column: column + 1 });
    const labels = { level: title, name: criterion.name, column: column + 1 };
    const text = this.#text(level.description ?? "", this.t("levelText", labels), (given) => (level.description = given || null), "div.text");
    return element("td.level", { role: "cell" }, this.#levelHead(level, labels, column, shared), text, this.#source(level, `${criterion.name}: ${title}`));
  }

  #levelHead(level, labels, column, shared) {
    const points = edit.pointsText(level, this.options.texts.number);
    const name =
      shared !== null
        ? element("span.stacked", { "data-column": column, "aria-hidden": "true" }, shared)
        : this.#text(level.name ?? "", this.t("levelName", labels), (given) => (level.name = given || null), "span.level-name");
    if (!this.options.isEditable) {
      return element("div.level-head", {}, name, points && element("span.worth", {}, `${points} ${this.t("pts")}`));
    }
    const worth = this.#number(points, this.t("levelPoints", labels), (given) => edit.setLevelPoints(level, given));
    return element("div.level-head", {}, name, element("span.worth", {}, worth, element("span.unit", {}, this.t("pts"))));
  }

  #source(part, name) {
    if (!this.options.onSource || !hasPlace(part)) return [];
    const isDoubtful = part.grounded === false;
    const label = this.t("readWhere", { name });
    const place = placeText(part.source, this.t);
    const button = element(
      isDoubtful ? "button.place.doubtful" : "button.place",
      { type: "button", "aria-haspopup": "dialog", "aria-label": `${place}: ${label}`, onclick: () => this.options.onSource(part, name, button) },
      place,
    );
    return [button];
  }

  #text(value, label, set, what = "span") {
    if (!this.options.isEditable) return element(what, { dir: "auto" }, value);
    const field = element(`${what}.editable`, {
      contenteditable: "plaintext-only",
      role: "textbox",
      "aria-multiline": "true",
      "aria-label": label,
      dir: "auto",
      oninput: () => {
        set(field.innerText.replace(/\n$/, ""));
        this.options.onEdit();
      },
    });
    field.textContent = value;
    return field;
  }

  #number(value, label, read) {
    const field = element("input.number", {
      value,
      inputmode: "decimal",
      autocomplete: "off",
      placeholder: this.t("nothing"),
      size: Math.max(3, value.length),
      "aria-label": label,
      oninput: () => {
        const isRead = read(field.value);
        field.toggleAttribute("aria-invalid", !isRead);
        if (!isRead) field.setAttribute("aria-invalid", "true");
        this.options.onFault(isRead ? "" : this.t("notPoints", { text: field.value }));
        if (isRead) this.options.onEdit();
      },
    });
    return field;
  }

  #button(path, label, onclick) {
    return element("button.icon", { type: "button", "aria-label": label, title: label, onclick }, drawing(path));
  }

  #adjustments() {
    const { number } = this.options.texts;
    if (!this.#rubric.adjustments.length) return [];
    const items = this.#rubric.adjustments.map(({ kind, reason, points }) => {
      const sign = kind === "penalty" ? "−" : "+";
      return element("li", { dir: "auto" }, points === null ? reason : `${sign}${number(points)} ${this.t("pts")} · ${reason}`);
    });
    return [element("h4", {}, this.t("penalties")), element("ul", {}, items)];
  }
}
