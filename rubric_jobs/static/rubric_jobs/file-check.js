/** What can be said of a file before it is sent: the type to send, or the text key of what to do instead. */

const PDF = "application/pdf";
const DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document";
const TYPES = { pdf: PDF, docx: DOCX, dotx: DOCX };
const ADVICE = {
  doc: "adviceOldWord",
  docm: "adviceOldWord",
  rtf: "adviceOldWord",
  odt: "adviceOpenDocument",
  pages: "adviceOpenDocument",
  gdoc: "adviceOpenDocument",
  jpg: "advicePhoto",
  jpeg: "advicePhoto",
  png: "advicePhoto",
  heic: "advicePhoto",
  webp: "advicePhoto",
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

export const ACCEPT = `.pdf,.docx,.dotx,${PDF},${DOCX}`;

/** `{type}` of a file that can be sent, or `{advice, values}`: a key of `texts.js`. */
export function judge(file, maxFileMb) {
  const ending = file.name.split(".").pop().toLowerCase();
  if (ADVICE[ending]) return { advice: ADVICE[ending] };
  if (file.type.startsWith("image/")) return { advice: "advicePhoto" };
  const type = TYPES[ending] ?? Object.values(TYPES).find((known) => known === file.type);
  if (!type) return { advice: "adviceOther" };
  if (!file.size) return { advice: "adviceEmpty" };
  if (file.size > maxFileMb * 1024 * 1024) return { advice: "adviceTooLarge", values: { mb: maxFileMb } };
  return { type };
}
