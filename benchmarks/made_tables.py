"""Tables of our own making with truth, for `make fit`: rubrics in many layouts, and tables that are none.

Headings come from the vocabulary, texts from `made_texts.json`: `documents(count, seed)` yields documents and truth.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rubric_jobs.documents.model import Block, Cell, Document, Paragraph, Table
from rubric_jobs.rubric.model import Source
from rubric_jobs.vocabulary import words

Truth = dict[str, Any]
_TEXTS = json.loads(Path(__file__).with_name("made_texts.json").read_text(encoding="utf-8"))
_VOCABULARY = Path(words.__file__).parent


@dataclass
class Sheet:
    """A table in the making: rows of texts; `wide` rows are one cell over all columns."""

    chance: random.Random
    language: str
    rows: list[list[str]] = field(default_factory=list)
    wide: set[int] = field(default_factory=set)
    tall: list[tuple[int, int, int]] = field(default_factory=list)
    criteria: list[Truth] = field(default_factory=list)
    total: float | None = None
    is_bold: bool = True

    def word(self, concept: str) -> str:
        told = json.loads((_VOCABULARY / f"{self.language}.json").read_text(encoding="utf-8"))
        found = [w.strip("*") for w in told.get(concept, []) if len(w) > 1] or [concept]
        text = self.chance.choice(found[:14])
        return self.chance.choice([text.capitalize(), text.title(), text.upper(), text])

    def one(self, what: str) -> Any:
        return self.chance.choice(_TEXTS[self.language][what])

    def names(self, count: int) -> list[str]:
        return self.chance.sample(_TEXTS[self.language]["names"], min(count, len(_TEXTS[self.language]["names"])))

    def text(self) -> str:
        return str(
            self.chance.choice([self.one("facts"), self.one("grades"), f"{self.one('facts')} {self.one('grades')}"])
        )

    def worth(self, value: float) -> str:
        unit = self.one("unit")
        shown = f"{value:g}"
        return str(self.chance.choice([shown, shown, shown, f"/{shown}", f"{shown} {unit}", f"___/{shown}"]))


def documents(count: int, seed: int) -> Iterator[tuple[Document, Truth]]:
    for number in range(count):
        chance = random.Random(seed * 100_000 + number)
        sheet = Sheet(chance, chance.choice([*_TEXTS, "en", "en"]))
        maker: Callable[[Sheet], None] = chance.choice([_points, _points, _levels, _levels, _levels, _long, *_OTHERS])
        maker(sheet)
        yield _document(sheet), _truth(sheet, number)


def _document(sheet: Sheet) -> Document:
    chance = sheet.chance
    title = sheet.one("titles") if sheet.criteria and chance.random() < 0.6 else sheet.one("other")
    blocks: list[Block] = [Paragraph(title, Source(paragraph=0), is_heading=True, is_bold=True, size=16)]
    blocks += [Paragraph(sheet.one("prose"), Source(paragraph=i + 1), size=11) for i in range(chance.randint(0, 3))]
    if chance.random() < 0.2:
        sheet.rows.insert(0, [title] + [""] * (len(sheet.rows[0]) - 1))
        sheet.wide = {0, *(row + 1 for row in sheet.wide)}
        sheet.tall = [(row + 1, column, span) for row, column, span in sheet.tall]
    return Document(1, (*blocks, _table(sheet)))


def _table(sheet: Sheet) -> Table:
    columns = len(sheet.rows[0])
    cells = []
    covered = {(r + i, c) for r, c, span in sheet.tall for i in range(1, span)}
    spans = {(r, c): span for r, c, span in sheet.tall}
    for r, row in enumerate(sheet.rows):
        for c, text in enumerate(row[:1] if r in sheet.wide else row):
            if (r, c) not in covered:
                place = Source(table=0, row=r, column=c)
                wide = columns if r in sheet.wide else 1
                bold = sheet.is_bold and (r == 0 or r in sheet.wide)
                cells.append(Cell(r, c, text, place, spans.get((r, c), 1), wide, bold))
    return Table(len(sheet.rows), columns, tuple(cells), Source(table=0))


def _truth(sheet: Sheet, number: int) -> Truth:
    return {
        "source": {"repo": f"made/table{number}"},
        "kind": "analytic" if sheet.criteria else "none",
        "layout": "grid",
        "total_points": sheet.total,
        "total_stated": sheet.total is not None,
        "criteria": sheet.criteria,
    }


def _points(sheet: Sheet) -> None:
    """Criteria with points, beside other columns in any order that people use."""
    chance = sheet.chance
    kinds = ["c"]
    kinds += ["d"] if chance.random() < 0.45 else []
    amounts = chance.choice([["p"], ["p"], ["w"], ["w", "e"], ["p", "e"], ["p", "e"], ["e"]])
    kinds += amounts if chance.random() < 0.85 else []
    kinds = [*amounts, "c"] if chance.random() < 0.08 else kinds
    kinds += ["-"] if chance.random() < 0.3 else []
    kinds = ["n", *kinds] if chance.random() < 0.2 else kinds
    if len(kinds) < 2:
        kinds += ["e"]
    heads = {"c": "criterion", "d": "description", "p": "points", "w": "weight", "e": "earned", "-": "comment"}
    if chance.random() < 0.85:
        sheet.rows.append(["#" if kind == "n" else sheet.word(heads[kind]) for kind in kinds])
    values = []
    for number, name in enumerate(sheet.names(chance.randint(3, 12)), 1):
        if chance.random() < 0.12 and number > 1:
            sheet.wide.add(len(sheet.rows))
            sheet.rows.append([sheet.one("sections")] + [""] * (len(kinds) - 1))
        value = chance.choice([2, 3, 4, 5, 8, 10, 15, 20, 25])
        described = sheet.text()
        joined = "d" not in kinds and chance.random() < 0.2
        told = {
            "n": str(number),
            "c": f"{name}\n{described}" if joined else name,
            "d": described,
            "p": sheet.worth(value),
            "w": f"{value}%",
            "e": "",
            "-": "",
        }
        sheet.rows.append([told[kind] for kind in kinds])
        has = bool(set(kinds) & set("pw"))
        values.append(value)
        sheet.criteria.append({"name": name, "points": value if has else None, "levels": []})
    if set(kinds) & set("pw") and chance.random() < 0.5:
        sheet.total = float(sum(values))
        row = ["" for _ in kinds]
        row[0 if kinds[0] != "n" else 1] = sheet.one("total")
        row[kinds.index("p" if "p" in kinds else "w")] = f"{sum(values)}" + ("%" if "w" in kinds else "")
        sheet.rows.append(row)


def _levels(sheet: Sheet) -> None:
    """Criteria by levels; points in the heads, in a row, in the cells or beside them."""
    chance = sheet.chance
    scale = list(sheet.one("levels"))
    if chance.random() < 0.25:
        scale.append(sheet.word("nothing"))
    points = list(range(len(scale), 0, -1))
    if chance.random() < 0.4:
        scale, points = scale[::-1], points[::-1]
    way = chance.choice(["none", "head", "head", "number", "cell", "row", "column"])
    heads = [_head(sheet, way, name, value) for name, value in zip(scale, points, strict=True)]
    extra = chance.choice([[], [], ["e"], ["-"]])
    worth = ["p"] if way in ("none", "column") and chance.random() < 0.6 else []
    front = chance.random() < 0.4
    left = [sheet.word("criterion") if chance.random() < 0.7 else ""] + (
        [sheet.word("points")] if worth and front else []
    )
    right = ([sheet.word("points")] if worth and not front else []) + [
        sheet.word("earned" if kind == "e" else "comment") for kind in extra
    ]
    sheet.rows.append([*left, *heads, *right])
    if way == "row":
        sheet.rows.append([*([""] * len(left)), *map(str, points), *([""] * len(right))])
    is_blank = chance.random() < 0.12
    for name in sheet.names(chance.randint(2, 8)):
        if chance.random() < 0.08:
            sheet.wide.add(len(sheet.rows))
            sheet.rows.append([sheet.one("sections")] + [""] * (len(sheet.rows[0]) - 1))
        value = chance.choice([5, 10, 20, 25])
        texts = ["" if is_blank else sheet.text() for _ in scale]
        cells = [f"{p} {sheet.one('unit')}\n{t}" if way == "cell" else t for p, t in zip(points, texts, strict=True)]
        worths = [sheet.worth(value)] if worth else []
        sheet.rows.append([name, *(worths if front else []), *cells, *([] if front else worths), *("" for _ in extra)])
        scored = way not in ("none", "column")
        sheet.criteria.append(
            {
                "name": name,
                "points": value if worth else max(points) if scored else None,
                "levels": [
                    {
                        "name": n,
                        "points": p if scored else None,
                        "points_min": None,
                        "points_max": None,
                        "description_start": t[:60],
                    }
                    for n, p, t in zip(scale, points, texts, strict=True)
                ],
            }
        )
    if worth and chance.random() < 0.4:
        sheet.rows.append([sheet.one("total"), *([""] * (len(sheet.rows[0]) - 1))])
    if chance.random() < 0.1 and way in ("none", "head", "number") and not extra and not worth and not sheet.wide:
        sheet.rows = [list(column) for column in zip(*sheet.rows, strict=True)]


def _head(sheet: Sheet, way: str, name: str, value: int) -> str:
    if way == "number":
        return str(value)
    if way == "head":
        unit = sheet.one("unit")
        return str(
            sheet.chance.choice(
                [f"{name} ({value})", f"{name}\n{value} {unit}", f"{name} ({value} {unit})", f"{value} - {name}"]
            )
        )
    return name


def _long(sheet: Sheet) -> None:
    """A row for each level; the criterion's cell is merged beside them, or blank after its first row."""
    chance = sheet.chance
    scale = list(sheet.one("levels"))
    has_points = chance.random() < 0.6
    sheet.rows.append(
        [sheet.word("criterion"), sheet.word("level"), sheet.word("description")]
        + ([sheet.word("points")] if has_points else [])
    )
    is_merged = chance.random() < 0.6
    for name in sheet.names(chance.randint(2, 5)):
        levels = []
        if is_merged:
            sheet.tall.append((len(sheet.rows), 0, len(scale)))
        for place, level in enumerate(scale):
            value = len(scale) - place
            text = sheet.text()
            sheet.rows.append([name if place == 0 else "", level, text] + ([str(value)] if has_points else []))
            levels.append(
                {
                    "name": level,
                    "points": value if has_points else None,
                    "points_min": None,
                    "points_max": None,
                    "description_start": text[:60],
                }
            )
        sheet.criteria.append({"name": name, "points": len(scale) if has_points else None, "levels": levels})


