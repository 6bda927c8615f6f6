/** A row of buttons as one Tab stop: arrows, Home and End move inside of it. */

import { element } from "./dom.js";

export function toolbar(what, label, ...buttons) {
  const bar = element(what, { role: "toolbar", "aria-label": label, onkeydown: (event) => move(bar, event) }, ...buttons);
  bar.addEventListener("focusin", ({ target }) => enter(bar, target));
  settle(bar);
  return bar;
}

/** After buttons were switched on or off: exactly one that can be pressed takes the Tab key. */
export function settle(bar) {
  const usable = buttonsOf(bar);
  const current = usable.find((button) => button.tabIndex === 0);
  for (const button of bar.querySelectorAll("button")) button.tabIndex = -1;
  const stop = current ?? usable[0];
  if (stop) stop.tabIndex = 0;
}

const buttonsOf = (bar) => [...bar.querySelectorAll("button")].filter((button) => !button.disabled);

function enter(bar, target) {
  for (const button of buttonsOf(bar)) button.tabIndex = button === target ? 0 : -1;
}

function move(bar, event) {
  const all = buttonsOf(bar);
  const at = all.indexOf(event.target);
  const isBackwards = getComputedStyle(bar).direction === "rtl";
  const steps = { ArrowRight: isBackwards ? -1 : 1, ArrowLeft: isBackwards ? 1 : -1, Home: -at, End: all.length - 1 - at };
  if (at < 0 || !(event.key in steps)) return;
  event.preventDefault();
  all[(at + steps[event.key] + all.length) % all.length].focus();
}
