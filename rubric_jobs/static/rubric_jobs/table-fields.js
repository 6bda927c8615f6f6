/**
 * The fields of a rubric's table: texts and numbers that are edited where they stand, or only shown.
 *
 * `data-at` says which part of the rubric a field holds: `c2.name`, `c2.text`, `c2.points`, `c2.l0.name`, `c2.l0.text`,
 * `c2.l0.points`, `h0` (a level's name in the heading), `s2` (the section that begins at criterion 2), `a0.reason`, `a0.points`.
 */

import { drawing, element } from "./dom.js";
import { LINES, linesOf } from "./table-layout.js";
import { marked } from "./text-changes.js";

const LONG_WORD = /\S{24}/;

export class Fields {
  /** `options`: `{texts, isEditable, onEdit(), onFault(sentence)}`. */
  constructor(options) {
    this.options = options;
    this.t = options.texts.t;
  }

  /** About how many characters a line of a level's text holds, so that no text is folded that would fit. */
  perLine = 38;

  /** `was`: the text before, where changes are to be marked; undefined elsewhere. */
  text(value, { at, label, set, what = "span", was, empty }) {
    if (!this.options.isEditable) return element(what, { dir: "auto", "data-at": at }, was === undefined ? value : marked(was, value));
    const field = element(`${what}.editable`, {
      contenteditable: "plaintext-only",
      role: "textbox",
      "aria-multiline": "true",
      "aria-label": label,
      "data-at": at,
      "data-empty": empty,
      dir: "auto",
      tabindex: -1,
      oninput: () => {
        set(field.innerText.replace(/\n$/, ""));
        field.closest(".doubt")?.classList.remove("doubt");
        this.options.onEdit();
      },
    });
    field.textContent = value;
    field.classList.toggle("whole", !LONG_WORD.test(value));
    return field;
  }

  /** A text that is folded where it is long, with a button that shows the rest. */
  longText(value, options) {
    const field = this.text(value, { ...options, what: "div.text" });
    if (linesOf(value, this.perLine) <= LINES) return [field];
    field.classList.add("folded");
    const toggle = element("button.more", { type: "button", tabindex: this.options.isEditable ? -1 : 0, "aria-expanded": "false" }, this.t("showAll"));
    toggle.addEventListener("click", () => {
      const isFolded = field.classList.toggle("folded");
      toggle.setAttribute("aria-expanded", String(!isFolded));
      toggle.textContent = this.t(isFolded ? "showAll" : "showLess");
    });
    return [field, toggle];
  }

  /** `read(text)` takes what was typed, or says false. */
  number(value, { at, label, read }) {
    const field = element("input.number", {
      value,
      inputmode: "decimal",
      autocomplete: "off",
      placeholder: this.t("nothing"),
      size: Math.max(3, value.length),
      "aria-label": label,
      "data-at": at,
      tabindex: -1,
      oninput: () => {
        const isRead = read(field.value);
        if (isRead) field.removeAttribute("aria-invalid");
        else field.setAttribute("aria-invalid", "true");
        this.options.onFault(isRead ? "" : this.t("notPoints", { text: field.value }));
        if (isRead) this.options.onEdit();
      },
    });
    return field;
  }

  shownNumber(text, was, at) {
    return element("span.number", { "data-at": at }, was === undefined || was === text ? text || this.t("nothing") : marked(was, text));
  }

  menuButton(label, onclick, what = "button.icon.dots") {
    const button = element(what, { type: "button", tabindex: -1, "aria-label": label, title: label, "aria-haspopup": "menu", onclick: () => onclick(button) }, drawing(DOTS));
    return button;
  }
}

const DOTS = "M5 12h.01M12 12h.01M19 12h.01";
