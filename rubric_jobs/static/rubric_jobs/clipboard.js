/** A rubric for the clipboard: a table that word processors and mail take, and plain text without any marks. */

import * as edit from "./rubric-edit.js";

/** HTML with nothing but a table in it; its few borders are attributes, which every program keeps. */
export function richText(rubric, { t, number }) {
  const page = document.implementation.createHTMLDocument("");
  const make = (name, ...children) => {
    const made = page.createElement(name);
    made.append(...children.filter((child) => child !== "" && child !== null));
    return made;
  };
  const lines = (text) => (text ?? "").split("\n").flatMap((line, at) => (at ? [make("br"), line] : [line]));
  const columns = edit.columns(rubric);
  const row = (tag, cells) => make("tr", ...cells.map((cell) => make(tag, ...cell)));
  const head = row("th", [[t("criterion")], ...columns.map((name, column) => [name || t("levelColumn", { column: column + 1 })]), [t("points")]]);
  const table = make("table", head);
  rubric.criteria.forEach((criterion, at) => {
    if (edit.beginsSection(rubric, at)) {
      const cell = make("th", criterion.section);
      cell.colSpan = columns.length + 2;
      table.append(make("tr", cell));
    }
    const levels = columns.map((shared, column) => levelCell(criterion.levels[column], shared, { t, number, make, lines }));
    const name = [make("b", criterion.name), ...(criterion.description ? [make("br"), ...lines(criterion.description)] : [])];
    table.append(row("td", [name, ...levels, [criterion.points === null ? "" : number(criterion.points)]]));
  });
  table.setAttribute("border", "1");
  page.body.append(rubric.title ? make("h3", rubric.title) : "", table, ...ending(rubric, { t, number }).map((line) => make("p", line)));
  return page.body.innerHTML;
}

function levelCell(level, shared, { t, number, make, lines }) {
  if (!level) return [];
  const points = edit.pointsText(level, number);
  const heading = [shared === null && level.name, points && `${points} ${t("pts")}`].filter(Boolean).join(" · ");
  const text = lines(level.description);
  return heading ? [make("i", heading), ...(level.description ? [make("br"), ...text] : [])] : text;
}

/** The same in words: a criterion a paragraph, a level a line. */
export function plainText(rubric, { t, number }) {
  const worth = (points) => (points === null || points === "" ? "" : ` (${typeof points === "number" ? number(points) : points} ${t("pts")})`);
  const blocks = rubric.criteria.flatMap((criterion, at) => {
    const levels = criterion.levels.map((level) => {
      const name = `${level.name ?? ""}${worth(edit.pointsText(level, number))}`.trim();
      return `  ${[name, level.description].filter(Boolean).join(": ")}`.trimEnd();
    });
    const told = [`${criterion.name}${worth(criterion.points)}`, criterion.description, ...levels.filter(Boolean)].filter(Boolean).join("\n");
    return edit.beginsSection(rubric, at) ? [criterion.section, told] : [told];
  });
  return [rubric.title, ...blocks, ...ending(rubric, { t, number })].filter(Boolean).join("\n\n");
}

function ending(rubric, { t, number }) {
  const adjustments = rubric.adjustments.map(({ kind, reason, points }) => {
    const sign = kind === "penalty" ? "−" : "+";
    return points === null ? `${t(kind)}: ${reason}` : `${sign}${number(Math.abs(points))} ${t("pts")}: ${reason}`;
  });
  const total = rubric.total_points === null ? [] : [t("totalLine", { total: number(rubric.total_points) })];
  return [...adjustments, ...total];
}
