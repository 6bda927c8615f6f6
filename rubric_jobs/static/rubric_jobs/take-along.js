/** The rubric as a file, on the clipboard or on paper. */

import { plainText, richText } from "./clipboard.js";
import { element } from "./dom.js";
import { lossesFor } from "./losses.js";
import { preparePrint } from "./print.js";
import { withoutReading } from "./sources.js";

const FORMATS = [
  ["docx", "asWord"],
  ["canvas-csv", "asCanvas"],
  ["csv", "asCsv"],
  ["json", "asJson"],
  ["markdown", "asMarkdown"],
];

export class TakeAlong {
  #left = new AbortController();

  /** `context`: `{texts, ask(request), client, rubric(), fit(width)}`; `fit` gives the table another width while it is printed. */
  constructor(context) {
    const { t } = context.texts;
    this.context = context;
    this.told = element("div.told", { role: "status" });
    const saves = FORMATS.map(([format, label]) => element("button", { type: "button", onclick: () => this.#save(format) }, t(label)));
    this.node = element(
      "section.card.take",
      {},
      element("h3", {}, t("take")),
      element(
        "div.buttons",
        {},
        saves,
        element("button", { type: "button", onclick: () => this.#copy() }, t("copyTable")),
        element("button", { type: "button", onclick: () => print() }, t("print")),
      ),
      this.told,
    );
    preparePrint(context, this.#left.signal);
  }

  leave() {
    this.#left.abort();
  }

  async #save(format, choice = {}) {
    const { texts, ask, client } = this.context;
    try {
      const rubric = withoutReading(this.context.rubric());
      const { content, fileName, losses } = await ask(() => client.exportRubric(rubric, format, choice));
      const name = named(this.context.rubric().title, fileName ?? "rubric");
      const url = URL.createObjectURL(content);
      element("a", { href: url, download: name }).click();
      setTimeout(() => URL.revokeObjectURL(url), 10000);
      this.#tell(texts.t("downloaded", { name }), lossesFor(losses, rubric, texts));
    } catch (fault) {
      if ((fault.fields?.levelPoints || fault.code === "level_points_needed") && !choice.levelPoints) this.#ask(format);
      else this.#tell(texts.sentence(fault));
    }
  }

  /** Levels without points in a format that needs some: the teacher says what they are worth. */
  #ask(format) {
    const { t } = this.context.texts;
    const choice = (levelPoints, label) => element("button", { type: "button", onclick: () => this.#save(format, { levelPoints }) }, t(label));
    const buttons = element("div.buttons", {}, choice("spread", "spreadPoints"), choice("full_marks", "fullMarks"));
    this.told.replaceChildren(element("p", {}, t("needsLevelPoints")), buttons);
    buttons.firstChild.focus();
  }

  /** As a table for Word, Docs and mail, and as plain text for everything else. */
  async #copy() {
    const { texts } = this.context;
    const rubric = this.context.rubric();
    const kinds = { "text/html": richText(rubric, texts), "text/plain": plainText(rubric, texts) };
    const blobs = Object.entries(kinds).map(([type, text]) => [type, new Blob([text], { type })]);
    try {
      await navigator.clipboard.write([new ClipboardItem(Object.fromEntries(blobs))]);
      this.#tell(texts.t("copied"));
    } catch {
      this.#tell(texts.t("notCopied"));
    }
  }

  #tell(sentence, losses = []) {
    const list = losses.length ? [element("p", {}, this.context.texts.t("losses")), element("ul", {}, losses.map((loss) => element("li", {}, loss)))] : [];
    this.told.replaceChildren(element("p", {}, sentence), ...list);
  }
}

/** The file's name from the rubric's title, with the ending that the service chose. */
function named(title, fileName) {
  const ending = fileName.match(/\.\w+$/)?.[0] ?? "";
  const stem = (title ?? "").normalize("NFC").replace(/[^\p{L}\p{N}]+/gu, "-").replace(/^-+|-+$/g, "").slice(0, 60);
  return `${stem || "rubric"}${ending}`;
}
