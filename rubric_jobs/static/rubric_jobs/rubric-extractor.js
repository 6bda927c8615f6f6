/**
 * `<rubric-extractor>`: a document or some text becomes a rubric, which can be watched, mended and taken along.
 *
 * Attributes: `api` (prefix of the API, `/api/`), `providers` (those that the service has a key for), `usual-provider` and
 * `fallback-providers` (whom it asks when nobody chooses), `account` (any word for who is signed in: drafts are kept in this
 * browser under it; without it in the tab alone), `max-file-mb`, `sign-in-url` (opened in a new tab when the
 * session has ended), `lang`, `job-id` (the job to open).
 * Property `client`: a RubricJobsClient of your own, for bearer tokens. Events: `rubric-job` (`{jobId}`: another job is
 * shown), `rubric-ready` (`{jobId, result}`: it is complete), `rubric-edited` (`{jobId, rubric}`).
 */

import { CompareView } from "./compare-view.js";
import { MODELS, serviceOf } from "./destinations.js";
import { element } from "./dom.js";
import { Drafts } from "./drafts.js";
import { FaultView } from "./fault-view.js";
import { FormView } from "./form-view.js";
import { JobsView } from "./jobs-view.js";
import { nextSteps } from "./next-steps.js";
import { rubricOf } from "./paste.js";
import { ProgressView } from "./progress-view.js";
import { ResultView, warningsOf } from "./result-view.js";
import { RubricsView } from "./rubrics-view.js";
import { keepSections } from "./rubric-changes.js";
import { complete, copy, emptyRubric } from "./rubric-edit.js";
import { RubricJobsClient, RubricJobsError } from "./rubric-jobs.js";
import { SessionDialog } from "./session-dialog.js";
import { rememberReading, withoutReading } from "./sources.js";
import { textsFor } from "./texts.js";

const KEEP_AFTER_MS = 300;
/** What the id of a rubric begins with that has no job. */
const OWN = "own-";

export class RubricExtractor extends HTMLElement {
  static observedAttributes = ["job-id"];

  #view = null;
  #form = null;
  #left = new AbortController();
  #jobId = null;
  #keeping = 0;
  #toKeep = null;
  #signingIn = null;

