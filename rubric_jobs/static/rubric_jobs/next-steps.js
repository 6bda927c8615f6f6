/** What a teacher can do after each kind of failure, in their words. */

import { MODELS } from "./destinations.js";

/** The document is the trouble: another one, its text or a table of one's own helps. */
const OF_DOCUMENT = new Set([
  "no_rubric_found",
  "scanned_document",
  "encrypted_document",
  "unreadable_document",
  "document_too_large",
  "unsupported_type",
  "empty_document",
]);
/** A model would see what the service's own reader cannot. */
const HELPED_BY_MODEL = new Set(["no_rubric_found", "scanned_document"]);
const LACKS_MODEL = new Set(["scanned_document", "needs_model", "models_forbidden", "no_rubric_found"]);

/**
 * `{title, advice, steps}` for a FaultView. `can`: `{retry, back, chooseFile, pasteText, emptyTable, readBy(provider)}`, each a
 * function or null where it is not possible; `askedModel`: whether a model has already been asked.
 */
export function nextSteps(fault, { texts, service, can, askedModel }) {
  const { t } = texts;
  const isOfDocument = OF_DOCUMENT.has(fault.code);
  const step = (key, act) => act && { label: t(key), act };
  const models = HELPED_BY_MODEL.has(fault.code) && !askedModel && can.readBy ? service.providers : [];
  const isToAsk = LACKS_MODEL.has(fault.code) && service.isKnown && !service.providers.length;
  return {
    title: fault.code === "cancelled" ? t("cancelledTitle") : null,
    advice: isToAsk ? t(service.isLocalOnly ? "adviceLocalOnly" : "adviceAskOperator") : null,
    steps: [
      step("retry", can.retry),
      ...models.map((name) => ({ label: t("letRead", { provider: t(MODELS[name]) }), act: () => can.readBy(name) })),
      step("chooseOther", isOfDocument && can.chooseFile),
      step("pasteInstead", isOfDocument && can.pasteText),
      step("emptyTable", (isOfDocument || fault.code === "needs_model") && can.emptyTable),
      step("backToForm", can.back),
    ],
  };
}
