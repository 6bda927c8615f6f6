"""The document layer by itself: which share of a truth's texts begins a piece of the parsed document.

    python -m benchmarks.document_layer DOCS TRUTH [--misses]

TRUTH holds one JSON file for each document: criteria with `name`, `names` and `prefixes`, their levels with `name` and
`description_start`. Letters and digits alone are compared, in one case, and 0.8 of them must agree, as in scoring.
Three counts, each with the one before:

    begin   a paragraph (with or without its marker) or a cell begins with the text
    line    or a line within a cell does, or what stands behind a tab
    label   or it stands right behind its label: an amount, a number, the level's name, a short text with a colon

    row     the level texts that stand in one row or one column with the name of their criterion, of those in tables
    pieces  paragraphs and cells with text, for each text of the truth: cutting finer buys a share, and a reader pays

Scans without a text layer are told apart: no layer above the pixels can hold their texts.
"""

from __future__ import annotations

import argparse
import difflib
import json
import pathlib
import re
import statistics
import time
import unicodedata
import zipfile
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pypdfium2 as pdfium

from rubric_jobs.documents import Document, Paragraph, parse
from rubric_jobs.errors import DocumentError

ALIKE = 0.8
MAKERS = (
    ("Google", r"google|skia/pdf"),
    ("Excel", r"excel"),
    ("PowerPoint", r"powerpoint"),
    ("Word", r"\bword\b|microsoft office|pdfmaker"),
    ("LaTeX", r"latex|tex\b|pandoc"),
    ("LibreOffice", r"libreoffice|openoffice|onlyoffice"),
    ("Apple", r"pages|numbers|quartz"),
    ("browser", r"chrome|skia|firefox|cairo|wkhtml|qt \d|html"),
    ("publishing", r"indesign|canva|illustrator"),
    ("scanner", r"scan|image only"),
)
"""The first that fits the program named in the truth, or else in the file itself."""


def fold(text: str) -> str:
    return " ".join(re.findall(r"\w+", unicodedata.normalize("NFKC", text).casefold()))


@dataclass(frozen=True, slots=True)
class Piece:
    """A text as printed and where it stands: the table's number, then rows and columns that its cell covers."""

    text: str
    table: int | None = None
    rows: range = range(0)
    columns: range = range(0)

    def is_beside(self, other: Piece) -> bool:
        if self.table is None or self.table != other.table:
            return False
        return _overlap(self.rows, other.rows) or _overlap(self.columns, other.columns)


def _overlap(one: range, other: range) -> bool:
    return one.start < other.stop and other.start < one.stop


def pieces_of(document: Document) -> list[Piece]:
    pieces, tables = [], 0
    for block in document.blocks:
        if isinstance(block, Paragraph):
            pieces.append(Piece(f"{block.marker}\t{block.text}" if block.marker else block.text))
            continue
        for cell in block.cells:
            if cell.text.strip():
                rows = range(cell.row, cell.row + cell.row_span)
                columns = range(cell.column, cell.column + cell.column_span)
                pieces.append(Piece(cell.text, tables, rows, columns))
        tables += 1
    return pieces


class Starts:
    """Where texts may begin, folded, from the strictest to the most generous: whole pieces, lines, behind labels."""

    def __init__(self, document: Document) -> None:
        self.pieces = pieces_of(document)
        self.ways: list[list[tuple[str, Piece]]] = [[], [], []]
        for piece in self.pieces:
            _, tab, rest = piece.text.partition("\t") if piece.table is None else ("", "", piece.text)
            self.ways[0] += [(fold(text), piece) for text in ({piece.text, rest} if tab else {piece.text})]
            for line in re.split(r"[\n\t]", piece.text):
                self.ways[1].append((fold(line), piece))
                self.ways[2] += [(fold(line[end:]), piece) for end in _label_ends(line)]

    def find(self, forms: list[str], labels: list[str]) -> tuple[int, list[Piece]]:
        """The strictest way in which one of the forms begins, and all pieces that begin with it; 3 and none if none."""
        for way, starts in enumerate(self.ways):
            found = [piece for form in forms for piece in _beginning(form, starts)]
            if found:
                return way, found
        told = [f"{label} {form}" for label in labels for form in forms if label]
        found = [piece for form in told for piece in _beginning(form, self.ways[1])]
        return (2, found) if found else (3, [])


