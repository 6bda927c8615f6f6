"""Compare a model's rubric with the document: where each part was read, and what the document does not contain."""

from __future__ import annotations

import bisect
import itertools
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property

from rubric_jobs.documents import Document, Table
from rubric_jobs.documents.model import CROSSING_NEEDLE, SHORT_NEEDLE, fold, word_borders
from rubric_jobs.reader import lexicon
from rubric_jobs.rubric.model import Criterion, Level, Rubric, Source, Warning
from rubric_jobs.rubric.points import as_text

NEARBY_PARAGRAPHS = 8
"""Paragraphs below a criterion's name in which its points are searched, unless another criterion begins."""

MOST_MISSING = 20
_MOST_PLACES = 50
_MOST_TRIES = 1_000
"""Attempts to find a short text that occurs inside longer words; after that, the search stops."""
_HEAD_SURPLUS = 24
"""Letters that a heading or cell may have beside a criterion's name, such as its points."""


@dataclass(frozen=True, slots=True)
class Grounded:
    """`ungrounded` counts the criteria and levels that are not in the document; `checked` is whether it has text."""

    rubric: Rubric
    ungrounded: int
    checked: bool


def ground(rubric: Rubric, document: Document, local: Rubric | None = None) -> Grounded:
    """The rubric with `source` and `grounded` on every criterion and level, and a warning for each doubt.

    A part is grounded when the document contains all of its texts with its numbers beside them. With scanned pages, a
    part that is not found stays unknown. A criterion of the `local` reading that the answer lacks also gives a warning.
    """
    index = _Index(document)
    can_tell = document.is_legible
    places = [index.place(criterion.name) for criterion in rubric.criteria]
    beside = _Beside(index, places)
    warnings: list[Warning] = []
    criteria: list[Criterion] = []
    for number, criterion in enumerate(rubric.criteria):
        near = beside.numbers_near(criterion.name, places[number])
        check = _Check(index, beside, places[number], near, f"criteria[{number}]", can_tell, warnings)
        criteria.append(check.criterion(criterion))
    warnings += _missing(rubric, index, places, local)
    marks = [part.grounded for part in _parts(criteria)]
    changed = {
        "criteria": criteria,
        "grounded": None if None in marks else all(marks),
        "source": next((place for place in places if place is not None), None),
        "warnings": [*rubric.warnings, *warnings],
    }
    return Grounded(rubric.model_copy(update=changed), marks.count(False), bool(document.blocks))


def can_hold_number(document: Document, value: Decimal) -> bool:
    """Whether the document contains this number anywhere; True if its text cannot be searched."""
    return not document.is_legible or value in _numbers(document.text())


def holds_nothing_of(rubric: Rubric, document: Document) -> bool:
    """Whether the document contains no text of the rubric's criteria and levels."""
    texts = (
        text
        for part in _parts(rubric.criteria)
        for text in (part.name, part.description)
        if text and len(fold(text)) > SHORT_NEEDLE
    )
    index = _Index(document)
    return all(index.place(text) is None for text in texts)


def _parts(criteria: Iterable[Criterion]) -> Iterator[Criterion | Level]:
    for criterion in criteria:
        yield criterion
        yield from criterion.levels


_Numbers = tuple[frozenset[Decimal], ...]


