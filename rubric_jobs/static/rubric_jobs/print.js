/** On paper: the rubric's title as the document's, landscape where the table is wide. */

import { widthOf } from "./rubric-edit.js";

const WIDE_COLUMNS = 4;
/** Pixels. Small print: a sheet of paper has as much room as a window. */
const PAPER = 1200;

/** While `signal` lasts. `context`: `{rubric(), fit(width)}`. */
export function preparePrint({ rubric, fit }, signal) {
  // Rules for pages count in a document's own sheets alone, not in those of a shadow root.
  const page = new CSSStyleSheet();
  let title = null;
  const begin = () => {
    page.replaceSync(`@page { size: ${widthOf(rubric()) >= WIDE_COLUMNS ? "landscape" : "portrait"}; margin: 14mm; }`);
    document.adoptedStyleSheets.push(page);
    title ??= document.title;
    document.title = rubric().title || title;
    fit(PAPER);
  };
  const end = () => {
    if (title === null) return;
    document.adoptedStyleSheets = document.adoptedStyleSheets.filter((sheet) => sheet !== page);
    document.title = title;
    title = null;
    fit();
  };
  addEventListener("beforeprint", begin, { signal });
  addEventListener("afterprint", end, { signal });
  signal.addEventListener("abort", end);
}
