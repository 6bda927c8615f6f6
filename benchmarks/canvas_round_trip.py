"""Exports of real rubrics, read back as the other program reads them.

    python -m benchmarks.canvas_round_trip DOCS TRUTH [--from truth|reader|both] [--save FOLDER]

Each rubric, from the truth files (`TRUTH/*.json`) and from what the local reader makes of the documents (`DOCS/*`), is
written as Canvas CSV and parsed again: the sum of the criteria's best ratings must be the rubric's total, or the export
must have refused with a sentence. Levels without points are spread, then written as full marks. The same rubrics are
written as Word documents and Markdown and read back by the local reader: they must be equal. Exit code 1 where a sum
was wrong, or less than 98 % of the Word documents came back equal.
"""

from __future__ import annotations

import argparse
import csv
import io
import json
import sys
from collections import Counter
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

from rubric_jobs import documents, reader
from rubric_jobs.errors import LevelPointsNeeded, NotExportable, RubricJobError
from rubric_jobs.rubric import exports, layout, layout_reading, points
from rubric_jobs.rubric import text as rubric_text
from rubric_jobs.rubric.model import Rubric

LEAST_EQUAL = Decimal("0.98")


def main() -> int:
    asked = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    asked.add_argument("docs", type=Path)
    asked.add_argument("truth", type=Path)
    asked.add_argument("--save", type=Path, help="keep the Word documents in this folder")
    options = asked.parse_args()
    has_failed = False
    for name, rubrics in (("truth", of_truth(options.truth)), ("reader", of_reader(options.docs))):
        canvas: Counter[str] = Counter()
        equal: Counter[str] = Counter()
        for stem, rubric in rubrics:
            for choice in (None, *exports.CHOICES):
                told = canvas_of(rubric, choice)
                canvas[f"{choice or 'no choice'}: {told.partition(':')[0]}"] += 1
                if told.startswith("wrong"):
                    has_failed = True
                    print(f"  {stem}, {choice}: {told}")
            for kind in ("docx", "markdown", "text", "json"):
                told = read_back(rubric, kind, options.save and options.save / f"{stem}-{name}.docx")
                equal[f"{kind}: {told}"] += 1
                if told != "equal":
                    print(f"  {stem}, {kind}: {told}")
        count = equal["json: equal"]
        print(f"{name}: {count} rubrics")
        for counted in (canvas, equal):
            for line, how_many in sorted(counted.items()):
                print(f"  {how_many:4}  {line}")
        has_failed |= equal["docx: equal"] < LEAST_EQUAL * count
    return int(has_failed)


def of_truth(folder: Path) -> Iterator[tuple[str, Rubric]]:
    """As far as the files tell: of each descriptor they hold the beginning."""
    for path in sorted(folder.glob("*.json")):
        told = json.loads(path.read_text())
        if not told.get("criteria"):
            continue
        for criterion in told["criteria"]:
            for level in criterion.get("levels") or []:
                level["description"] = level.pop("description_start", None) or None
        fields = ("title", "kind", "total_points", "criteria")
        yield path.stem, Rubric.model_validate({name: told[name] for name in fields if name in told})


def of_reader(folder: Path) -> Iterator[tuple[str, Rubric]]:
    for path in sorted(folder.iterdir()):
        try:
            yield path.stem, reader.read(documents.parse(path.read_bytes()))
        except RubricJobError:
            continue


def canvas_of(rubric: Rubric, choice: exports.Choice | None) -> str:
    """`right`, `refused: sentence`, `asks`, or `wrong: what`."""
    try:
        exported = exports.export(rubric, "canvas-csv", level_points=choice)
    except LevelPointsNeeded:
        return "asks for the choice" if choice is None else "wrong: asks although a choice was made"
    except NotExportable as refusal:
        return f"refused: {refusal}"
    best = best_ratings(exported.text)
    total = points.own_total(rubric)
    if len(best) != len(rubric.criteria):
        return f"wrong: {len(best)} criteria for {len(rubric.criteria)}"
    if total is not None and sum(best) != round(total, 2):
        return f"wrong: {sum(best)} for {total}"
    if not sum(best):
        return "wrong: worth 0"
    return "right"


def best_ratings(content: str) -> list[Decimal]:
    """What each criterion is worth to Canvas: its highest rating with a name."""
    header, *rows = csv.reader(io.StringIO(content, newline=""))
    names = [place for place, title in enumerate(header) if title == "Rating Name"]
    return [max(Decimal(row[place + 2]) for place in names if place < len(row) and row[place]) for row in rows]


def read_back(rubric: Rubric, kind: str, saved: Path | None) -> str:
    exported = exports.export(rubric, kind)
    if kind == "docx" and saved:
        saved.parent.mkdir(parents=True, exist_ok=True)
        saved.write_bytes(exported.data)
    try:
        if kind == "docx":
            found = reader.read(documents.parse(exported.data))
        elif kind == "json":
            found = Rubric.model_validate_json(exported.data)
        else:
            found = rubric_text.read(exported.text)
    except RubricJobError as error:
        return f"not read ({error.code})"
    except rubric_text.NotWrittenError:
        return "not read"
    old, new = as_compared(rubric, kind), as_compared(found, kind)
    return "equal" if old == new else "differs in " + ", ".join(name for name in old if old[name] != new[name])


def as_compared(rubric: Rubric, kind: str) -> dict[str, Any]:
    """All that the format promises to hold. Names are one line, as everywhere; a text's lines are what shows of it."""
    told = rubric.model_dump(mode="json", include={"title", "total_points", "criteria", "adjustments"})
    levels = [level for criterion in told["criteria"] for level in criterion["levels"]]
    for part in [told, *told["criteria"], *levels, *told["adjustments"]]:
        for mark in ("source", "grounded", "confidence", *(["weight"] if kind == "text" else [])):
            part.pop(mark, None)
        for name in {"title", "name", "section", "reason"} & part.keys():
            part[name] = layout.line(part[name])
        if "description" in part:
            part["description"] = layout_reading.shown(part["description"])
    return told


if __name__ == "__main__":
    sys.exit(main())
