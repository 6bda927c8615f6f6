/** The first view: a document or some text, what is wished for, and where it will go. */

import { canInstruct, MODELS, whereItGoes } from "./destinations.js";
import { drawing, element, newId } from "./dom.js";
import { ACCEPT, judgeAll, PHOTOS } from "./file-check.js";
import { blockOf } from "./paste.js";
import { pointsOf } from "./rubric-edit.js";

const DOCUMENT = "M6 2.5h8l4.5 4.5v14.5H6zM14 2.5V7h4.5M9 12h6M9 15.5h6";

export class FormView {
  #context;
  #file = null;
  #isText = false;
  #parts = {};

  /**
   * `context`: `{texts, service, maxFileMb, onExtract(wanted), onEnhance(wanted), onTable(block)}`; `service` as in
   * `destinations.js`; `block` are pasted cells, or null for an empty table.
   */
  constructor(context) {
    this.#context = context;
    this.node = this.#build();
    this.#changed();
  }

  focus() {
    this.node.querySelector("input:checked").focus();
  }

  /** A fault that the service found in a field, shown where it can be mended. */
  showFault(sentence) {
    this.#say(sentence);
  }

  get hasFile() {
    return this.#file !== null;
  }

  /** The file that was sent is sent once more, to be read by this provider. */
  sendAgain(provider) {
    this.#parts.provider.value = provider;
    this.#changed();
    this.node.requestSubmit();
  }

  chooseFile() {
    this.#switchTo(false);
    this.#parts.input.focus();
    this.#parts.input.click();
  }

  writeText() {
    this.#switchTo(true);
    this.#parts.rules.focus();
  }

