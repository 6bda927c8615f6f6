/**
 * Client of the rubric job API. No dependencies; types are in `rubric-jobs.d.ts`.
 *
 * A failed job is an answer (`status: "failed"`); a refused or lost request is a thrown RubricJobsError.
 */

import { readEvents } from "./event-stream.js";

const POLL_EVERY_MS = 2000;
const POLL_AT_MOST_EVERY_MS = 15000;
const SENDS = 3;
const PASSING = new Set([0, 429, 502, 503, 504]);
/** A stream that says nothing for so long does not get through; the server's own sign of life comes more often. */
const FIRST_WORD_WITHIN_MS = 4000;
const SILENCE_MS = 40000;

export class RubricJobsError extends Error {
  constructor(sentence, { status = 0, code = "network", retryAfterMs = null, fields = {} } = {}) {
    super(sentence);
    this.name = "RubricJobsError";
    Object.assign(this, { status, code, retryAfterMs, fields });
  }

  /** Whether the same request may succeed a little later. */
  get isPassing() {
    return PASSING.has(this.status);
  }
}

export class RubricJobsClient {
  #base;
  #getToken;

  /** `baseUrl`: the API's prefix. `getToken`: gives a bearer token; without it the session cookie speaks. */
  constructor({ baseUrl = "/api/", getToken = null } = {}) {
    this.#base = baseUrl.endsWith("/") ? baseUrl : `${baseUrl}/`;
    this.#getToken = getToken;
  }

  /** `file` is a File or Blob, base64 or a `data:` URL; or an array of photos, the pages of one document in order. */
  async startRubricExtraction({ file, signal, ...wanted }) {
    if (Array.isArray(file)) return this.#create("rubric-jobs/extractions", formOf(file, wanted), signal);
    const isBlob = file instanceof Blob;
    const body = {
      fileName: isBlob ? file.name || "rubric" : undefined,
      fileType: isBlob ? file.type : undefined,
      ...wanted,
      file: isBlob ? await asDataUrl(file) : file,
    };
    return this.#create("extract-rubric-trigger", body, signal);
  }

  checkRubricExtractionStatus(jobId, { signal } = {}) {
    return this.#json(`extract-rubric-status?jobId=${encodeURIComponent(jobId)}`, { signal });
  }

  startRubricEnhancement({ signal, ...wanted }) {
    return this.#create("enhance-rubric-trigger", wanted, signal);
  }

  checkRubricEnhancementStatus(jobId, { signal } = {}) {
    return this.#json(`enhance-rubric-status?jobId=${encodeURIComponent(jobId)}`, { signal });
  }

  /** The job as the resource API shows it. */
  getJob(jobId, { signal } = {}) {
    return this.#json(`rubric-jobs/${encodeURIComponent(jobId)}`, { signal });
  }

  /** A page of the caller's jobs, newest first: `{results, next, previous}`; `next` is given back to get the next one. */
  listJobs({ status, kind, next, signal } = {}) {
    if (next) return this.#json(next, { signal });
    const query = new URLSearchParams(Object.entries({ status, kind }).filter(([, value]) => value));
    return this.#json(`rubric-jobs/${query.size ? `?${query}` : ""}`, { signal });
  }

  cancelJob(jobId, { signal } = {}) {
    return this.#json(`rubric-jobs/${encodeURIComponent(jobId)}/cancel`, { method: "POST", signal });
  }

  retryJob(jobId, { signal } = {}) {
    return this.#json(`rubric-jobs/${encodeURIComponent(jobId)}/retry`, { method: "POST", signal });
  }

  async deleteJob(jobId, { signal } = {}) {
    await this.#send(`rubric-jobs/${encodeURIComponent(jobId)}`, { method: "DELETE", signal });
  }

  /** A page that holds the rubric, as a picture's `data:` URL; for jobs that were started with `pagePictures: true`. */
  async getPagePicture(jobId, page, { signal } = {}) {
    const path = `rubric-jobs/${encodeURIComponent(jobId)}/pages/${encodeURIComponent(page)}`;
    const response = await this.#send(path, { signal, accept: "image/png" });
    return asDataUrl(await response.blob());
  }

  /** What the document of an extraction, or the text of an enhancement, was read as, with its `etag`; 409 where that is not kept. */
  async getReading(jobId, { signal } = {}) {
    const response = await this.#send(`rubric-jobs/${encodeURIComponent(jobId)}/reading`, { signal });
    return { ...(await response.json()), etag: response.headers.get("ETag") };
  }