def _table_of(sheet: Sheet, concepts: list[str], row: Callable[[int], list[str]]) -> None:
    sheet.rows.append([sheet.word(concept) for concept in concepts])
    sheet.rows += [row(number) for number in range(sheet.chance.randint(3, 14))]


def _course(sheet: Sheet) -> None:
    def row(number: int) -> list[str]:
        return [f"{sheet.word('course_part')} {number + 1}", f"{sheet.chance.choice([5, 10, 15, 20, 30])}%"]

    _table_of(sheet, ["course_part", "weight"], row)


def _schedule(sheet: Sheet) -> None:
    def row(number: int) -> list[str]:
        return [
            str(number + 1),
            sheet.one("other"),
            sheet.one("prose"),
            f"{sheet.chance.randint(1, 28)}.{sheet.chance.randint(1, 12)}.",
        ]

    _table_of(sheet, ["schedule", "schedule", "description", "schedule"], row)


def _bill(sheet: Sheet) -> None:
    def row(number: int) -> list[str]:
        return [
            sheet.word("technical"),
            str(sheet.chance.randint(1, 9)),
            f"{sheet.chance.randint(100, 9999) / 100:.2f}",
            f"{sheet.chance.randint(100, 99999) / 100:.2f}",
        ]

    _table_of(sheet, ["commerce"] * 4, row)
    sheet.rows.append([sheet.one("total"), "", "", f"{sheet.chance.randint(1000, 99999) / 100:.2f}"])


