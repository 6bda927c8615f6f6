/** What changed between two texts, word by word, as `<del>` and `<ins>`. */

import { element } from "./dom.js";

const MOST_WORDS = 400;

/** The nodes that show `after` with what was taken out and put in. */
export function marked(before, after) {
  if (before === after) return [after];
  const [old, young] = [before, after].map((text) => text.match(/\s+|[^\s]+/g) ?? []);
  const pieces = old.length > MOST_WORDS || young.length > MOST_WORDS ? whole(before, after) : compared(old, young);
  return pieces.filter(({ text }) => text).map(({ what, text }) => (what ? element(what, {}, text) : text));
}

const whole = (before, after) => [{ what: "del", text: before }, { what: "ins", text: after }];

/** Longest common subsequence of words (dynamic programming); neighbours of one kind are joined. */
function compared(old, young) {
  const length = Array.from({ length: old.length + 1 }, () => new Uint16Array(young.length + 1));
  for (let i = old.length - 1; i >= 0; i -= 1) {
    for (let j = young.length - 1; j >= 0; j -= 1) {
      length[i][j] = old[i] === young[j] ? length[i + 1][j + 1] + 1 : Math.max(length[i + 1][j], length[i][j + 1]);
    }
  }
  // Where hardly anything stayed, a mosaic of single words reads worse than two whole texts.
  if (length[0][0] < Math.max(old.length, young.length) / 3) return whole(old.join(""), young.join(""));
  const pieces = [];
  const add = (what, text) => {
    if (pieces.at(-1)?.what === what) pieces.at(-1).text += text;
    else pieces.push({ what, text });
  };
  let [i, j] = [0, 0];
  while (i < old.length || j < young.length) {
    if (i < old.length && j < young.length && old[i] === young[j]) {
      add(null, old[i]);
      i += 1;
      j += 1;
    } else if (j >= young.length || (i < old.length && length[i + 1][j] >= length[i][j + 1])) add("del", old[i++]);
    else add("ins", young[j++]);
  }
  return pieces;
}
