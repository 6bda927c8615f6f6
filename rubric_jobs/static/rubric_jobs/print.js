/** On paper: the rubric's title as the document's, landscape where the table is wide. */

import { widthOf } from "./rubric-edit.js";

const WIDE_COLUMNS = 4;

/** While `signal` lasts. `context`: `{rubric()}`. */
export function preparePrint({ rubric }, signal) {
  // Rules for pages count in a document's own sheets alone, not in those of a shadow root.
  const page = new CSSStyleSheet();
  let title = null;
  const begin = () => {
    page.replaceSync(`@page { size: ${widthOf(rubric()) >= WIDE_COLUMNS ? "landscape" : "portrait"}; margin: 14mm; }`);
    document.adoptedStyleSheets.push(page);
    title ??= document.title;
    document.title = rubric().title || title;
  };
  const end = () => {
    document.adoptedStyleSheets = document.adoptedStyleSheets.filter((sheet) => sheet !== page);
    if (title !== null) document.title = title;
    title = null;
  };
  addEventListener("beforeprint", begin, { signal });
  addEventListener("afterprint", end, { signal });
  signal.addEventListener("abort", end);
}