@dataclass(frozen=True, slots=True)
class _Check:
    index: _Index
    beside: _Beside
    place: Source | None
    near: _Numbers
    path: str
    can_tell: bool
    warnings: list[Warning]

    def criterion(self, criterion: Criterion) -> Criterion:
        found = self._texts_found((criterion.name, criterion.description), criterion.name, self.path)
        highest = max((level.highest for level in criterion.levels if level.highest is not None), default=None)
        values = [criterion.weight, None if criterion.points == highest else criterion.points]
        beside = () if self.place else self.beside.numbers_with(self.index.place(criterion.description or ""))
        # A text that is not found has no number beside it either: one warning, not two.
        is_told = self.place is None and not found
        is_grounded = (is_told or self._numbers_found(values, criterion.name, self.path, beside)) and found
        levels = [self.level(level, criterion, at) for at, level in enumerate(criterion.levels)]
        mark = self._mark(is_grounded)
        return criterion.model_copy(update={"source": self.place, "grounded": mark, "levels": levels})

    def level(self, level: Level, criterion: Criterion, at: int) -> Level:
        path = f"{self.path}.levels[{at}]"
        found = self._texts_found((level.name, level.description), criterion.name, path)
        # "No credit" means 0 without a printed number, and a level may be named by its points.
        own = _numbers(f"{level.name or ''} {level.description or ''}") if found else set()
        values = [value for value in (level.points, level.points_min, level.points_max) if value and value not in own]
        place = self.index.place(level.description or level.name or "", beside=self.place)
        beside: _Numbers = (self.index.row_numbers(place),)
        if self.place is None:
            named = self.index.place(level.name or "", beside=place)
            beside = (*self.beside.numbers_with(place), *self.beside.numbers_with(named))
        is_told = self.place is None and not found
        is_grounded = (is_told or self._numbers_found(values, criterion.name, path, beside)) and found
        return level.model_copy(update={"source": place, "grounded": self._mark(is_grounded)})

    def _mark(self, is_grounded: bool) -> bool | None:
        return True if is_grounded else (False if self.can_tell else None)

    def _texts_found(self, texts: Iterable[str | None], name: str, path: str) -> bool:
        lacking = [text for text in texts if text and fold(text) and self.index.place(text) is None]
        if lacking and self.can_tell:
            message = f"The document does not contain the text “{_short(lacking[0])}” of “{_short(name)}”."
            self.warnings.append(Warning(code="ungrounded", message=message, path=path))
        return not lacking

    def _numbers_found(self, values: Iterable[Decimal | None], name: str, path: str, beside: _Numbers) -> bool:
        known = (*self.near, *beside)
        lacking = [value for value in values if value is not None and not any(value in each for each in known)]
        if lacking and self.can_tell:
            message = f"The document does not print {as_text(lacking[0])} beside “{_short(name)}”."
            self.warnings.append(Warning(code="ungrounded_points", message=message, path=path))
        return not lacking


