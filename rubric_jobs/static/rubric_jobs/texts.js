/**
 * Every text that the element shows: one module for each language; a text that a language lacks is shown in English.
 * `{name}` is a place for a value. `key_one` is used where `count` is 1.
 */

import de from "./texts-de.js";
import en from "./texts-en.js";

const fill = (text, values) => text.replace(/\{(\w+)\}/g, (_, place) => values[place] ?? "");

const NUMBER = /\d+(?:\.\d+)?/g;

/** `why_` and the words of a reason without its numbers, which a text names `{0}`, `{1}`. */
const reasonKey = (why) => `why_${why.replace(NUMBER, "").toLowerCase().match(/[a-z]+/g)?.join("_")}`;

const LANGUAGES = { en, de };

/** `t(key, values)` in the language of `tag` (such as `de-AT`), and numbers and times as that language writes them. */
export function textsFor(tag) {
  const language = (tag || "en").toLowerCase().split("-")[0];
  const known = LANGUAGES[language] ?? en;
  // How the reader's own browser writes times and numbers, where it speaks the language of the texts.
  const spoken = LANGUAGES[language] ? language : "en";
  const locale = navigator.languages.find((own) => own.split("-")[0] === spoken) ?? spoken;
  const numbers = new Intl.NumberFormat(locale, { maximumFractionDigits: 4, useGrouping: false });
  const t = (key, values = {}) => {
    const name = values.count === 1 && `${key}_one` in en ? `${key}_one` : key;
    const text = known[name] ?? en[name] ?? key;
    return fill(text, values);
  };
  return {
    t,
    number: (value) => numbers.format(value),
    /** Without the day where that is today. */
    time: (moment) => {
      const isToday = moment.toDateString() === new Date().toDateString();
      return new Intl.DateTimeFormat(locale, { dateStyle: isToday ? undefined : "medium", timeStyle: "short" }).format(moment);
    },
    /** A warning of the service: in its own words, unless this language has a sentence for its code. */
    warning: (code, message, values) => {
      const text = known[`warn_${code}`];
      return text ? fill(text, values) : message;
    },
    /** The reason of a doubt, a stable word or a sentence of the service: ours where there is one for it, else as it is. */
    reason: (why) => {
      const text = known[reasonKey(why)] ?? en[reasonKey(why)];
      return text ? fill(text, why.match(NUMBER) ?? []) : why;
    },
    /** The sentence for a fault: ours where this language has one for its code, else the service's own. */
    sentence: (fault) => known[`error_${fault.code}`] ?? en[`error_${fault.code}`] ?? fault.message,
  };
}

export const languages = Object.keys(LANGUAGES);
