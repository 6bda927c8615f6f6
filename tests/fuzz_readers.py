"""Mutated documents against both readers, through the real sandbox: `python tests/fuzz_readers.py 100000`.

Every document must end as a reading or as a DocumentError within the sandbox's own bound, and no reading may be an
internal error. The seed of each fault is printed; `--seed N --count 1` repeats it.
"""

from __future__ import annotations

import argparse
import asyncio
import io
import random
import sys
import time
import zipfile
from collections import Counter
from collections.abc import Callable
from pathlib import Path

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from pypdf import PdfReader, PdfWriter
from pypdf.annotations import FreeText
from reportlab.pdfgen.canvas import Canvas

from rubric_jobs import errors
from rubric_jobs.reader import sandbox
from tests.reading.builders import as_docx, as_pdf
from tests.reading.hostile import LAYER, embedding, layered
from tests.reading.samples_grids import GRIDS
from tests.reading.samples_languages import LANGUAGES
from tests.reading.samples_lists import LISTS

CHILDREN = 2
SLOW_S = 10.0
NASTY = [b"\x00", b"\xff" * 8, b"-1", b"999999999999", b"<<" * 40, b"[" * 200, b"0 0 R", b"</w:p>", b"<w:tbl>", b"&#0;"]


def corpus() -> list[bytes]:
    """A few samples of every kind; PDFs with their streams unpacked, so that mutations reach the operators."""
    samples = [*GRIDS[::4], *LISTS[::3], *LANGUAGES[::4]]
    packed = [as_pdf(sample, "ruled") for sample in samples]
    unusual = [embedding(("c.html", EMBEDDED_PAGE)), layered(LAYER), filled_form()]
    return [*packed, *(unpacked(data) for data in packed), *(as_docx(sample) for sample in samples), *unusual]


EMBEDDED_PAGE = b"<table><tr><td rowspan=2>Thesis<td colspan=2>5<tr><td>3<td><ol><li>a</ol></table><p>x<sup>2</sup>"


def filled_form() -> bytes:
    """Fields, a typed note, invisible text and numbers that are raised or struck out."""
    stream = io.BytesIO()
    canvas = Canvas(stream, pageCompression=0)
    canvas.acroForm.checkbox(name="done", x=72, y=700, checked=True)
    canvas.acroForm.textfield(name="points", value="12", x=200, y=690, width=60, height=20)
    for rise, size, text in ((0, 12, "Thesis 10"), (4, 7, "1"), (0, 12, "Pre\u00b4sent")):
        canvas.setFont("Helvetica", size)
        canvas.drawString(72 + 60 * (size < 12), 600 + rise, text)
    canvas.line(72, 604, 110, 604)
    hidden = canvas.beginText(72, 500)
    hidden.setTextRenderMode(3)
    hidden.textOut("invisible")
    canvas.drawText(hidden)
    canvas.save()
    writer = PdfWriter(clone_from=io.BytesIO(stream.getvalue()))
    writer.add_annotation(0, FreeText(text="10 points", rect=(150, 698, 220, 714)))
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def unpacked(data: bytes) -> bytes:
    writer = PdfWriter()
    writer.append(PdfReader(io.BytesIO(data)))
    for page in writer.pages:
        contents = page.get_contents()
        if contents is not None:
            page.replace_contents(contents)
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def mutated(data: bytes, dice: random.Random) -> bytes:
    """The bytes with some of them changed; half of the DOCX files within one of their parts."""
    if data.startswith(b"PK") and dice.random() < 0.8:
        return _with_part_mutated(data, dice)
    return _bytes_mutated(data, dice)


def _with_part_mutated(data: bytes, dice: random.Random) -> bytes:
    source = zipfile.ZipFile(io.BytesIO(data))
    names = [name for name in source.namelist() if name.endswith(".xml")]
    chosen = "word/document.xml" if dice.random() < 0.7 else dice.choice(names)
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as target:
        for name in source.namelist():
            part = source.read(name)
            target.writestr(name, _markup_mutated(part, dice) if name == chosen else part)
    return out.getvalue()


def _markup_mutated(part: bytes, dice: random.Random) -> bytes:
    """Elements moved, doubled or dropped, attribute values replaced: mostly still well-formed."""
    pieces = part.split(b"<w:")
    for _ in range(dice.randint(1, 4)):
        at = dice.randrange(1, max(2, len(pieces)))
        action: Callable[[], None] = dice.choice(
            [
                lambda at=at: pieces.insert(at, dice.choice(pieces)),  # type: ignore[misc]
                lambda at=at: pieces.__setitem__(slice(at, at + 3), []),  # type: ignore[misc]
                lambda at=at: pieces.__setitem__(slice(at, at), pieces[at : at + dice.randint(1, 40)] * 3),  # type: ignore[misc]
            ]
        )
        action()
    mixed = b"<w:".join(pieces)
    return _bytes_mutated(mixed, dice) if dice.random() < 0.3 else mixed


def _bytes_mutated(data: bytes, dice: random.Random) -> bytes:
    body = bytearray(data)
    for _ in range(dice.choice([1, 2, 4, 16, 64])):
        if not body:
            break
        at = dice.randrange(len(body))
        choice = dice.random()
        if choice < 0.5:
            body[at] = dice.randrange(256)
        elif choice < 0.7:
            body[at:at] = dice.choice(NASTY)
        elif choice < 0.85:
            del body[at : at + dice.randint(1, 200)]
        else:
            other = dice.randrange(len(body))
            body[at:at] = body[other : other + dice.randint(1, 400)]
    return bytes(body)


async def one(box: sandbox.Sandbox, data: bytes) -> str:
    """How one document ended; a word that begins with "fault" is a fault."""
    began = time.monotonic()
    try:
        reading = await box.read(data)
    except errors.DocumentError as refused:
        end = refused.code
    except Exception as fault:
        return f"fault: {type(fault).__name__}"
    else:
        local = reading.local
        end = local.code if isinstance(local, errors.RubricJobError) else "rubric"
    if end == errors.InternalError.code:
        return "fault: internal_error"
    return "fault: slow" if time.monotonic() - began > SLOW_S else end


async def fuzz(count: int, seed: int) -> tuple[Counter[str], list[str]]:
    """Ends of `count` documents from `seed` on, and the faults among them."""
    originals = corpus()
    ends: Counter[str] = Counter()
    faults: list[str] = []
    numbers = iter(range(seed, seed + count))

    async def work(box: sandbox.Sandbox) -> None:
        for number in numbers:
            dice = random.Random(number)
            end = await one(box, mutated(dice.choice(originals), dice))
            ends[end] += 1
            if ends.total() % 10_000 == 0:
                sys.stderr.write(f"{ends.total()} documents: {dict(ends.most_common())}\n")
            if end.startswith("fault"):
                faults.append(f"seed {number}: {end}")

    async with sandbox.Sandbox(CHILDREN) as box:
        await asyncio.gather(*(work(box) for _ in range(CHILDREN)))
    return ends, faults


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("count", nargs="?", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    began = time.monotonic()
    ends, faults = asyncio.run(fuzz(options.count, options.seed))
    lines = [f"{options.count} documents in {time.monotonic() - began:.0f} s: {dict(ends.most_common())}", *faults]
    sys.stdout.write("\n".join(lines) + "\n")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
