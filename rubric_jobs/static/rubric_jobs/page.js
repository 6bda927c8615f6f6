/** The page around the element: its address says what is open, so that reload, back and bookmarks work. */

import "./rubric-extractor.js";

const extractor = document.querySelector("rubric-extractor");
const links = document.querySelectorAll("nav a");

function follow() {
  const [name, value] = location.hash.slice(1).split("=");
  if (name === "jobs") extractor.openJobs();
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
window.addEventListener("popstate", follow);
follow();