_AMOUNT = re.compile(r"\W*(?:\d[\d.,/½–-]*\W*(?:[^\W\d]{1,5}\W+(?=\d))?)+")
_BEHIND = re.compile(r"[:：)\]）】]")


def _label_ends(line: str) -> set[int]:
    """Where a text may begin behind a label: an amount, the word behind that, a short text with a colon or bracket."""
    ends = {match.end() for match in _BEHIND.finditer(line[:48])}
    amount = _AMOUNT.match(line)
    if amount:
        ends.add(amount.end())
        word = re.compile(r"\w+\W*").match(line, amount.end())
        ends |= {word.end()} if word else set()
    return ends | ({1} if line and not line[0].isalnum() else set())


@dataclass(slots=True)
class Tally:
    texts: int = 0
    ways: list[int] = field(default_factory=lambda: [0, 0, 0, 0])

    def add(self, other: Tally) -> None:
        self.texts += other.texts
        self.ways = [a + b for a, b in zip(self.ways, other.ways, strict=True)]

    def __str__(self) -> str:
        if not self.texts:
            return f"{'–':>17}"
        return " ".join(f"{sum(self.ways[: way + 1]) / self.texts:.3f}" for way in range(3))


@dataclass(slots=True)
class Result:
    stem: str
    groups: dict[str, str]
    names: Tally = field(default_factory=Tally)
    levels: Tally = field(default_factory=Tally)
    in_tables: int = 0
    beside: int = 0
    pieces: int = 0
    seconds: float = 0.0
    missed: list[str] = field(default_factory=list)

    @property
    def texts(self) -> int:
        return self.names.texts + self.levels.texts


def _beginning(text: str, starts: list[tuple[str, Piece]]) -> list[Piece]:
    """The pieces that begin with the text; nearly the same beginnings only where none is the very same."""
    if not text:
        return []
    same = [piece for start, piece in starts if start.startswith(text)]
    if same:
        return same
    matcher = difflib.SequenceMatcher(None, "", text, autojunk=False)
    found = []
    for start, piece in starts:
        cut = start[: len(text)]
        if len(cut) < ALIKE * len(text) / (2 - ALIKE):
            continue
        matcher.set_seq1(cut)
        if matcher.real_quick_ratio() >= ALIKE and matcher.quick_ratio() >= ALIKE and matcher.ratio() >= ALIKE:
            found.append(piece)
    return found


def _without_cut_word(start: str) -> str:
    """A start of a text was cut at 60 characters, mostly within a word."""
    folded = fold(start)
    return folded.rsplit(" ", 1)[0] if len(start) >= 50 and " " in folded else folded


def _name_forms(criterion: dict[str, Any]) -> list[str]:
    names = [criterion.get("name"), *(criterion.get("names") or [])]
    return [folded for name in names if (folded := fold(name or ""))]


def measured(path: pathlib.Path, truth: dict[str, Any]) -> Result:
    """Raises nothing: what cannot be read holds none of the texts."""
    groups = {"kind": truth["kind"], "layout": truth.get("layout") or "?", "maker": maker(path, truth)}
    result = Result(path.stem, groups)
    began = time.perf_counter()
    try:
        document = parse(path.read_bytes())
    except DocumentError as error:
        document = Document(pages=1)
        result.missed.append(f"not read: {error}")
    result.seconds = time.perf_counter() - began
    starts = Starts(document)
    result.pieces = len(starts.pieces)
    for criterion in truth["criteria"]:
        _count_criterion(criterion, starts, result)
    return result


