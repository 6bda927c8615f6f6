/** The page around the element: its address says what is open, so that reload, back and bookmarks work. */

import "./rubric-extractor.js";
import { watchSignOut } from "./sign-out.js";

const extractor = document.querySelector("rubric-extractor");
const links = document.querySelectorAll("nav a");

function follow() {
  const [name, value] = location.hash.slice(1).split("=");
  if (name === "jobs") extractor.openJobs();
  else if (name === "rubrics") extractor.openRubrics();
  else if (name === "job" && value) extractor.openJob(value);
  else extractor.startOver();
  mark();
}

function mark() {
  for (const link of links) {
    if (link.hash === (location.hash.startsWith("#job=") ? "" : location.hash || "#new")) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
}

extractor.addEventListener("rubric-job", ({ detail: { jobId } }) => {
  const hash = jobId ? `#job=${jobId}` : "#new";
  if ((location.hash || "#new") !== hash) history.pushState(null, "", hash);
  mark();
});
watchSignOut(document.querySelector("form.account"), extractor);
window.addEventListener("popstate", follow);
follow();
