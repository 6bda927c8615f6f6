/** The rubric as a file, on the clipboard or on paper. */

import { element } from "./dom.js";
import { withoutReading } from "./sources.js";

const FORMATS = [
  ["canvas-csv", "asCanvas"],
  ["json", "asJson"],
  ["markdown", "asMarkdown"],
];

export class TakeAlong {
  /** `context`: `{texts, ask(request), client, rubric()}`. */
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
        element("button", { type: "button", onclick: () => this.#copy() }, t("copyText")),
        element("button", { type: "button", onclick: () => print() }, t("print")),
      ),
      this.told,
    );
  }

  #export(format) {
    const { ask, client, rubric } = this.context;
    return ask(() => client.exportRubric(withoutReading(rubric()), format));
  }

  async #save(format) {
    const { texts } = this.context;
    try {
      const { content, fileName, losses } = await this.#export(format);
      const name = named(this.context.rubric().title, fileName ?? "rubric");
      const url = URL.createObjectURL(content);
      element("a", { href: url, download: name }).click();
      setTimeout(() => URL.revokeObjectURL(url), 10000);
      this.#tell(texts.t("downloaded", { name }), losses);
    } catch (fault) {
      this.#tell(texts.sentence(fault));
    }
  }

  async #copy() {
    const { texts } = this.context;
    const text = this.#export("text").then(({ content }) => content);
    try {
      // The promise goes to the clipboard at once: some browsers forget the click while the service answers.
      await navigator.clipboard.write([new ClipboardItem({ "text/plain": text })]);
      this.#tell(texts.t("copied"));
    } catch (fault) {
      const wasRefused = await text.then(() => null, (refusal) => refusal);
      this.#tell(wasRefused ? texts.sentence(wasRefused) : texts.t("notCopied"));
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