  /** Replaces the plan, and the job's result by the rubric that it reads; 412 where the reading is not that of `etag` any more. */
  async putReading(jobId, plan, { etag, signal } = {}) {
    const path = `rubric-jobs/${encodeURIComponent(jobId)}/reading`;
    const response = await this.#send(path, { method: "PUT", body: { plan }, ifMatch: etag, signal });
    return { ...(await response.json()), etag: response.headers.get("ETag") };
  }

  /**
   * A rubric as a document: `format` is `json`, `text`, `markdown`, `canvas-csv`, `csv` or `docx`. Where levels have no points
   * and the format needs some, the refusal (422) names `levelPoints`: `spread` or `full_marks`.
   */
  async exportRubric(rubric, format, { levelPoints, signal } = {}) {
    const query = new URLSearchParams({ format, ...(levelPoints && { levelPoints }) });
    const path = `rubric-jobs/exports?${query}`;
    const response = await this.#send(path, { method: "POST", body: { rubric }, signal, accept: "*/*" });
    return { content: await response.blob(), fileName: fileNameOf(response), losses: lossesOf(response) };
  }

  /**
   * Every state of a job that differs from the one before, the last one final.
   *
   * Reads the event stream; where that does not get through, asks every 2 s, and less often while the network is bad.
   * Leaving the loop or aborting `signal` ends all requests. Throws what no waiting can mend: 401, 403, 404.
   */
  async *watchJob(jobId, { signal } = {}) {
    const watch = { canStream: true, failures: 0, told: "" };
    while (!signal?.aborted) {
      try {
        const states = watch.canStream ? this.#streamed(jobId, watch, signal) : this.#asked(jobId, watch, signal);
        for await (const job of states) {
          watch.failures = 0;
          const now = JSON.stringify(job);
          if (now !== watch.told) yield job;
          watch.told = now;
          if (isFinal(job)) return;
        }
        // A server that ends its streams early must not be asked without a rest.
        if (watch.canStream) await pause(POLL_EVERY_MS / 2, signal);
      } catch (error) {
        if (signal?.aborted) return;
        if (!(error instanceof RubricJobsError) || !error.isPassing) throw error;
        if (!watch.canStream || error.retryAfterMs) {
          watch.failures += 1;
          await pause(error.retryAfterMs ?? backOff(watch.failures), signal);
        }
        watch.canStream = false;
      }
    }
  }

  async *#streamed(jobId, watch, signal) {
    const silence = new AbortController();
    const either = signal ? AbortSignal.any([signal, silence.signal]) : silence.signal;
    let timer = setTimeout(() => silence.abort(), FIRST_WORD_WITHIN_MS);
    const heard = () => {
      clearTimeout(timer);
      timer = setTimeout(() => silence.abort(), SILENCE_MS);
    };
    try {
      const path = `rubric-jobs/${encodeURIComponent(jobId)}/events`;
      const response = await this.#send(path, { signal: either, accept: "text/event-stream" });
      if (!response.headers.get("Content-Type")?.startsWith("text/event-stream")) throw new RubricJobsError("");
      for await (const event of readEvents(response.body, heard)) {
        if (event.data) yield JSON.parse(event.data);
      }
    } catch (error) {
      if (error instanceof RubricJobsError) throw error;
      throw new RubricJobsError(error.message);
    } finally {
      clearTimeout(timer);
      silence.abort();
    }
  }

  /** One answer, then a pause; every fifth time the stream gets another chance. */
  async *#asked(jobId, watch, signal) {
    for (let times = 0; times < 5; times += 1) {
      yield await this.getJob(jobId, { signal });
      await pause(POLL_EVERY_MS, signal);
    }
    watch.canStream = true;
  }

  async #create(path, body, signal) {
    // Not randomUUID(): without TLS, browsers have none.
    const idempotencyKey = Array.from(crypto.getRandomValues(new Uint32Array(4)), (part) => part.toString(36)).join("-");
    // With the key, sending again after a lost answer makes no second job.
    for (let sends = 1; ; sends += 1) {
      try {
        return await this.#json(path, { method: "POST", body, signal, idempotencyKey });
      } catch (error) {
        if (!error.isPassing || error.status === 429 || sends === SENDS) throw error;
        await pause(error.retryAfterMs ?? 500 * 2 ** sends, signal);
      }
    }
  }

  async #json(path, options) {
    const response = await this.#send(path, options);
    return response.json();
  }

  async #send(path, { method = "GET", body, signal, idempotencyKey, ifMatch, accept = "application/json" } = {}) {
    const headers = { Accept: accept };
    const isForm = body instanceof FormData; // of which the browser alone knows the boundary
    if (ifMatch) headers["If-Match"] = ifMatch;
    if (body && !isForm) headers["Content-Type"] = "application/json";
    if (idempotencyKey) headers["Idempotency-Key"] = idempotencyKey;
    const token = await this.#getToken?.();
    if (token) headers.Authorization = `Bearer ${token}`;
    else if (method !== "GET") headers["X-CSRFToken"] = csrfToken();
    const url = new URL(path, new URL(this.#base, document.baseURI));
    // No `cache` here: "no-store" would send `Cache-Control: no-cache`, with which the service reads everything anew.
    const sent = { method, headers, signal, body: body && !isForm ? JSON.stringify(body) : body };
    let response;
    try {
      response = await fetch(url, { ...sent, credentials: token ? "omit" : "same-origin" });
    } catch (error) {
      if (error.name === "AbortError") throw error;
      throw new RubricJobsError("The service could not be reached.");
    }
    if (!response.ok) throw await refusal(response);
    return response;
  }
}

