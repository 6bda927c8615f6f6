/** Types of `rubric-jobs.js`, the client of the rubric job API. */

export type JobStatus = "pending" | "processing" | "completed" | "failed";
export type Provider = "auto" | "gemini" | "openai" | "local";
export type ExportFormat = "json" | "text" | "markdown" | "canvas-csv" | "csv" | "docx";
/** What a level is worth where it has no points and the format needs some. */
export type LevelPoints = "spread" | "full_marks";

export interface Source {
  page?: number;
  bbox?: [number, number, number, number];
  table?: number;
  row?: number;
  column?: number;
  paragraph?: number;
}

export interface Level {
  name: string | null;
  description: string | null;
  points: number | null;
  points_min: number | null;
  points_max: number | null;
  source?: Source;
  grounded?: boolean;
  confidence?: number;
}

export interface Criterion {
  name: string;
  description: string | null;
  section: string | null;
  points: number | null;
  weight: number | null;
  levels: Level[];
  source?: Source;
  grounded?: boolean;
  confidence?: number;
}

export interface Rubric {
  title: string | null;
  kind: "analytic" | "holistic" | "single_point" | "checklist" | "point_list";
  total_points: number | null;
  criteria: Criterion[];
  totals?: { stated: number | null; computed: number | null; requested: number | null };
  adjustments?: { kind: "penalty" | "bonus"; reason: string; points: number | null }[];
  warnings?: { code: string; message: string; path: string }[];
  /** The calibrated probability that the whole reading is right, and whether it reaches the bound to stand without a model. */
  confidence?: number;
  certain?: boolean;
  /** Texts inside the parts read that nothing was made of. */
  unread?: { text: string; source?: Source; why: string }[];
  doubts?: { path: string; why: string; other?: string }[];
}

/** The old function's shape. */
export interface RawRubric {
  rubricTitle: string | null;
  totalPossiblePoints: number | null;
  categories: { categoryName: string; levels: { levelName: string; scoreValue: string; description: string }[] }[];
}

export interface ExtractionResult {
  success: true;
  rubricText: string;
  totalPoints: number | null;
  warning: string | null;
  rubric: Rubric;
  raw: RawRubric;
  /** Pages of which there are pictures; sizes in points, as the boxes of `Source` are. */
  pagePictures?: { page: number; width: number; height: number }[];
  /** Whether what the document was read as is kept, so that the reading can be mended. */
  hasReading?: boolean;
}

/** One region of the document: a table, tables that go on, or lines. Roles are one letter each; docs/api.md lists them. */
export interface PlanPart {
  /** The blocks that it covers, such as `3` or `3,5-7`. */
  at: string;
  shape: "down" | "across" | "long" | "lines";
  rows: string;
  columns?: string;
  /** Where a criterion's name comes from. */
  name?: "cell" | "line" | "lead" | "above" | "level";
  /** The table that lends its header rows. */
  header?: number;
}

export interface Plan {
  parts: PlanPart[];
  title?: number;
  total?: number;
}

export interface ReadLine {
  at: number;
  text: string;
  isHeading: boolean;
  source: Source;
}

export interface ReadTable {
  at: number;
  rows: number;
  columns: number;
  cells: { row: number; column: number; rowSpan: number; columnSpan: number; text: string; source: Source }[];
  source: Source;
}

/** What a document was read as: its lines and tables, and the plan that says what each of them is. */
export interface Reading {
  jobId: string;
  plan: Plan;
  /** The result did not come from this plan; it is the likeliest one. */
  isProposal: boolean;
  others: Plan[];
  blocks: (ReadLine | ReadTable)[];
  etag: string | null;
}

export interface MendedReading {
  jobId: string;
  plan: Plan;
  isProposal: false;
  result: ExtractionResult | EnhancementResult;
  etag: string | null;
}

export interface EnhancementResult {
  success: true;
  enhanced_rubric: string;
  total_points: number;
  rubric: Rubric;
  /** Whether what the text was read as is kept, so that the reading can be mended. */
  hasReading?: boolean;
}

export interface Progress {
  stage: "reading" | "asking" | "writing" | "checking";
  criteriaFound: number;
  partialRubric: Pick<Rubric, "title" | "criteria"> | null;
}

export interface Performance {
  duration_ms: number;
  queue_time_ms: number;
  extraction_time_ms: number;
  file_size_kb: number;
  token_usage: number;
  categories_extracted: number;
  prompt_tokens: number;
  completion_tokens: number;
  llm_provider: string;
  llm_model: string | null;
  /** How the model answered: it pointed at the rubric, or it wrote it; null where none was asked. */
  answer_form?: "plan" | "copy" | null;
  attempts: number;
  cache_hit: boolean;
}

interface State<Result> {
  status: JobStatus;
  /** Only while it is `processing`. */
  progress?: Progress;
  /** Only when it is `completed`. */
  result?: Result;
  /** Only when it is `failed`: one sentence, and a stable word for programs. */
  error?: string;
  errorCode?: string;
  retryable?: boolean;
  performance?: Performance | null;
}

