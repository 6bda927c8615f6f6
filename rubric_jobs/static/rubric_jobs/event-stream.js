/** The events of a `text/event-stream` body, which `fetch()` gives where EventSource could send no header. */

/** `onSign` is called for whatever arrives, comments too: they say that the connection lives. */
export async function* readEvents(body, onSign = () => {}) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  try {
    while (true) {
      const { done, value } = await reader.read();
      if (done) return;
      onSign();
      // A carriage return at the end may be half of a line's end: it waits for the next part.
      const text = rest + value;
      const kept = text.endsWith("\r") ? "\r" : "";
      const blocks = text.slice(0, text.length - kept.length).replace(/\r\n?/g, "\n").split("\n\n");
      rest = blocks.pop() + kept;
      for (const block of blocks) yield parse(block);
    }
  } finally {
    reader.cancel().catch(() => {});
  }
}

function parse(block) {
  const event = { event: "message", data: "", id: "" };
  const data = [];
  for (const line of block.split("\n")) {
    // A value may hold U+2028, which ends a line for JavaScript alone.
    const [, field, value] = line.match(/^([^:]+):? ?(.*)$/s) ?? [];
    if (field === "data") data.push(value);
    else if (field === "event" || field === "id") event[field] = value;
  }
  event.data = data.join("\n");
  return event;
}