def _count_criterion(criterion: dict[str, Any], starts: Starts, result: Result) -> None:
    named: list[Piece] = []
    forms = _name_forms(criterion)
    if forms:
        way, named = starts.find(forms, [fold(prefix) for prefix in criterion.get("prefixes") or []])
        _add(result, result.names, way, f"name   {criterion['name']}")
    for level in criterion.get("levels") or []:
        form = _without_cut_word(level.get("description_start") or "")
        if not form:
            continue
        way, found = starts.find([form], [fold(level.get("name") or "")])
        _add(result, result.levels, way, f"level  {level['description_start']}")
        if any(piece.table is not None for piece in named) and any(piece.table is not None for piece in found):
            is_beside = any(piece.is_beside(name) for piece in found for name in named)
            result.in_tables += 1
            result.beside += is_beside
            if not is_beside:
                result.missed.append(f"row    {criterion['name'][:30]} | {level['description_start']}")


def _add(result: Result, tally: Tally, way: int, told: str) -> None:
    tally.texts += 1
    tally.ways[way] += 1
    if way == 3:
        result.missed.append(told)


def maker(path: pathlib.Path, truth: dict[str, Any]) -> str:
    """The program that the document was made with, as a group."""
    for told in (truth.get("producer") or "", " ".join(_told_by_file(path))):
        for group, pattern in MAKERS:
            if re.search(pattern, told, re.IGNORECASE):
                return group
    return "other"


def _told_by_file(path: pathlib.Path) -> Iterator[str]:
    if path.suffix.lower() == ".pdf":
        try:
            with pdfium.PdfDocument(path) as pdf:
                yield from (pdf.get_metadata_value(key) for key in ("Creator", "Producer"))
        except pdfium.PdfiumError:
            return
    else:
        try:
            with zipfile.ZipFile(path) as package:
                yield from re.findall(
                    r"<Application>([^<]*)", package.read("docProps/app.xml").decode("utf-8", "replace")
                )
        except (zipfile.BadZipFile, KeyError):
            return


def measure(docs: pathlib.Path, truths: pathlib.Path) -> list[Result]:
    results = []
    for truth_file in sorted(truths.glob("*.json")):
        paths = [p for p in docs.glob(f"{truth_file.stem}.*") if p.suffix.lower() in (".pdf", ".docx")]
        if paths:
            results.append(measured(paths[0], json.loads(truth_file.read_text())))
    return results


def _line(label: str, results: list[Result]) -> str:
    names, levels = Tally(), Tally()
    for result in results:
        names.add(result.names)
        levels.add(result.levels)
    in_tables = sum(result.in_tables for result in results)
    row = f"{sum(result.beside for result in results) / in_tables:.3f}" if in_tables else "–"
    texts = names.texts + levels.texts
    pieces = f"{sum(result.pieces for result in results) / texts:.2f}" if texts else "–"
    return f"{label:22} {len(results):4} {names.texts:6} {names}  {levels.texts:6} {levels}  {row:>5} {pieces:>6}"


def report(results: list[Result]) -> Iterator[str]:
    told = [result for result in results if result.texts]
    yield f"{'':22} docs  names begin line  label  levels begin line  label    row pieces"
    for group in ("kind", "layout", "maker"):
        parts: dict[str, list[Result]] = defaultdict(list)
        for result in told:
            parts[result.groups[group]].append(result)
        for name, part in sorted(parts.items()):
            yield _line(f"{group} {name}", part)
    yield _line("all", told)
    yield _line("all but scans", [result for result in told if result.groups["layout"] != "scan"])
    seconds = sorted(result.seconds for result in results)
    if seconds:
        yield f"median {1000 * statistics.median(seconds):.1f} ms a document, slowest {1000 * seconds[-1]:.0f} ms"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("docs", type=pathlib.Path)
    parser.add_argument("truth", type=pathlib.Path)
    parser.add_argument("--misses", action="store_true", help="say which texts begin nowhere")
    args = parser.parse_args()
    results = measure(args.docs, args.truth)
    if args.misses:
        for result in sorted(results, key=lambda r: -len(r.missed)):
            if result.missed:
                print(f"{result.stem} {result.groups['maker']}: {len(result.missed)} missed of {result.texts}")
                print("".join(f"    {missed}\n" for missed in result.missed), end="")
    print("\n".join(report(results)))


if __name__ == "__main__":
    main()
