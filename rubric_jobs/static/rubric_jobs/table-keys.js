/**
 * The keys of a spreadsheet over the fields of a table, which is one Tab stop.
 *
 * A field that is reached by a key is *selected*: arrows move on, typing replaces its text, Enter or F2 puts the cursor into
 * it, Alt+Down opens its menu, and Tab leaves the table. A field that is clicked or typed in is *edited*: Enter goes to the
 * field below, Tab to the next one (as often as it is pressed), Escape back to selected; so no key is a trap.
 */

import { blockOf } from "./paste.js";

const FIELDS = ".editable, input";
/** Parts of a cell that stand on one line. */
const LINE = ".level-head, .adjustment > td";

export class TableKeys {
  #mode = "selected";
  #byPointer = false;
  #current = null;

  /** `options`: `{onSelect(at), onPaste(at, block), openMenu(at, field)}`. */
  constructor(table, options) {
    this.table = table;
    this.options = options;
    table.addEventListener("pointerdown", () => (this.#byPointer = true));
    addEventListener("pointerup", () => (this.#byPointer = false));
    table.addEventListener("focusin", ({ target }) => this.#entered(target));
    table.addEventListener("focusout", () => (this.#mode = "selected"));
    table.addEventListener("beforeinput", () => (this.#mode = "edited"));
    table.addEventListener("keydown", (event) => this.#key(event));
    table.addEventListener("paste", (event) => this.#pasted(event));
  }

  /** After the table was drawn anew: one field takes the Tab key, the same one as before where it is still there. */
  settle() {
    const stop = this.table.querySelector(`[data-at="${this.#current}"]`) ?? this.table.querySelector('[data-at="c0.name"]');
    for (const field of this.table.querySelectorAll("[tabindex]")) field.tabIndex = field === stop ? 0 : -1;
  }

  #fields(within = this.table) {
    return [...within.querySelectorAll(FIELDS)].filter((field) => field.getClientRects().length);
  }

  #entered(field) {
    if (!field.matches(FIELDS)) return;
    const before = this.table.querySelector('[tabindex="0"]');
    if (before && before !== field) before.tabIndex = -1;
    field.tabIndex = 0;
    this.#current = field.dataset.at;
    this.options.onSelect?.(this.#current);
    if (this.#byPointer) this.#mode = "edited";
    else select(field);
  }

  #key(event) {
    const field = event.target;
    if (event.isComposing || !field.matches(FIELDS)) return;
    const { key, altKey, ctrlKey, metaKey, shiftKey } = event;
    const isHandled = () => {
      if (altKey) return key === "ArrowDown" && (this.options.openMenu(field.dataset.at, field), true);
      if (ctrlKey || metaKey) return false;
      return this.#mode === "edited" || this.#mode === "passing" ? this.#editing(field, key, shiftKey) : this.#selecting(field, key, shiftKey);
    };
    if (isHandled()) event.preventDefault();
  }

  #editing(field, key, isBack) {
    if (key === "Tab") return this.#pass(field, isBack ? -1 : 1);
    if (key === "Escape") {
      this.#mode = "selected";
      select(field);
      return true;
    }
    if (this.#mode === "passing") return this.#selecting(field, key, isBack);
    if (key === "Enter" && !isBack) {
      this.#mode = "selected";
      if (!this.#below(field)) select(field);
      return true;
    }
    return field.matches("input") && /^Arrow(Up|Down)$/.test(key) && this.#move(field, key);
  }

  #selecting(field, key, isShifted) {
    if ((key === "Enter" || key === "F2") && !isShifted) {
      this.#mode = "edited";
      atEnd(field);
      return true;
    }
    if (isShifted) return false;
    return (key.startsWith("Arrow") || key === "Home" || key === "End") && this.#move(field, key);
  }

  /** To the next field in reading order; past the last one Tab leaves the table. */
  #pass(field, by) {
    const all = this.#fields();
    const next = all[all.indexOf(field) + by];
    if (next) go(next);
    this.#mode = next ? "passing" : "selected";
    return Boolean(next);
  }

  /** The same part of the criterion below. */
  #below(field) {
    const [, row, part] = field.dataset.at.match(/^[ca](\d+)(.+)/) ?? [];
    const next = row && this.table.querySelector(`[data-at="${field.dataset.at[0]}${Number(row) + 1}${part}"]`);
    return next ? go(next) : this.#move(field, "ArrowDown");
  }

  #move(field, key) {
    const cell = field.closest("th, td");
    const row = cell.parentElement;
    if (key === "Home" || key === "End") return go(this.#fields(row).at(key === "Home" ? 0 : -1));
    const isMirrored = getComputedStyle(this.table).direction === "rtl";
    const isForward = key === "ArrowDown" || (key === "ArrowRight") !== isMirrored;
    const isAlongRow = key === "ArrowLeft" || key === "ArrowRight";
    if (isAlongRow) return go(this.#onLine(field, isForward ? 1 : -1) ?? this.#beside(field, cell, isForward ? 1 : -1));
    const by = key === "ArrowDown" ? 1 : -1;
    return go(this.#inCell(field, cell, by) ?? this.#inRowBeyond(field, row, by));
  }

  #onLine(field, by) {
    const line = field.closest(LINE);
    const fields = line ? this.#fields(line) : [];
    return fields[fields.indexOf(field) + by];
  }

  #beside(field, cell, by) {
    const kind = kindOf(field);
    let next = by > 0 ? cell.nextElementSibling : cell.previousElementSibling;
    while (next && !this.#fields(next).length) next = by > 0 ? next.nextElementSibling : next.previousElementSibling;
    const fields = next ? this.#fields(next) : [];
    return fields.find((one) => kindOf(one) === kind) ?? fields.find((one) => kindOf(one) === "text") ?? fields[0];
  }

  #inCell(field, cell, by) {
    const fields = this.#fields(cell);
    const line = field.closest(LINE);
    const others = by > 0 ? fields.slice(fields.indexOf(field) + 1) : fields.slice(0, fields.indexOf(field)).reverse();
    return others.find((one) => !line || one.closest(LINE) !== line);
  }

  #inRowBeyond(field, row, by) {
    const rows = [...this.table.querySelectorAll("tr")].filter((one) => this.#fields(one).length);
    const beyond = rows[rows.indexOf(row) + by];
    if (!beyond) return null;
    const box = field.closest("th, td").getBoundingClientRect();
    const middle = box.left + box.width / 2;
    const holds = ({ left, right }) => left <= middle && middle <= right;
    const cell = [...beyond.children].find((one) => holds(one.getBoundingClientRect()) && this.#fields(one).length);
    return this.#fields(cell ?? beyond).at(by > 0 ? 0 : -1);
  }

  #pasted(event) {
    const field = event.target.closest?.(FIELDS);
    const block = field && /^[chs]/.test(field.dataset.at) && blockOf(event.clipboardData);
    if (!block) return;
    event.preventDefault();
    this.options.onPaste(field.dataset.at, block);
  }
}

const kindOf = ({ dataset }) => dataset.at.split(".").at(-1);

function go(field) {
  field?.focus();
  return Boolean(field);
}

function select(field) {
  if (field.matches("input")) return field.select();
  return field.ownerDocument.getSelection().selectAllChildren(field);
}

function atEnd(field) {
  if (field.matches("input")) field.setSelectionRange(field.value.length, field.value.length);
  else {
    select(field);
    field.ownerDocument.getSelection().collapseToEnd();
  }
}
