"""How well pictures of pages are read, beside the same pages' text: python -m benchmarks.scans DOCS TRUTH [options].

Renders PDFs as scans (200 dots an inch, turned by up to 2°, noise, JPEG) or as photos (perspective, shadow, a desk
around them), recognises and reads them, and compares the criteria with the truth. Prints a line for each document.
"""

from __future__ import annotations

import argparse
import io
import json
import os
import resource
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_THREAD_LIMIT", "1")

import cv2
import numpy as np
import pypdfium2 as pdfium
from PIL import Image

from benchmarks import fit_judging
from rubric_jobs import errors, reader
from rubric_jobs.documents import pdf
from rubric_jobs.documents.model import Document
from rubric_jobs.documents.recognized import Recognized, shown_size
from rubric_jobs.documents.scans import decode, page

DOTS_AN_INCH = 200
MOST_TURNED = 2.0
MOST_PAGES = 6
"""Of one document: time, not the reader, is the limit."""


def scan(shown: Image.Image, seed: int) -> bytes:
    """A page as a copier scans it."""
    random = np.random.default_rng(seed)
    turn = random.uniform(-MOST_TURNED, MOST_TURNED)
    grey = shown.convert("L").rotate(turn, fillcolor=255, resample=Image.Resampling.BICUBIC)
    return _jpeg(np.asarray(grey, dtype=np.float64) + random.normal(0, 10, (grey.height, grey.width)), quality=60)


def photo(shown: Image.Image, seed: int) -> bytes:
    """A page on a desk, seen askew, with a shadow across it."""
    random = np.random.default_rng(seed)
    paper = np.asarray(shown.convert("L"), dtype=np.float64)
    height, width = paper.shape
    edge = 0.08 * max(height, width)
    corners = np.array([(0, 0), (width, 0), (width, height), (0, height)], dtype=np.float32)
    moved = (corners + edge * 1.5 + random.uniform(-edge / 2, edge / 2, (4, 2))).astype(np.float32)
    size = round(width + 3 * edge), round(height + 3 * edge)
    seen = cv2.warpPerspective(
        paper, cv2.getPerspectiveTransform(corners, moved), size, flags=cv2.INTER_CUBIC, borderValue=70
    )
    ys, xs = np.mgrid[0 : size[1], 0 : size[0]]
    angle, at = random.uniform(0, np.pi), random.uniform(0.3, 0.7)
    across = (xs / size[0] - at) * np.cos(angle) + (ys / size[1] - at) * np.sin(angle)
    light = 1 - 0.4 / (1 + np.exp(-across * 20))
    return _jpeg(seen * light + random.normal(0, 6, seen.shape), quality=80)


def _jpeg(pixels: Any, *, quality: int) -> bytes:
    target = io.BytesIO()
    Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8)).save(target, "JPEG", quality=quality)
    return target.getvalue()


def pictures(path: Path) -> Iterator[tuple[Image.Image, float, float]]:
    document = pdfium.PdfDocument(path)
    document.init_forms()  # the boxes of forms are on paper too
    for index in range(min(len(document), MOST_PAGES)):
        rendered = document[index].render(scale=DOTS_AN_INCH / 72)
        yield rendered.to_pil(), *document[index].get_size()
    document.close()


def recognized(path: Path, *, is_photo: bool) -> tuple[Document, list[float]]:
    """The document by its pictures, and the seconds of CPU that each page took."""
    found: list[Recognized] = []
    times: list[float] = []
    for number, (shown, *size) in enumerate(pictures(path), start=1):
        data = photo(shown, number) if is_photo else scan(shown, number)
        began = time.process_time()
        pixels = decode.grey(decode.picture(data))
        width, height = shown_size(pixels.shape[1], pixels.shape[0]) if is_photo else size
        found.append(page.read(pixels, number, width=width, height=height, is_photo=is_photo))
        times.append(time.process_time() - began)
    return pdf.document_of([one.content for one in found], found), times


def criteria(document: Document) -> tuple[list[Any], Any]:
    try:
        rubric = reader.read(document)
    except errors.RubricJobError:
        return [], None
    return rubric.criteria, rubric


def counts(truth: dict[str, Any], found: list[Any]) -> tuple[int, int, int]:
    """Matched, wanted and found criteria, for the reading of the truth that fits best."""

    def matched(reading: dict[str, Any]) -> tuple[int, int, int]:
        wanted = reading["criteria"]
        both = fit_judging.pairs(wanted, found, lambda t, f: fit_judging.name_likeness(t, f.name))
        return len(both), len(wanted), len(found)

    return max(map(matched, fit_judging.readings(truth)), key=lambda c: 2 * c[0] / max(c[1] + c[2], 1))


def f1(rows: list[tuple[int, int, int]]) -> float:
    return 2 * sum(r[0] for r in rows) / max(sum(r[1] + r[2] for r in rows), 1)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("docs", type=Path)
    parser.add_argument("truth", type=Path)
    parser.add_argument("--photos", action="store_true")
    parser.add_argument("--most", type=int, default=1000)
    parser.add_argument("--every", type=int, default=1)
    parser.add_argument("--only", default="")
    asked = parser.parse_args()
    by_text: list[tuple[int, int, int]] = []
    by_picture: list[tuple[int, int, int]] = []
    times: list[float] = []
    paths = [p for p in sorted(asked.docs.glob("*.pdf")) if p.name.startswith(tuple(asked.only.split(",")))]
    for path in paths[:: asked.every][: asked.most]:
        truth = json.loads((asked.truth / f"{path.stem}.json").read_text(encoding="utf-8"))
        if len(pdfium.PdfDocument(path)) > MOST_PAGES or truth["kind"] == "none":
            continue
        document, took = recognized(path, is_photo=asked.photos)
        times += took
        seen, rubric = criteria(document)
        printed = criteria(pdf.parse(path.read_bytes()))[0]
        by_text.append(counts(truth, printed))
        by_picture.append(counts(truth, seen))
        told = f"told {rubric.confidence:.2f} quality {fit_judging.quality(truth, rubric):.3f}" if rubric else "-"
        print(path.name, "text", by_text[-1], "picture", by_picture[-1], told, flush=True)
    ordered = sorted(times)
    print(
        f"{len(by_text)} documents, {len(times)} pages: criteria F1 {f1(by_picture):.3f} by pictures, "
        f"{f1(by_text):.3f} by text, ratio {f1(by_picture) / max(f1(by_text), 0.001):.3f}; CPU a page median "
        f"{ordered[len(ordered) // 2]:.1f} s, most {ordered[-1]:.1f} s; most memory "
        f"{resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024} MB"
    )


if __name__ == "__main__":
    main()