  #build() {
    const { t } = this.#context.texts;
    const parts = this.#parts;
    parts.heading = element("header", {}, element("h2", {}, t("formTitle")), element("p.hint", {}, t("formIntro")));
    parts.fault = element("p.fault", { role: "alert", hidden: true });
    parts.where = element("p.where");
    parts.submit = element("button.primary", { type: "submit" });
    const form = element(
      "form.card.form",
      { novalidate: true, onsubmit: (event) => this.#submit(event), onpaste: (event) => this.#pasted(event) },
      parts.heading,
      this.#switch(),
      this.#dropArea(),
      this.#cameraArea(),
      this.#rulesArea(),
      this.#fields(),
      parts.fault,
      element("div.send", {}, parts.submit, parts.where),
      element("p.hint", {}, `${t("orEmptyTable")} `, element("button.link", { type: "button", onclick: () => this.#context.onTable(null) }, t("emptyTable"))),
    );
    return form;
  }

  #switch() {
    const { t } = this.#context.texts;
    const name = newId("source");
    const choice = (isText, label) =>
      element(
        "label",
        {},
        element("input", { type: "radio", name, checked: isText === this.#isText, onchange: () => this.#choose(isText) }),
        element("span", {}, label),
      );
    const legend = element("legend.unseen", {}, t("sourceLegend"));
    return element("fieldset.switch", {}, legend, choice(false, t("fromDocument")), choice(true, t("fromText")));
  }

  #dropArea() {
    const { t } = this.#context.texts;
    const parts = this.#parts;
    parts.input = element("input.unseen", { type: "file", accept: ACCEPT, multiple: true, onchange: () => this.#took([...parts.input.files]) });
    parts.fileName = element("strong");
    parts.fileNote = element("span.muted");
    parts.drop = element(
      "label.drop",
      {
        ondragover: (event) => this.#dragged(event, true),
        ondragleave: (event) => this.#dragged(event, false),
        ondrop: (event) => this.#dropped(event),
      },
      parts.input,
      drawing(DOCUMENT),
      element("span.drop-text", {}, parts.fileName, parts.fileNote),
    );
    parts.fileName.textContent = t("chooseFile");
    parts.fileNote.textContent = t(this.#context.service.readsPictures ? "dropHere" : "dropHereNoPhotos", { mb: this.#context.maxFileMb });
    return parts.drop;
  }

  /** For phones and tablets: a photo of the page, straight from the camera. */
  #cameraArea() {
    const { t } = this.#context.texts;
    const parts = this.#parts;
    // Never shown, so it stands outside of the page.
    parts.camera = element("input", { type: "file", accept: PHOTOS, capture: "environment", onchange: () => this.#took([...parts.camera.files]) });
    parts.cameraArea = element("p", {}, element("button", { type: "button", onclick: () => parts.camera.click() }, t("takePhoto")));
    return parts.cameraArea;
  }

  #rulesArea() {
    const { t } = this.#context.texts;
    const hint = newId("hint");
    this.#parts.rules = element("textarea", { rows: 8, "aria-describedby": hint, maxlength: 200000, dir: "auto" });
    this.#parts.rulesField = element(
      "div.field",
      {},
      element("label", {}, element("span.label", {}, t("rules")), this.#parts.rules),
      element("p.hint", { id: hint }, t("rulesHint")),
    );
    return this.#parts.rulesField;
  }

  #fields() {
    const { t } = this.#context.texts;
    const parts = this.#parts;
    parts.total = element("input.short", { inputmode: "decimal", autocomplete: "off" });
    parts.totalHint = element("p.hint", { id: newId("hint") });
    parts.total.setAttribute("aria-describedby", parts.totalHint.id);
    parts.totalOptional = element("span.muted", {}, ` (${t("optional")})`);
    parts.provider = element("select", { onchange: () => this.#changed() }, this.#providerOptions());
    parts.providerLabel = element("span.label");
    parts.model = element("input", { autocomplete: "off", spellcheck: "false", maxlength: 100 });
    parts.modelField = field(t("model"), parts.model, t("modelHint"));
    parts.instruction = element("textarea", { rows: 2, maxlength: 20000, dir: "auto", oninput: () => this.#changed() });
    parts.instructionHint = element("p.hint", { id: newId("hint") });
    parts.instruction.setAttribute("aria-describedby", parts.instructionHint.id);
    const total = element("span.label", {}, t("totalPoints"), parts.totalOptional);
    const grid = element(
      "div.grid",
      {},
      element("div.field", {}, element("label", {}, total, parts.total), parts.totalHint),
      element("div.field", {}, element("label", {}, parts.providerLabel, parts.provider)),
      parts.modelField,
      element(
        "div.field.wide",
        {},
        element("label", {}, element("span.label", {}, t("instruction"), element("span.muted", {}, ` (${t("optional")})`)), parts.instruction),
        parts.instructionHint,
      ),
    );
    return grid;
  }

  #providerOptions() {
    const { t } = this.#context.texts;
    const models = this.#context.service.providers.map((name) => element("option", { value: name }, t(MODELS[name])));
    return [
      element("option", { value: "auto" }, t("providerAuto")),
      ...models,
      element("option", { value: "local" }, t("providerLocal")),
    ];
  }

  #switchTo(isText) {
    this.node.querySelectorAll(".switch input")[isText ? 1 : 0].checked = true;
    this.#choose(isText);
  }

  #choose(isText) {
    this.#isText = isText;
    this.#say("");
    this.#changed();
  }

  #changed() {
    const { t } = this.#context.texts;
    const parts = this.#parts;
    const provider = parts.provider.value;
    parts.drop.hidden = this.#isText;
    parts.cameraArea.hidden = this.#isText || !matchMedia("(pointer: coarse)").matches;
    parts.rulesField.hidden = !this.#isText;
    parts.totalOptional.hidden = this.#isText;
    parts.totalHint.textContent = t(this.#isText ? "totalHintText" : "totalHint");
    parts.providerLabel.textContent = t(this.#isText ? "providerText" : "provider");
    const isHeeded = canInstruct(this.#context.service, provider);
    const hasInstruction = Boolean(parts.instruction.value.trim());
    parts.instructionHint.textContent = t(isHeeded ? (this.#isText ? "instructionTextHint" : "instructionHint") : "instructionIgnored");
    parts.instructionHint.classList.toggle("doubt", !isHeeded && hasInstruction);
    parts.modelField.hidden = !(provider in MODELS);
    parts.submit.textContent = t(this.#isText ? "write" : "extract");
    parts.where.textContent = whereItGoes(this.#context.service, this.#isText ? "text" : "document", provider, t, { hasInstruction });
  }

  #dragged(event, isOver) {
    event.preventDefault();
    this.#parts.drop.classList.toggle("over", isOver);
  }

  #dropped(event) {
    this.#dragged(event, false);
    if (event.dataTransfer.files[0]) this.#took([...event.dataTransfer.files]);
    else this.#tookText(event.dataTransfer.getData("text/plain"));
  }

  #pasted(event) {
    const block = !event.target.matches?.("input:not([type=file], [type=radio])") && blockOf(event.clipboardData);
    if (block && block.length > 1 && block[0].length > 1) {
      event.preventDefault();
      this.#context.onTable(block);
      return;
    }
    if (this.#isText || event.target.matches?.("textarea, input:not([type=file], [type=radio])")) return;
    const files = [...event.clipboardData.files];
    if (files.length) this.#took(files);
    else this.#tookText(event.clipboardData.getData("text/plain"));
    event.preventDefault();
  }

  #tookText(text) {
    if (!text.trim()) return;
    this.#parts.rules.value = text;
    this.#switchTo(true);
    this.#say(this.#context.texts.t("advicePaste"));
    this.#parts.rules.focus();
  }

  #took(files) {
    if (!files.length) return;
    const { t, number } = this.#context.texts;
    const { type, advice, values } = judgeAll(files, this.#context.maxFileMb);
    this.#file = type ? { file: files.length > 1 ? files : files[0], name: files[0].name, type } : null;
    this.#parts.drop.classList.toggle("chosen", Boolean(type));
    this.#parts.fileName.textContent = files.length > 1 ? t("pictures", { count: files.length }) : files[0].name;
    const bytes = files.reduce((sum, file) => sum + file.size, 0);
    const size = bytes < 1e6 ? `${number(Math.ceil(bytes / 1024))} KB` : `${number(Math.round(bytes / 1e5) / 10)} MB`;
    this.#parts.fileNote.textContent = `${size} · ${t("changeFile")}`;
    this.#say(advice ? t(advice, values) : "");
    // The same file may be chosen again after it was mended.
    this.#parts.input.value = "";
    this.#parts.camera.value = "";
  }

  #say(sentence) {
    this.#parts.fault.textContent = sentence;
    this.#parts.fault.hidden = !sentence;
  }

  #submit(event) {
    event.preventDefault();
    const { t } = this.#context.texts;
    const parts = this.#parts;
    const total = pointsOf(parts.total.value);
    const isTotalWrong = total === undefined || (total === null ? this.#isText : total <= 0);
    if (!this.#isText && !this.#file) return this.#refuse(t("needFile"), parts.input);
    if (this.#isText && !parts.rules.value.trim()) return this.#refuse(t("needRules"), parts.rules);
    if (isTotalWrong) return this.#refuse(t("needTotal"), parts.total);
    this.#say("");
    const who = { llmProvider: parts.provider.value, llmModel: parts.modelField.hidden ? undefined : parts.model.value.trim() || undefined };
    const instruction = parts.instruction.value.trim();
    if (this.#isText) {
      this.#context.onEnhance({ simple_rules: parts.rules.value, rubric_prompt: instruction, total_points: total, ...who });
    } else {
      const { file, name, type } = this.#file;
      const asked = { totalPoints: total ?? undefined, extractionPrompt: instruction || undefined, ...who };
      this.#context.onExtract({ file, fileName: name, fileType: type, ...asked });
    }
  }

  #refuse(sentence, where) {
    this.#say(sentence);
    where.focus();
  }
}

function field(label, input, hint) {
  const id = newId("hint");
  input.setAttribute("aria-describedby", id);
  return element("div.field", {}, element("label", {}, element("span.label", {}, label), input), element("p.hint", { id }, hint));
}
