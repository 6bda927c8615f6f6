/** Types of `rubric-extractor.js`: the element `<rubric-extractor>` and its events. */

import type { EnhancementResult, ExtractionResult, Rubric, RubricJobsClient } from "./rubric-jobs.js";

export interface RubricJobEventDetail {
  /** The job that is shown now, or null. */
  jobId: string | null;
}

export interface RubricReadyEventDetail {
  jobId: string;
  result: ExtractionResult | EnhancementResult;
}

export interface RubricEditedEventDetail {
  jobId: string;
  rubric: Rubric;
}

export interface RubricExtractorEventMap {
  "rubric-job": CustomEvent<RubricJobEventDetail>;
  "rubric-ready": CustomEvent<RubricReadyEventDetail>;
  "rubric-edited": CustomEvent<RubricEditedEventDetail>;
}

export class RubricExtractor extends HTMLElement {
  /** Set it before the element is connected, for bearer tokens or another origin. */
  client: RubricJobsClient;
  readonly jobId: string | null;
  startOver(): void;
  openJobs(): void;
  openRubrics(): void;
  openJob(jobId: string): Promise<void> | void;
  /** A rubric without a job: an empty table, or cells as rows of texts. */
  openTable(block?: string[][] | null): Promise<void> | void;
  /** On signing out: forgets what is not to stay in this browser. */
  forgetDrafts(): void;
  addEventListener<Type extends keyof RubricExtractorEventMap>(
    type: Type,
    listener: (this: RubricExtractor, event: RubricExtractorEventMap[Type]) => unknown,
    options?: boolean | AddEventListenerOptions,
  ): void;
  addEventListener(type: string, listener: EventListenerOrEventListenerObject, options?: boolean | AddEventListenerOptions): void;
  removeEventListener<Type extends keyof RubricExtractorEventMap>(
    type: Type,
    listener: (this: RubricExtractor, event: RubricExtractorEventMap[Type]) => unknown,
    options?: boolean | EventListenerOptions,
  ): void;
  removeEventListener(type: string, listener: EventListenerOrEventListenerObject, options?: boolean | EventListenerOptions): void;
}

declare global {
  interface HTMLElementTagNameMap {
    "rubric-extractor": RubricExtractor;
  }
  /** They bubble out of the element. */
  interface HTMLElementEventMap extends RubricExtractorEventMap {}
}