/** What the status routes answer; times are milliseconds since 1970. */
export interface StatusAnswer<Result> extends State<Result> {
  success: boolean;
  jobId: string;
  message?: string;
  createdAt: number;
  updatedAt: number;
  completedAt?: number;
  expiresAt?: number;
}

/** What the resource API answers; times are ISO 8601 in UTC. */
export interface Job extends State<ExtractionResult | EnhancementResult> {
  jobId: string;
  kind: "extract" | "enhance";
  fileName: string;
  fileType: string;
  fileSizeKb: number | null;
  queuePosition?: number;
  estimatedSeconds?: number | null;
  createdAt: string;
  updatedAt: string;
  completedAt?: string;
  expiresAt?: string;
}

export interface Accepted {
  success: true;
  jobId: string;
  status: "pending";
  message: string;
}

interface Wanted {
  llmProvider?: Provider;
  llmModel?: string;
  signal?: AbortSignal;
}

export interface ExtractionRequest extends Wanted {
  /** A File or Blob, base64, or a `data:` URL; an array of photos are the pages of one document, in order. */
  file: Blob | string | Blob[];
  /** Needed where `file` is no File. */
  fileName?: string;
  /** The MIME type; needed where `file` is no Blob. */
  fileType?: string;
  totalPoints?: number;
  geminiModel?: string;
  extractionPrompt?: string;
  /** Keep pictures of the pages that hold the rubric, until the job is deleted. */
  pagePictures?: boolean;
}

export interface EnhancementRequest extends Wanted {
  simple_rules: string;
  rubric_prompt: string;
  total_points: number;
}

export interface Abortable {
  signal?: AbortSignal;
}

export interface ClientOptions {
  /** The API's prefix; default `/api/`. */
  baseUrl?: string;
  /** Gives a bearer token for each request; without it the session cookie speaks. */
  getToken?: (() => string | Promise<string>) | null;
}

/** A request that was refused or lost. A job that failed is an answer, not an error. */
export class RubricJobsError extends Error {
  /** The HTTP status; 0 where no answer came. */
  readonly status: number;
  /** A stable word, such as `not_authenticated`; `network` where no answer came. */
  readonly code: string;
  readonly retryAfterMs: number | null;
  /** What was wrong with each field of the request. */
  readonly fields: Record<string, string[]>;
  /** Whether the same request may succeed a little later. */
  readonly isPassing: boolean;
}

export class RubricJobsClient {
  constructor(options?: ClientOptions);
  startRubricExtraction(request: ExtractionRequest): Promise<Accepted>;
  checkRubricExtractionStatus(jobId: string, options?: Abortable): Promise<StatusAnswer<ExtractionResult>>;
  startRubricEnhancement(request: EnhancementRequest): Promise<Accepted>;
  checkRubricEnhancementStatus(jobId: string, options?: Abortable): Promise<StatusAnswer<EnhancementResult>>;
  getJob(jobId: string, options?: Abortable): Promise<Job>;
  /** Newest first; `next` of one page asks for the one after it. */
  listJobs(
    options?: Abortable & { status?: JobStatus; kind?: Job["kind"]; next?: string | null },
  ): Promise<{ results: Omit<Job, "result">[]; next: string | null; previous: string | null }>;
  cancelJob(jobId: string, options?: Abortable): Promise<Job>;
  retryJob(jobId: string, options?: Abortable): Promise<Job>;
  deleteJob(jobId: string, options?: Abortable): Promise<void>;
  /** A page that holds the rubric, as a picture's `data:` URL; `result.pagePictures` says which there are. */
  getPagePicture(jobId: string, page: number, options?: Abortable): Promise<string>;
  /** What the document of an extraction, or the text of an enhancement, was read as; 409 where that is not kept. */
  getReading(jobId: string, options?: Abortable): Promise<Reading>;
  /** Replaces the plan, and the job's result by the rubric that it reads; 412 where `etag` is not the reading's any more. */
  putReading(jobId: string, plan: Plan, options?: Abortable & { etag?: string | null }): Promise<MendedReading>;
  /** `losses`: what the format does not hold, a sentence each; of very many, the last entry says how many more there are. */
  exportRubric(
    rubric: Rubric,
    format: ExportFormat,
    options?: Abortable & { levelPoints?: LevelPoints },
  ): Promise<{ content: Blob; fileName: string | null; losses: string[] }>;
  /**
   * Every state of the job that differs from the one before; the last one is final, unless `signal` was aborted.
   * Reads events; where they do not get through, asks every 2 s, and less often while the network is bad.
   */
  watchJob(jobId: string, options?: Abortable): AsyncGenerator<Job, void, void>;
}

export function configure(options: ClientOptions): void;
export const startRubricExtraction: RubricJobsClient["startRubricExtraction"];
export const checkRubricExtractionStatus: RubricJobsClient["checkRubricExtractionStatus"];
export const startRubricEnhancement: RubricJobsClient["startRubricEnhancement"];
export const checkRubricEnhancementStatus: RubricJobsClient["checkRubricEnhancementStatus"];
export const watchJob: RubricJobsClient["watchJob"];
export const isFinal: (job: { status: JobStatus }) => boolean;
