/** What a format leaves out, in the teacher's words. */

import { nameOf } from "./rubric-edit.js";

/** Nobody looks for these in a file: the rubric's kind, the service's remarks, and where the criteria were read. */
const UNASKED = new Set(["kind", "warnings", "criteria"]);
const LOSS = /^([\w.[\]]+)(?: and (\d+) more)?: (.+)$/s;

/** A sentence for each kind of loss, from the service's own: `criteria[1].section and 2 more: this format holds no sections.` */
export function lossesFor(losses, rubric, texts) {
  const told = new Map();
  for (const loss of losses) {
    const [, path, more = 0, why] = loss.match(LOSS) ?? [null, "", 0, loss];
    if (UNASKED.has(path)) continue;
    const sentence = path.startsWith("adjustments") ? texts.t("lossAdjustment") : texts.reason(why);
    const before = told.get(sentence) ?? { name: partName(path, rubric, texts.t), count: -1 };
    told.set(sentence, { ...before, count: before.count + 1 + Number(more) });
  }
  return [...told].map(([sentence, { name, count }]) => [count ? texts.t("lossMore", { name, count }) : name, sentence].filter(Boolean).join(": "));
}

function partName(path, rubric, t) {
  const [, kind, index] = path.match(/^(criteria|adjustments)\[(\d+)\]/) ?? [];
  if (path === "title") return t("title");
  if (path === "total_points") return t("targetLabel");
  if (kind === "adjustments") return rubric.adjustments[index]?.reason || t("penalties");
  return rubric.criteria[index] ? nameOf(rubric.criteria[index], Number(index), t) : path;
}
