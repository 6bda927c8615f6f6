/** Where a document or a text goes, in one sentence that holds whatever the service is set up for. */

export const MODELS = { gemini: "providerGemini", openai: "providerOpenai" };

/**
 * `service`: `{providers, isKnown, usual, fallback}`: the models that it has keys for, whether that is known at all,
 * whom it asks when nobody chooses (`auto`: a model only where its own reader is not certain), and whom after that.
 * `what` is `document` or `text`; `choice` is `auto` or one of the providers.
 */
export function whereItGoes(service, what, choice, t) {
  const told = (key, name) => t(`${what}${key}`, { provider: name && t(MODELS[name]) });
  if (choice in MODELS) return told("GoesTo", choice);
  if (choice === "local") return told("GoesNowhere");
  if (!service.isKnown) return told("GoesUnknown");
  const first = service.usual in MODELS ? service.usual : service.usual === "auto" ? service.providers[0] : null;
  const next = service.fallback.filter((name) => name in MODELS && name !== first);
  const sentences = [first ? told(service.usual === "auto" ? "GoesMaybe" : "GoesTo", first) : next.length ? "" : told("GoesNowhere")];
  if (next.length) sentences.push(told(first ? "GoesNext" : "GoesMaybe", next[0]));
  return sentences.filter(Boolean).join(" ");
}
