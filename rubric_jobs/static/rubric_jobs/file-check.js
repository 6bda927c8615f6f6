/** What can be said of a file before it is sent: the type to send, or the text key of what to do instead. */

const PDF = "application/pdf";
const DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document";
const PICTURES = { png: "image/png", jpg: "image/jpeg", jpeg: "image/jpeg", webp: "image/webp" };
const TYPES = { pdf: PDF, docx: DOCX, dotx: DOCX, ...PICTURES };
const ADVICE = {
  doc: "adviceOldWord",
  docm: "adviceOldWord",
  rtf: "adviceOldWord",
  odt: "adviceOpenDocument",
  pages: "adviceOpenDocument",
  gdoc: "adviceOpenDocument",
  heic: "advicePhoto",
  heif: "advicePhoto",
  tif: "advicePhoto",
  tiff: "advicePhoto",
  gif: "advicePhoto",
  txt: "adviceText",
  md: "adviceText",
  csv: "adviceText",
  xls: "adviceSheet",
  xlsx: "adviceSheet",
  ods: "adviceSheet",
};

export const PHOTOS = Object.values(PICTURES).join();
export const ACCEPT = `.pdf,.docx,.dotx,${PDF},${DOCX},${PHOTOS}`;

/** `{type}` of a file that can be sent, or `{advice, values}`: a key of `texts.js`. */
export function judge(file, maxFileMb) {
  const ending = file.name.split(".").pop().toLowerCase();
  if (ADVICE[ending]) return { advice: ADVICE[ending] };
  const type = TYPES[ending] ?? Object.values(TYPES).find((known) => known === file.type);
  if (!type && file.type.startsWith("image/")) return { advice: "advicePhoto" };
  if (!type) return { advice: "adviceOther" };
  if (!file.size) return { advice: "adviceEmpty" };
  if (file.size > maxFileMb * 1024 * 1024) return { advice: "adviceTooLarge", values: { mb: maxFileMb } };
  return { type };
}

/** As `judge`, for several files: photos of a document's pages, which are sent as one. */
export function judgeAll(files, maxFileMb) {
  const judged = files.map((file) => judge(file, maxFileMb));
  const refused = judged.find(({ advice }) => advice);
  if (refused || files.length === 1) return refused ?? judged[0];
  if (judged.some(({ type }) => !type.startsWith("image/"))) return { advice: "adviceSeveral" };
  if (files.reduce((sum, file) => sum + file.size, 0) > maxFileMb * 1024 * 1024) return { advice: "adviceTooLarge", values: { mb: maxFileMb } };
  return judged[0];
}
