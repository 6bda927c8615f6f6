// What a front end in TypeScript writes; compiled by the tests against the modules' types.
import { RubricJobsError, configure, isFinal, startRubricExtraction, watchJob } from "../../rubric_jobs/static/rubric_jobs/rubric-jobs.js";
import type { ExtractionResult, Rubric } from "../../rubric_jobs/static/rubric_jobs/rubric-jobs.js";
import { RubricExtractor } from "../../rubric_jobs/static/rubric_jobs/rubric-extractor.js";

configure({ baseUrl: "https://rubrics.example/api/", getToken: async () => "token" });

const extractor: RubricExtractor = document.createElement("rubric-extractor");
extractor.addEventListener("rubric-ready", ({ detail }) => {
  const names: string[] = detail.result.rubric.criteria.map((criterion) => criterion.name);
  console.log(detail.jobId, names, detail.result.rubric.certain ?? "unknown");
});
extractor.addEventListener("rubric-edited", (event) => keep(event.detail.rubric));
document.body.addEventListener("rubric-job", ({ detail: { jobId } }) => console.log(jobId ?? "none"));
extractor.openTable([["", "Good"], ["Thesis", "Clear"]]);

function keep(rubric: Rubric): void {
  for (const level of rubric.criteria[0]?.levels ?? []) console.log(level.points_max, level.source?.bbox?.[0]);
}

export async function extract(file: File): Promise<ExtractionResult | string> {
  try {
    const { jobId } = await startRubricExtraction({ file, totalPoints: 20, pagePictures: true });
    for await (const job of watchJob(jobId)) {
      if (!isFinal(job)) console.log(job.progress?.stage);
      else if (job.result && "raw" in job.result) return job.result;
      else return job.error ?? "";
    }
    const { content, losses } = await extractor.client.exportRubric({ title: null, kind: "analytic", total_points: 1, criteria: [] }, "docx", { levelPoints: "spread" });
    return `${content.size} ${losses.length}`;
  } catch (fault) {
    if (fault instanceof RubricJobsError && fault.isPassing) return fault.message;
    throw fault;
  }
}

export async function mend(jobId: string): Promise<number | null> {
  const { plan, blocks, etag, isProposal } = await extractor.client.getReading(jobId);
  for (const block of blocks) console.log("cells" in block ? block.cells[0]?.columnSpan : block.text, isProposal);
  const parts = plan.parts.map((part) => ({ ...part, rows: part.rows.replace("t", "c") }));
  const { result } = await extractor.client.putReading(jobId, { ...plan, parts }, { etag });
  return result.hasReading ? result.rubric.total_points : null;
}

// @ts-expect-error: no such format
extractor.client.exportRubric({ title: null, kind: "analytic", total_points: 1, criteria: [] }, "pdf");
// @ts-expect-error: an event's detail has its type
extractor.addEventListener("rubric-ready", ({ detail }) => detail.rubrics);
// @ts-expect-error: no such shape
extractor.client.putReading("1", { parts: [{ at: "0", shape: "sideways", rows: "c" }] });