  connectedCallback() {
    if (!this.shadowRoot) this.#build();
    this.#left = new AbortController();
    addEventListener("pagehide", this);
    if (this.#jobId) this.openJob(this.#jobId);
    else if (!this.#view) this.startOver();
  }

  disconnectedCallback() {
    this.#left.abort();
    this.#keepNow();
    removeEventListener("pagehide", this);
    this.#view?.leave?.();
  }

  /** The tab is being left or hidden for good. */
  handleEvent() {
    this.#keepNow();
  }

  attributeChangedCallback(_name, before, jobId) {
    if (jobId === before || jobId === this.#jobId) return;
    if (!this.isConnected || !this.shadowRoot) this.#jobId = jobId;
    else if (jobId) this.openJob(jobId);
    else this.startOver();
  }

  get jobId() {
    return this.#jobId;
  }

  /** Back to the form, as it was left. A job that runs goes on without being watched. */
  startOver() {
    this.#leave(null);
    this.#form ??= new FormView({
      texts: this.texts,
      service: serviceOf(this),
      maxFileMb: Number(this.getAttribute("max-file-mb")) || 10,
      onExtract: (wanted) => this.#start((signal) => this.client.startRubricExtraction({ ...wanted, pagePictures: true, signal })),
      onEnhance: (wanted) => this.#start((signal) => this.#write(wanted, signal)),
      onTable: (block) => this.openTable(block),
    });
    this.#show(this.#form);
  }

  /** A rubric of one's own, without a job: an empty table, or one that was pasted as a block of cells. */
  openTable(block = null) {
    const { t } = this.texts;
    const blank = emptyRubric(t("newCriterion"));
    const jobId = `${OWN}${Date.now().toString(36)}`;
    this.drafts.keep(jobId, { ...entryOf(rememberReading(block ? rubricOf(block, blank) : blank)), changedAt: Date.now(), isEdited: true });
    return this.openJob(jobId);
  }

  openJobs() {
    this.#leave(null, { isTold: false });
    this.#show(new JobsView({ ...this.#tools, onOpen: (jobId) => this.openJob(jobId) }));
  }

  /** What this browser keeps for the account. */
  openRubrics() {
    this.#leave(null, { isTold: false });
    this.#show(new RubricsView({ texts: this.texts, drafts: this.drafts, onOpen: (jobId) => this.openJob(jobId) }));
  }

  /** Shows a job of the caller's, whatever its state, and watches it until it ends. */
  openJob(jobId) {
    const signal = this.#leave(jobId);
    const own = jobId.startsWith(OWN) && this.drafts.of(jobId);
    if (own) return this.#showResult({ jobId }, own.rubric, { isOwn: true, isEdited: true });
    this.#show(this.#progressView());
    return this.#follow(jobId, signal);
  }

  /** On signing out: forgets what is not to stay in this browser, and keeps nothing from then on. */
  forgetDrafts() {
    this.#leave(null, { isTold: false });
    this.drafts.forget();
  }

  #build() {
    this.texts = textsFor(this.getAttribute("lang") || document.documentElement.lang);
    this.client ??= new RubricJobsClient({ baseUrl: this.getAttribute("api") || "/api/" });
    this.drafts = new Drafts(this.getAttribute("account"));
    this.#jobId ??= this.getAttribute("job-id");
    this.live = element("p.unseen", { role: "status" });
    this.stage = element("div.stage-area");
    this.session = new SessionDialog({ texts: this.texts, signInUrl: this.getAttribute("sign-in-url") });
    const style = new URL("rubric-extractor.css", import.meta.url);
    const root = element("div.root", { hidden: true }, this.live, this.stage, this.session.node);
    // Nothing is shown before it has its looks.
    const shown = () => (root.hidden = false);
    this.attachShadow({ mode: "open" }).append(element("link", { rel: "stylesheet", href: style, onload: shown, onerror: shown }), root);
  }

  get #tools() {
    return { texts: this.texts, client: this.client, ask: (request) => this.#ask(request, this.#left.signal) };
  }

  #progressView() {
    return new ProgressView({ texts: this.texts, announce: (sentence) => this.#announce(sentence), onCancel: () => this.#cancel() });
  }

  /** Ends what was watched; the signal of what comes next. */
  #leave(jobId, { isTold = true } = {}) {
    this.#keepNow();
    this.#left.abort();
    this.#left = new AbortController();
    const isOther = jobId !== this.#jobId;
    this.#jobId = jobId;
    if (isOther && isTold) this.#tell("rubric-job", { jobId });
    return this.#left.signal;
  }

