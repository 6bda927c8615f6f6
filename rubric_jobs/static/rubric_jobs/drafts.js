/** Edited rubrics, kept for as long as the tab lives: a reload loses nothing, a shared computer keeps nothing. */

const key = (jobId) => `rubric-jobs.draft.${jobId}`;

export function keepDraft(jobId, rubric) {
  try {
    sessionStorage.setItem(key(jobId), JSON.stringify(rubric));
  } catch {
    // No room, or storage is forbidden: the rubric still lives in the page.
  }
}

export function draftOf(jobId) {
  try {
    return JSON.parse(sessionStorage.getItem(key(jobId)));
  } catch {
    return null;
  }
}

export function dropDraft(jobId) {
  try {
    sessionStorage.removeItem(key(jobId));
  } catch {
    // See above.
  }
}