const usual = { client: new RubricJobsClient() };

/** Where the functions below send their requests, for a page that is not served by the service itself. */
export function configure(options) {
  usual.client = new RubricJobsClient(options);
}

export const startRubricExtraction = (wanted) => usual.client.startRubricExtraction(wanted);
export const checkRubricExtractionStatus = (jobId, options) => usual.client.checkRubricExtractionStatus(jobId, options);
export const startRubricEnhancement = (wanted) => usual.client.startRubricEnhancement(wanted);
export const checkRubricEnhancementStatus = (jobId, options) => usual.client.checkRubricEnhancementStatus(jobId, options);
export const watchJob = (jobId, options) => usual.client.watchJob(jobId, options);

export const isFinal = (job) => job.status === "completed" || job.status === "failed";

function formOf(files, wanted) {
  const form = new FormData();
  for (const file of files) form.append("file", file, file.name || "page");
  for (const [name, value] of Object.entries(wanted)) if (value !== undefined && value !== null) form.append(name, value);
  return form;
}

function backOff(failures) {
  return Math.min(POLL_EVERY_MS * 1.5 ** (failures - 1), POLL_AT_MOST_EVERY_MS);
}

function pause(ms, signal) {
  return new Promise((resolve) => {
    if (signal?.aborted) return resolve();
    const timer = setTimeout(done, ms);
    function done() {
      clearTimeout(timer);
      signal?.removeEventListener("abort", done);
      resolve();
    }
    signal?.addEventListener("abort", done);
  });
}

async function refusal(response) {
  const told = await response.json().catch(() => ({}));
  const seconds = Number(response.headers.get("Retry-After"));
  return new RubricJobsError(told.detail || told.error || response.statusText, {
    status: response.status,
    code: told.code || told.errorCode || "unknown",
    retryAfterMs: seconds > 0 ? seconds * 1000 : null,
    fields: told.errors ?? {},
  });
}

/** Read at every request: signing in again changes it. */
function csrfToken() {
  const cookie = document.cookie.split("; ").find((part) => part.startsWith("csrftoken="));
  if (cookie) return decodeURIComponent(cookie.slice("csrftoken=".length));
  return document.querySelector('meta[name="csrf-token"]')?.content ?? "";
}

function asDataUrl(blob) {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(reader.result);
    reader.onerror = () => reject(new RubricJobsError("The file could not be read.", { code: "file_gone" }));
    reader.readAsDataURL(blob);
  });
}

function fileNameOf(response) {
  const told = response.headers.get("Content-Disposition") ?? "";
  const [, encoded] = told.match(/filename\*=utf-8''([^;]+)/i) ?? [];
  const [, plain] = told.match(/filename="?([^";]+)"?/i) ?? [];
  return encoded ? decodeURIComponent(encoded) : (plain ?? null);
}

function lossesOf(response) {
  try {
    return JSON.parse(response.headers.get("X-Export-Losses") ?? "[]");
  } catch {
    return [];
  }
}