class _Index:
    """The document's pieces of text, folded once, with their places and table rows."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self._printed = [text for text, _ in document.texts()]
        pieces = document.pieces
        self._sources = [source for _, source in pieces]
        self._lengths = [len(text) for text, _ in pieces]
        self._ends = list(itertools.accumulate(len(text) + 1 for text, _ in pieces))
        self._all = "\n".join(text for text, _ in pieces)
        self._found: dict[str, list[int]] = {}
        self._borders: dict[int, frozenset[int]] = {}
        cells = {(s.table, s.row, s.column): text for text, s in _cell_texts(document)}
        self.rows: dict[_Row, list[str]] = {}
        for (table, row, _), text in sorted(cells.items(), key=_position):
            self.rows.setdefault((table, row), []).append(text)
        self._numbers: dict[_Row, frozenset[Decimal]] = {}

    def place(self, text: str, *, beside: Source | None = None) -> Source | None:
        """Where a text is: of several places, the one in the row of `beside`, else that with the least other text."""
        needle = fold(text)
        if len(needle) <= SHORT_NEEDLE:
            return self.document.find(text)
        if found := self._places(needle):
            in_row = (index for index in found if _same_row(self._sources[index], beside))
            return self._sources[next(in_row, min(found, key=self._lengths.__getitem__))]
        return self.document.find_across(needle) if len(needle) >= CROSSING_NEEDLE else None

    def heads(self, name: str) -> list[Source]:
        """Headings and cells that contain the name and little else."""
        needle = fold(name)
        longest = len(needle) + _HEAD_SURPLUS
        return [self._sources[index] for index in self._places(needle) if self._lengths[index] <= longest]

    def row_numbers(self, place: Source | None) -> frozenset[Decimal]:
        """The numbers in the table row at `place`."""
        if place is None or place.row is None:
            return frozenset()
        return self.numbers_in((place.table, place.row))

    def numbers_in(self, row: _Row) -> frozenset[Decimal]:
        if row not in self._numbers:
            texts = self.rows.get(row, [])
            self._numbers[row] = frozenset(number for text in texts for number in _numbers(text))
        return self._numbers[row]

    def _places(self, needle: str) -> list[int]:
        """The pieces that contain it."""
        if needle not in self._found:
            self._found[needle] = list(itertools.islice(self._holding(needle), _MOST_PLACES))
        return self._found[needle]

    def _holding(self, needle: str) -> Iterator[int]:
        at, tries = self._all.find(needle), 0
        while at >= 0 and tries < _MOST_TRIES:
            piece = bisect.bisect_right(self._ends, at)
            if len(needle) >= CROSSING_NEEDLE or self._is_of_words(piece, at, len(needle)):
                yield piece
                at = self._all.find(needle, self._ends[piece])
            else:
                at, tries = self._all.find(needle, at + 1), tries + 1

    def _is_of_words(self, piece: int, at: int, length: int) -> bool:
        if piece not in self._borders:
            self._borders[piece] = word_borders(self._printed[piece])
        start = at - (self._ends[piece] - self._lengths[piece] - 1)
        return self._borders[piece].issuperset((start, start + length))


_Row = tuple[int | None, int | None]


class _Beside:
    """The numbers that may belong to a criterion, and not to another one; `places` are those of all criteria."""

    def __init__(self, index: _Index, places: list[Source | None]) -> None:
        self._index = index
        self._used: dict[int | None, set[int | None]] = {}
        for place in places:
            if place is not None:
                self._used.setdefault(place.table, set()).add(place.row)
        self._starts = {place.paragraph for place in places if place is not None and place.paragraph is not None}
        self._spare: dict[int, frozenset[Decimal]] = {}
        self._paragraphs: dict[int, frozenset[Decimal]] = {}

    def numbers_near(self, name: str, place: Source | None) -> _Numbers:
        """The numbers near `place`, and near every other heading or cell with that name."""
        if place is None:
            return ()
        near = (each for source in (place, *self._index.heads(name)) for each in self._numbers_at(source))
        return tuple(dict.fromkeys(near))

    def numbers_with(self, place: Source | None) -> _Numbers:
        """The numbers in the row or paragraph at `place`."""
        if place is None or place.row is not None:
            return (self._index.row_numbers(place),)
        at = self._positions.get(place.paragraph) if place.paragraph is not None else None
        return () if at is None else (self._paragraph_numbers(at),)

    def _numbers_at(self, place: Source) -> Iterator[frozenset[Decimal]]:
        if place.table is not None and place.row is not None:
            yield self._index.numbers_in((place.table, place.row))
            yield self._spare_numbers(place.table)
        elif place.paragraph is None or place.paragraph not in self._positions:
            yield self._all_numbers
        else:
            yield from self._paragraphs_after(self._positions[place.paragraph], place.paragraph)

    def _spare_numbers(self, table: int) -> frozenset[Decimal]:
        """The numbers in rows without a criterion, such as the header."""
        if table not in self._spare:
            used = self._used.get(table, set())
            rows = (row for row in self._index.rows if row[0] == table and row[1] not in used)
            self._spare[table] = frozenset().union(*map(self._index.numbers_in, rows))
        return self._spare[table]

    def _paragraphs_after(self, at: int, number: int) -> Iterator[frozenset[Decimal]]:
        for position in range(at, min(at + NEARBY_PARAGRAPHS, len(self._texts))):
            other, _ = self._texts[position]
            if other != number and other in self._starts:
                return
            yield self._paragraph_numbers(position)

    def _paragraph_numbers(self, position: int) -> frozenset[Decimal]:
        if position not in self._paragraphs:
            self._paragraphs[position] = frozenset(_numbers(self._texts[position][1]))
        return self._paragraphs[position]

    @cached_property
    def _texts(self) -> list[tuple[int | None, str]]:
        return [(p.source.paragraph, f"{p.marker} {p.text}") for p in self._index.document.paragraphs]

    @cached_property
    def _positions(self) -> dict[int, int]:
        """The first position of each paragraph number."""
        return {number: at for at, (number, _) in reversed(list(enumerate(self._texts))) if number is not None}

    @cached_property
    def _all_numbers(self) -> frozenset[Decimal]:
        return frozenset(_numbers(self._index.document.text()))


def _missing(rubric: Rubric, index: _Index, places: list[Source | None], local: Rubric | None) -> Iterator[Warning]:
    said = fold(" ".join(rubric.texts()))
    names = (criterion.name for criterion in local.criteria) if local is not None else _unused_rows(index, places)
    lacking = (name for name in names if len(fold(name)) > SHORT_NEEDLE and fold(name) not in said)
    lacking = (name for name in lacking if not re.match(lexicon.TOTAL, lexicon.plain(name)))
    for name in itertools.islice(lacking, MOST_MISSING):
        message = f"The document also contains “{_short(name)}”, which was left out."
        yield Warning(code="left_out", message=message, path="")


def _unused_rows(index: _Index, places: list[Source | None]) -> Iterator[str]:
    """The first cells of rows between and below the criteria's rows that are as wide as these."""
    used: dict[int, set[int]] = {}
    for place in places:
        if place is not None and place.table is not None and place.row is not None:
            used.setdefault(place.table, set()).add(place.row)
    widths = {row: sum(1 for text in texts if text.strip()) for row, texts in index.rows.items()}
    least = {
        table: min(width for row in rows if (width := widths.get((table, row), 0)))
        for table, rows in used.items()
        if len(rows) >= 2
    }
    for (table, row), texts in index.rows.items():
        if table not in least or row is None or row in used[table] or row < min(used[table]):
            continue
        if widths[table, row] >= least[table]:
            yield texts[0]


