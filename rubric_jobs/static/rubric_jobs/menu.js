/** A menu of actions beside a button: arrows move, Enter does, Escape closes and gives the focus back. */

import { element } from "./dom.js";

export class Menu {
  #opener = null;

  constructor() {
    this.node = element("div.menu", { popover: "auto", role: "menu", onkeydown: (event) => this.#key(event), ontoggle: (event) => this.#toggled(event) });
  }

  /**
   * `actions`: `[{label, act(), isChecked?}]`; falsy ones are left out. One of several that are told apart by `isChecked` is
   * chosen. `returnsFocus`: the focus goes back to the button before the action, else the action says where it goes.
   */
  open(button, label, actions, { returnsFocus = false } = {}) {
    this.node.setAttribute("aria-label", label);
    const items = actions.filter(Boolean).map(({ label: name, act, isChecked }) => {
      const choose = () => {
        if (!returnsFocus) this.#opener = null;
        else button.focus();
        this.node.hidePopover();
        act();
      };
      const kind = isChecked === undefined ? { role: "menuitem" } : { role: "menuitemradio", "aria-checked": String(isChecked) };
      return element("button", { type: "button", ...kind, tabindex: -1, onclick: choose }, name);
    });
    this.node.replaceChildren(...items);
    this.node.showPopover();
    this.#opener = button;
    placeBeside(this.node, button);
    (items.find((item) => item.getAttribute("aria-checked") === "true") ?? items[0])?.focus();
  }

  #key(event) {
    const items = [...this.node.children];
    const at = items.indexOf(event.target);
    const steps = { ArrowDown: 1, ArrowUp: -1, Home: -at, End: items.length - 1 - at };
    if (event.key === "Tab") this.node.hidePopover();
    if (event.key in steps) items[(at + steps[event.key] + items.length) % items.length].focus();
    if (event.key in steps || event.key === "Tab") event.preventDefault();
  }

  #toggled(event) {
    if (event.newState === "closed") this.#opener?.focus();
  }
}

/** Puts an open popover below a button, or above where there is no room, inside of the window. */
export function placeBeside(popover, button) {
  const at = button.getBoundingClientRect();
  const own = popover.getBoundingClientRect();
  const left = Math.max(8, Math.min(at.left, innerWidth - own.width - 8));
  const below = at.bottom + 6;
  const wished = below + own.height < innerHeight ? below : at.top - own.height - 6;
  const top = Math.max(8, Math.min(wished, innerHeight - own.height - 8));
  Object.assign(popover.style, { left: `${left}px`, top: `${top}px` });
}
