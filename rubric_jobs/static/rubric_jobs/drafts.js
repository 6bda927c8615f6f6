/**
 * Rubrics as this browser keeps them, one entry for each job.
 *
 * With an account they live in `localStorage` and outlive the tab and the job; without one in `sessionStorage`, so that an
 * element in a page that knows no accounts leaves nothing behind.
 *
 * An entry: `{jobId, title, changedAt, fileName, expiresAt, rubric, isEdited, facts, pasted, before: {jobId, rubric}, isChosen}`:
 * `pasted` is the text that the rubric was made from.
 */

const MARK = "rubric-jobs";

export class Drafts {
  #storage;
  #prefix;
  #keepKey;

  /** `account`: any word that names the signed-in account; null keeps drafts in this tab alone. */
  constructor(account) {
    this.isLasting = Boolean(account);
    this.#prefix = `${MARK}.draft.${account || "tab"}.`;
    this.#keepKey = `${MARK}.keep.${account || "tab"}`;
    this.#storage = attempt(() => (account ? localStorage : sessionStorage));
  }

  of(jobId) {
    return attempt(() => JSON.parse(this.#storage.getItem(this.#prefix + jobId)));
  }

  /** Adds to the entry of a job; false where the browser has no room for it. */
  keep(jobId, part) {
    const entry = { ...this.of(jobId), ...part, jobId };
    return attempt(() => (this.#storage.setItem(this.#prefix + jobId, JSON.stringify(entry)), true)) ?? false;
  }

  drop(jobId) {
    attempt(() => this.#storage.removeItem(this.#prefix + jobId));
  }

  /** All entries that hold a rubric, the one changed last first. */
  all() {
    const entries = this.#keys().map((key) => attempt(() => JSON.parse(this.#storage.getItem(key))));
    return entries.filter((entry) => entry?.rubric).sort((one, other) => other.changedAt - one.changedAt);
  }

  /** Whether they stay in this browser after signing out. */
  get stay() {
    return attempt(() => this.#storage.getItem(this.#keepKey)) === "yes";
  }

  set stay(isWanted) {
    attempt(() => (isWanted ? this.#storage.setItem(this.#keepKey, "yes") : this.#storage.removeItem(this.#keepKey)));
  }

  /** Called on signing out: nothing is left of this account, unless it was asked to stay. */
  forget() {
    if (this.stay) return;
    for (const key of this.#keys()) attempt(() => this.#storage.removeItem(key));
  }

  /** Calls `onChange(jobId, entry)` when another tab changes an entry. */
  watch(onChange, signal) {
    const heard = ({ key, newValue }) => {
      if (key?.startsWith(this.#prefix)) onChange(key.slice(this.#prefix.length), attempt(() => JSON.parse(newValue)));
    };
    addEventListener("storage", heard, { signal });
  }

  #keys() {
    return attempt(() => Object.keys(this.#storage).filter((key) => key.startsWith(this.#prefix))) ?? [];
  }
}

/** The value, or null where the browser forbids storage or has no room. */
function attempt(get) {
  try {
    return get();
  } catch {
    return null;
  }
}