  #show(view) {
    const hadFocus = this.shadowRoot.activeElement !== null;
    if (!(view instanceof ResultView)) this.removeAttribute("document-open");
    this.#view?.leave?.();
    this.#view = view;
    this.stage.replaceChildren(view.node);
    if (hadFocus) view.focus();
  }

  async #start(send, onFault = (sentence) => this.#backToForm(sentence)) {
    const signal = this.#leave(null, { isTold: false });
    const view = this.#progressView();
    this.#show(view);
    this.#announce(this.texts.t("sending"));
    try {
      const { jobId } = await this.#ask(() => send(signal), signal);
      this.#jobId = jobId;
      this.#tell("rubric-job", { jobId });
      await this.#follow(jobId, signal);
    } catch (fault) {
      if (!signal.aborted) onFault(this.texts.sentence(fault));
    }
  }

  /** A rubric from a text, which is kept beside it. */
  async #write(wanted, signal) {
    const started = await this.client.startRubricEnhancement({ ...wanted, signal });
    this.drafts.keep(started.jobId, { pasted: wanted.simple_rules });
    return started;
  }

  #backToForm(sentence) {
    this.startOver();
    this.#form.showFault(sentence);
  }

  async #follow(jobId, signal) {
    try {
      await this.#ask(async () => {
        for await (const job of this.client.watchJob(jobId, { signal })) this.#update(job);
      }, signal);
    } catch (fault) {
      if (signal.aborted) return;
      const draft = this.drafts.of(jobId);
      if (fault.status === 404 && draft?.rubric) this.#showForgotten(draft);
      else this.#showFault(fault, { canRetry: false });
    }
  }

  #update(job) {
    if (job.status === "completed") this.#complete(job);
    else if (job.status === "failed") this.#failed(job);
    else {
      if (!(this.#view instanceof ProgressView)) this.#show(this.#progressView());
      this.#view.show(job);
    }
  }

  #complete(job) {
    const read = rememberReading(complete(job.result.rubric));
    const draft = this.drafts.of(job.jobId);
    this.#announce(this.texts.t("done", { count: read.criteria.length }));
    this.#tell("rubric-ready", { jobId: job.jobId, result: job.result });
    if (draft?.before && !draft.isChosen) return this.#compare(job, read, draft.before);
    return this.#showResult(job, draft?.isEdited ? draft.rubric : read, { isEdited: Boolean(draft?.isEdited) });
  }

  #compare(job, read, before) {
    const warnings = warningsOf(job.result, read).map((warning) => warning.message);
    const onChoose = (isAfter) => {
      if (!isAfter) return this.#comeBack(before);
      this.drafts.keep(job.jobId, { isChosen: true });
      return this.#showResult(job, read);
    };
    const old = this.#asLeft(before);
    this.#show(new CompareView({ texts: this.texts, before: old, after: keepSections(old, read), warnings, onChoose }));
  }

  #showResult(job, rubric, { isEdited = false, isForgotten = false, isOwn = false } = {}) {
    const view = new ResultView({
      ...this.#tools,
      service: serviceOf(this),
      job,
      isForgotten,
      isOwn,
      pasted: this.drafts.of(job.jobId)?.pasted,
      staysHere: this.drafts.isLasting,
      rubric: copy(rubric),
      width: () => this.clientWidth,
      onEdited: (edited) => this.#keep(job.jobId, edited),
      onEnhance: (wanted) => this.#enhance(job, wanted),
      onStartOver: () => this.startOver(),
      // For the page around it, which may give more width then.
      onDocument: (isShown) => this.toggleAttribute("document-open", isShown),
    });
    this.#show(view);
    const { fileName, expiresAt, performance } = job;
    const known = { fileName, expiresAt, facts: { performance, warning: job.result?.warning } };
    if (!isForgotten && !isEdited) this.drafts.keep(job.jobId, { ...known, ...entryOf(rubric), changedAt: Date.now(), isEdited });
    this.drafts.watch((jobId, entry) => jobId === job.jobId && entry?.isEdited && view.replace(entry.rubric), this.#left.signal);
  }

  /** The job's time is up; what this browser keeps of it is still there. */
  #showForgotten({ jobId, fileName, rubric, facts }) {
    const job = { jobId, fileName, performance: facts?.performance, result: { warning: facts?.warning } };
    this.#showResult(job, rubric, { isForgotten: true });
    this.#announce(this.texts.t("forgotten"));
  }

  #keep(jobId, rubric) {
    clearTimeout(this.#keeping);
    this.#toKeep = { jobId, rubric };
    this.#keeping = setTimeout(() => this.#keepNow(), KEEP_AFTER_MS);
  }

  /** What was changed last, without waiting: the view or the tab is being left. */
  #keepNow() {
    clearTimeout(this.#keeping);
    if (!this.#toKeep) return;
    const { jobId, rubric } = this.#toKeep;
    this.#toKeep = null;
    const isKept = this.drafts.keep(jobId, { ...entryOf(rubric), changedAt: Date.now(), isEdited: true });
    if (!isKept) this.#announce(this.texts.t("noRoom"));
    this.#tell("rubric-edited", { jobId, rubric: withoutReading(rubric) });
  }

  #enhance(job, { rubric, rules, total }) {
    this.#keep(job.jobId, rubric);
    const before = { jobId: job.jobId, rubric: copy(rubric) };
    const send = async (signal) => {
      const { content } = await this.client.exportRubric(withoutReading(rubric), "text", { signal });
      const wanted = { simple_rules: await content.text(), rubric_prompt: rules, total_points: total, signal };
      const started = await this.client.startRubricEnhancement(wanted);
      this.drafts.keep(started.jobId, { before, changedAt: Date.now() });
      return started;
    };
    return this.#start(send, (sentence) => {
      this.#leave(job.jobId);
      this.#showResult(job, rubric, { isEdited: true });
      this.#view.showFault(sentence);
    });
  }

  /** Back to the rubric that was to be enhanced, as it was left. */
  #comeBack(before) {
    this.openJob(before.jobId).then(() => this.#announce(this.texts.t("kept")));
  }

  /** A rubric as it was left, which may be after it was sent to be enhanced. */
  #asLeft({ jobId, rubric }) {
    return this.drafts.of(jobId)?.rubric ?? rubric;
  }

  #failed(job) {
    const fault = new RubricJobsError(job.error, { code: job.errorCode });
    fault.askedModel = job.performance?.llm_provider in MODELS;
    this.#showFault(fault, { canRetry: job.retryable });
  }

  #showFault(fault, { canRetry }) {
    const { t } = this.texts;
    const before = this.drafts.of(this.#jobId)?.before;
    const sentence = this.texts.sentence(fault);
    const toForm = (act) => () => {
      this.startOver();
      act?.(this.#form);
    };
    const can = {
      retry: canRetry ? () => this.#retry() : null,
      readBy: this.#form?.hasFile ? (provider) => toForm((form) => form.sendAgain(provider))() : null,
      chooseFile: toForm((form) => form.chooseFile()),
      pasteText: toForm((form) => form.writeText()),
      emptyTable: () => this.openTable(),
      back: before ? () => this.#comeBack(before) : toForm(),
    };
    this.#announce(fault.code === "cancelled" ? sentence : t("failedLive", { sentence }));
    const known = { texts: this.texts, service: serviceOf(this), can, askedModel: fault.askedModel };
    this.#show(new FaultView({ texts: this.texts, sentence, ...nextSteps(fault, known) }));
  }

  async #retry() {
    const jobId = this.#jobId;
    this.drafts.keep(jobId, { rubric: null, isEdited: false });
    try {
      await this.#ask(() => this.client.retryJob(jobId), this.#left.signal);
      await this.openJob(jobId);
    } catch (fault) {
      this.#showFault(fault, { canRetry: fault.isPassing });
    }
  }

  async #cancel() {
    const jobId = this.#jobId;
    try {
      await this.#ask(() => this.client.cancelJob(jobId), this.#left.signal);
    } catch (fault) {
      // 409: it has just ended, and its end is on the way.
      if (fault.status !== 409) this.#announce(this.texts.sentence(fault));
    }
  }

  /** A request that outlives the session: on 401 it waits until somebody has signed in, and is sent again. */
  async #ask(request, signal) {
    for (;;) {
      try {
        return await request();
      } catch (fault) {
        if (fault.status !== 401 || signal.aborted) throw fault;
        this.#announce(this.texts.t("signInTitle"));
        this.#signingIn ??= this.session.wait(() => this.#isSignedIn(), signal).finally(() => (this.#signingIn = null));
        await this.#signingIn;
        if (signal.aborted) throw fault;
      }
    }
  }

  async #isSignedIn() {
    try {
      await this.client.listJobs();
      return true;
    } catch (fault) {
      return fault.status !== 401;
    }
  }

  #announce(sentence) {
    this.live.textContent = sentence;
  }

  #tell(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail, bubbles: true, composed: true }));
  }
}

/** What "My rubrics" shows of a rubric. */
function entryOf(rubric) {
  return { title: rubric.title, rubric };
}

customElements.define("rubric-extractor", RubricExtractor);
