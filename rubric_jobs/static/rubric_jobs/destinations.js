/** Where a document or a text goes, in one sentence that holds whatever the service is set up for. */

export const MODELS = { gemini: "providerGemini", openai: "providerOpenai" };

/** What the attributes of a `<rubric-extractor>` say of the service, as the functions below take it. */
export function serviceOf(extractor) {
  const words = (name) => (extractor.getAttribute(name) ?? "").split(/[\s,]+/).filter(Boolean);
  const isLocalOnly = extractor.hasAttribute("local-only");
  const isListed = extractor.hasAttribute("providers");
  const providers = Object.keys(MODELS).filter((name) => !isListed || words("providers").includes(name));
  return {
    providers: isLocalOnly ? [] : providers,
    isKnown: isListed || isLocalOnly,
    isLocalOnly,
    isPaused: extractor.hasAttribute("paused"),
    readsPictures: extractor.hasAttribute("reads-pictures"),
    usual: isLocalOnly ? "local" : extractor.getAttribute("usual-provider") || "auto",
    fallback: isLocalOnly ? [] : words("fallback-providers"),
  };
}

/**
 * `service`: `{providers, isKnown, usual, fallback}`: the models that it has keys for, whether that is known at all,
 * whom it asks when nobody chooses (`auto`: a model only where its own reader is not certain), and whom after that.
 * `what` is `document` or `text`; `choice` is `auto` or one of the providers. `isLocalOnly`: the organisation's documents are
 * sent to no model; `isPaused`: nothing is taken up at the moment; `readsPictures`: text in scans and photos is recognised there. An instruction is for a model alone.
 */
export function whereItGoes(service, what, choice, t, { hasInstruction = false } = {}) {
  const levers = [service.isPaused && t("servicePaused"), service.isLocalOnly && t("localOnly")];
  return [...levers, goes(service, what, choice, t, hasInstruction)].filter(Boolean).join(" ");
}

/** Whether somebody who can follow an instruction may be asked. */
export function canInstruct(service, choice) {
  if (choice === "local" || service.isLocalOnly) return false;
  if (choice in MODELS || !service.isKnown) return true;
  return service.usual === "auto" ? service.providers.length > 0 : service.usual in MODELS || service.fallback.some((name) => name in MODELS);
}

function goes(service, what, choice, t, hasInstruction) {
  const isSure = service.usual !== "auto" || hasInstruction;
  const told = (key, name) => t(`${what}${key}`, { provider: name && t(MODELS[name]) });
  if (choice in MODELS) return told("GoesTo", choice);
  if (choice === "local") return told("GoesNowhere");
  if (!service.isKnown) return told("GoesUnknown");
  const first = service.usual in MODELS ? service.usual : service.usual === "auto" ? service.providers[0] : null;
  const next = service.fallback.filter((name) => name in MODELS && name !== first);
  const sentences = [first ? told(isSure ? "GoesTo" : "GoesMaybe", first) : next.length ? "" : told("GoesNowhere")];
  if (next.length) sentences.push(told(first ? "GoesNext" : "GoesMaybe", next[0]));
  return sentences.filter(Boolean).join(" ");
}