def _position(item: tuple[tuple[int | None, int | None, int | None], str]) -> tuple[int, int, int]:
    table, row, column = item[0]
    return table or 0, row or 0, column or 0


def _cell_texts(document: Document) -> Iterator[tuple[str, Source]]:
    for block in document.blocks:
        if isinstance(block, Table):
            yield from ((cell.text, cell.source) for cell in block.cells)


def _same_row(source: Source, beside: Source | None) -> bool:
    return beside is not None and source.row is not None and (source.table, source.row) == (beside.table, beside.row)


_NUMBER = re.compile(r"\d+(?:[.,]\d+)?")
_LONGEST_NUMBER = 30
"""Characters of the longest number that is read; Decimal arithmetic is bounded."""
_FRACTIONS = {"½": Decimal("0.5"), "¼": Decimal("0.25"), "¾": Decimal("0.75")}
# Match at the beginning of a number only: a very long one would take quadratic time.
_MIXED = re.compile(r"(?<!\d)(\d*)\s?([½¼¾])")


def _numbers(text: str) -> set[Decimal]:
    found = set()
    for printed in filter(_may_be_points, _NUMBER.findall(text)):
        found.add(Decimal(printed.replace(",", ".")).normalize())
        if "," in printed:
            found.add(Decimal(printed.replace(",", "")))
    for whole, part in _MIXED.findall(text):
        if _may_be_points(whole):
            found.add(Decimal(whole or 0) + _FRACTIONS[part])
    return found


def _may_be_points(digits: str) -> bool:
    return len(digits) <= _LONGEST_NUMBER


def _short(text: str) -> str:
    return text if len(text) <= 80 else text[:79].rstrip() + "…"