def _data(sheet: Sheet) -> None:
    columns = sheet.chance.randint(3, 7)

    def row(number: int) -> list[str]:
        return [
            f"{sheet.word('person')} {number + 1}",
            *(f"{sheet.chance.gauss(50, 20):.{sheet.chance.choice([0, 1, 2])}f}" for _ in range(columns - 1)),
        ]

    _table_of(
        sheet,
        ["person", *(sheet.chance.choice(["measure", "technical", "earned", "points"]) for _ in range(columns - 1))],
        row,
    )


def _survey(sheet: Sheet) -> None:
    sheet.rows.append(["", *(sheet.word("survey") for _ in range(5))])
    sheet.rows += [
        [sheet.one("prose"), *(sheet.chance.choice(["☐", "", str(i + 1)]) for i in range(5))]
        for _ in range(sheet.chance.randint(4, 10))
    ]


def _facts(sheet: Sheet) -> None:
    def row(number: int) -> list[str]:
        return [
            sheet.word("technical"),
            sheet.one("prose"),
            sheet.chance.choice(["", sheet.word("answer"), sheet.one("other")]),
        ]

    _table_of(sheet, ["technical", "description", "comment"], row)


def _scale(sheet: Sheet) -> None:
    """What percentages which letter grade takes."""
    bounds = [100, 90, 80, 70, 60, 50, 0]
    sheet.rows.append([sheet.word("level"), sheet.word("weight")])
    sheet.rows += [[letter, f"{low}-{high}%"] for letter, high, low in zip("ABCDEF", bounds, bounds[1:], strict=False)]


def _game(sheet: Sheet) -> None:
    def row(number: int) -> list[str]:
        return [sheet.word("game"), sheet.one("prose"), str(sheet.chance.randint(1, 10))]

    _table_of(sheet, ["game", "description", "points"], row)


_OTHERS = (_course, _schedule, _bill, _data, _survey, _facts, _scale, _game)
