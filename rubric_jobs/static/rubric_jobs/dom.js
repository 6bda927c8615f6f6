/** Elements by hand. Text goes in as text alone; nothing here parses HTML. */

/** What a page around the element can style with `::part`: a few pieces that will stay. */
const PARTS = {
  button: "button",
  primary: "primary",
  form: "form",
  progress: "progress",
  failed: "failure",
  rubric: "table",
  total: "total",
  take: "take-along",
  enhance: "enhance",
  document: "document",
  list: "list",
};

/** `element("button.primary", {type: "button", onclick: …}, "Save")`; `false` and `null` leave out. */
export function element(what, attributes = {}, ...children) {
  const [name, ...classes] = what.split(".");
  const made = document.createElement(name);
  const part = PARTS[classes[0]] ?? PARTS[name];
  if (part) made.part.add(part);
  if (classes.length) made.className = classes.join(" ");
  for (const [key, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (key.startsWith("on")) made.addEventListener(key.slice(2), value);
    else if (key === "value" || key === "checked") made[key] = value;
    else made.setAttribute(key, value === true ? "" : value);
  }
  made.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false && child !== ""));
  return made;
}

const SVG = "http://www.w3.org/2000/svg";

/** A line drawing of 24 × 24, which says nothing to a screen reader. */
export function drawing(path) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  const line = document.createElementNS(SVG, "path");
  line.setAttribute("d", path);
  svg.append(line);
  return svg;
}

let made = 0;

export const newId = (stem) => `${stem}-${(made += 1)}`;
