/** Buttons on the document that say what a table, column, row or line is, and open a menu to say otherwise. */

import { element } from "./dom.js";
import { Menu } from "./menu.js";
import * as plans from "./reading-plan.js";

const SHAPES = ["down", "across", "long"];

export class RoleHandles {
  /** `context`: `{texts, mending()}`. One of them for all of a document: its handles are one Tab stop. */
  constructor({ texts, mending }) {
    this.texts = texts;
    this.mending = mending;
    this.menu = new Menu();
  }

  /** The handles of `area` as one Tab stop, and the focus on the one that had it before they were drawn anew. */
  settle(area, focused = null) {
    const all = [...area.querySelectorAll("[data-handle]")];
    const stop = all.find(({ dataset }) => dataset.handle === (focused ?? this.current)) ?? all[0];
    for (const handle of all) handle.tabIndex = handle === stop ? 0 : -1;
    if (focused) stop?.focus({ preventScroll: true });
  }

  /** Arrow keys between handles; `area` is what holds them all. */
  listen(area) {
    area.addEventListener("focusin", ({ target }) => {
      if (!target.dataset?.handle) return;
      for (const other of area.querySelectorAll('[data-handle][tabindex="0"]')) other.tabIndex = -1;
      target.tabIndex = 0;
      this.current = target.dataset.handle;
    });
    area.addEventListener("keydown", (event) => this.#key(event, area));
  }

  ofTable(at, number) {
    const { plan, blocks } = this.mending();
    const place = plans.placeOf(plan, blocks, at);
    const told = this.texts.t(place ? `shape_${place.part.shape}` : "notPart");
    return this.#button(`${at}:table`, told, this.texts.t("tableHandle", { number, told }), place ? "handle" : "handle out", this.#tableMenu(at, place));
  }

  /** A column (`axis` is `columns`) or a row of a table that is read, counted from 0 in the block. */
  ofAxis(at, axis, index) {
    const { plan, blocks } = this.mending();
    const { part, index: number, offset } = plans.placeOf(plan, blocks, at, axis === "rows" ? index : null);
    const place = axis === "rows" ? offset + index : index;
    const key = axis === "rows" ? "rowHandle" : "columnHandle";
    return this.#ofRole({ handle: `${at}:${axis}:${index}`, part, number, axis, place, key, values: { number: index + 1 } });
  }

  ofLine(block) {
    const { plan, blocks } = this.mending();
    const found = plans.placeOf(plan, blocks, block.at);
    const values = { text: block.text.slice(0, 60) };
    const handle = `${block.at}:line`;
    if (found) return this.#ofRole({ handle, part: found.part, number: found.index, axis: "rows", place: found.offset, key: "lineHandle", values });
    const part = { shape: "lines", rows: plans.NOT_PART };
    const choose = (role) => role !== plans.NOT_PART && this.#mark(plans.withLine(plan, block.at, role));
    return this.#ofRole({ handle, part, axis: "rows", place: 0, key: "lineHandle", values, choose });
  }

  #ofRole({ handle, part, number, axis, place, key, values, choose }) {
    const { t } = this.texts;
    const { kind, current, roles } = plans.rolesOf(part, axis, place);
    const name = (role) => t(role === plans.NOT_PART ? "notPart" : `${kind}_${ROLE_NAMES[kind][role]}`);
    const label = t(key, { ...values, told: name(current) });
    const act = choose ?? ((role) => this.#mark(plans.withRole(this.mending().plan, number, axis, place, role)));
    const open = (button) => this.menu.open(button, label, roles.map((role) => ({ label: name(role), isChecked: role === current, act: () => act(role) })), { returnsFocus: true });
    return this.#button(handle, current === plans.NOT_PART ? "–" : name(current), label, current === plans.NOT_PART ? "handle out" : "handle", open);
  }

  #tableMenu(at, place) {
    const { t } = this.texts;
    const { plan, blocks } = this.mending();
    const read = (shape) => () => this.#mark(place ? plans.withShape(plan, place.index, shape, blocks) : plans.withShape(...newTable(plan, at, shape, blocks)));
    const shapes = SHAPES.map((shape) => ({ label: t(`shape_${shape}`), isChecked: place?.part.shape === shape, act: read(shape) }));
    const out = { label: t("notPart"), isChecked: !place, act: () => place && this.#mark(plans.withoutPart(plan, place.index)) };
    return (button) => this.menu.open(button, button.getAttribute("aria-label"), [...shapes, out], { returnsFocus: true });
  }

  #button(handle, told, label, what, open) {
    const button = element("button", { type: "button", tabindex: -1, class: what, "data-handle": handle, "aria-haspopup": "menu", "aria-label": label, title: label, onclick: () => open(button) }, told);
    return button;
  }

  #mark(plan) {
    this.mending().mark(plan);
  }

  #key(event, area) {
    const all = [...area.querySelectorAll("[data-handle]")].filter((handle) => handle.getClientRects().length);
    const at = all.indexOf(event.target);
    if (at < 0) return;
    const isColumn = (handle) => handle.dataset.handle.includes(":columns:");
    const below = isColumn(all[at]) && event.key === "ArrowDown" ? all.findIndex((handle, place) => place > at && !isColumn(handle)) : -1;
    const steps = { ArrowRight: at + 1, ArrowDown: below < 0 ? at + 1 : below, ArrowLeft: at - 1, ArrowUp: at - 1, Home: 0, End: all.length - 1 };
    if (!(event.key in steps)) return;
    event.preventDefault();
    all[Math.max(0, Math.min(all.length - 1, steps[event.key]))].focus();
  }
}

function newTable(plan, at, shape, blocks) {
  const added = plans.withTable(plan, at, blocks);
  return [added, plans.placeOf(added, blocks, at).index, shape, blocks];
}

/** The ends of the keys of their texts. */
const ROLE_NAMES = {
  field: { c: "criterion", l: "level", p: "points", w: "weight", d: "description", v: "levelPoints", m: "levels", s: "section", n: "number", e: "notes", k: "levelName", x: "levelText" },
  record: { h: "heading", c: "criterion", "+": "continuation", s: "section", t: "total", a: "adjustment", u: "pointsAbove", b: "pointsBelow", k: "title", l: "level", g: "group", "=": "parallel" },
  line: { k: "title", s: "section", c: "criterion", l: "level", d: "description", n: "numbered", "+": "continuation", p: "points", t: "total", a: "adjustment" },
};
