"""Handouts with a list of criteria, and others that only look so, made at random with the truth beside them.

`python -m benchmarks.made_lists FOLDER --count 200` writes FOLDER/docs and FOLDER/truth, for `make fit`: few real
documents hold lists, and weights fitted to few know little. Texts are of our own, in several languages.
"""

from __future__ import annotations

import argparse
import json
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

from benchmarks import made_pages
from benchmarks.made_pages import Line

TEXTS = json.loads(Path(__file__).with_name("made_texts.json").read_text(encoding="utf-8"))
LANGUAGES = ["en"] * 6 + ["es", "fr", "de", "nl", "pt", "zh"]
Truth = dict[str, Any]


@dataclass(slots=True)
class Handout:
    """Its lines so far, and what a careful person reads off them."""

    chance: random.Random
    language: str
    lines: list[Line] = field(default_factory=list)
    criteria: list[Truth] = field(default_factory=list)
    sections: list[Truth] = field(default_factory=list)
    total: Decimal | None = None

    def words(self, what: str) -> list[Any]:
        return list(TEXTS[self.language][what])

    def one(self, what: str) -> Any:
        return self.chance.choice(self.words(what))

    def some_prose(self, most: int) -> None:
        texts = self.words("prose")[:-1]
        for text in self.chance.sample(texts, min(len(texts), self.chance.randint(0, most))):
            self.add(text)

    def add(self, text: str, kind: str = "body", level: int = 0, lead: str = "") -> None:
        self.lines.append(Line(text, kind, level, lead))


@dataclass(frozen=True, slots=True)
class Style:
    """How one handout sets its list: made once, kept throughout."""

    worth: str
    marker: str
    below: str
    levels: str
    section: str
    is_percent: bool
    unit: str


WORTHS = (
    "bracket",
    "bracket",
    "square",
    "dash",
    "colon",
    "slash",
    "tab",
    "front bracket",
    "front colon",
    "run-in",
    "below",
)


def made(chance: random.Random) -> Handout:
    handout = Handout(chance, chance.choice(LANGUAGES))
    style = _style(handout)
    _opening(handout)
    points = _split(chance, chance.randint(3, 9))
    is_stated = chance.random() < 0.55
    if chance.random() < 0.75:
        _heading(handout, sum(points) if is_stated and chance.random() < 0.4 else None, style)
    if chance.random() < 0.5:
        handout.add(handout.words("prose")[-1])
    _list(handout, style, points)
    _closing(handout, style, sum(points) if is_stated else None)
    return handout


def _style(handout: Handout) -> Style:
    chance = handout.chance
    levels = chance.choice(["", "", "", "named", "scored", "numbered"])
    worth = chance.choice(WORTHS)
    return Style(
        worth="none" if chance.random() < 0.12 else worth,
        marker=chance.choice(["bullet", "bullet", "number", "number", "body", "bold", "dash"]),
        below="" if levels else chance.choice(["", "", "bullets", "paragraph", "run-in"]),
        levels=levels,
        section=chance.choice(["", "", "", "bold", "head", "number"]),
        is_percent=chance.random() < 0.25,
        unit=handout.one("unit"),
    )


def _split(chance: random.Random, count: int) -> list[int]:
    """Points of that many criteria, mostly of a round sum."""
    if chance.random() < 0.25:
        return [chance.choice([2, 4, 5, 10, 20])] * count
    total, step = chance.choice([(100, 5), (50, 5), (20, 1), (40, 2), (30, 1), (100, 5)])
    cuts = sorted(chance.sample(range(1, total // step), count - 1)) if total // step > count else []
    if not cuts:
        return [chance.randint(1, 10) for _ in range(count)]
    return [(b - a) * step for a, b in zip([0, *cuts], [*cuts, total // step], strict=True)]


def _opening(handout: Handout) -> None:
    chance = handout.chance
    handout.add(handout.one("titles"), "title")
    handout.some_prose(3)
    for _ in range(chance.choice([0, 0, 1, 2])):
        _other_list(handout)


def _other_list(handout: Handout) -> None:
    handout.add(handout.one("other"), handout.chance.choice(["head", "bold"]))
    marker = handout.chance.choice(["bullet", "number", "dash"])
    for text in handout.one("lists"):
        handout.add(text, marker)


def _heading(handout: Handout, total: int | None, style: Style) -> None:
    text = handout.one("heads")
    if total is not None:
        text += f" ({total} {style.unit})"
        handout.total = Decimal(total)
    handout.add(text, handout.chance.choice(["head", "head", "bold"]))


def _list(handout: Handout, style: Style, points: list[int]) -> None:
    chance = handout.chance
    is_sentence = style.below == "" and not style.levels and chance.random() < 0.3
    names = handout.words("facts" if is_sentence else "names")
    names = chance.sample(names, min(len(points), len(names)))
    sections = handout.words("sections") if style.section else []
    every = chance.randint(2, 4)
    has_worth = chance.random() < 0.6 and style.worth != "none"
    scale = handout.one("levels")
    for index, (name, worth) in enumerate(zip(names, points, strict=False)):
        if style.section and index % every == 0:
            part = points[index : min(index + every, len(names))]
            _section(handout, style, sections[index // every % len(sections)], sum(part) if has_worth else None)
        _criterion(handout, style, name.rstrip(".。") if style.worth == "run-in" else name, worth, scale)


def _section(handout: Handout, style: Style, name: str, worth: int | None) -> None:
    text = name if worth is None else f"{name} ({_worth(style, worth)})"
    handout.add(text, style.section, 0)
    if worth is not None:
        handout.sections.append({"name": name, "points": worth, "levels": []})


def _worth(style: Style, value: int) -> str:
    return f"{value}%" if style.is_percent else f"{value}{'' if style.unit == '分' else ' '}{style.unit}"


def _criterion(handout: Handout, style: Style, name: str, worth: int, scale: list[str]) -> None:
    chance = handout.chance
    fact = handout.one("facts")
    printed = _worth(style, worth)
    colon = TEXTS[handout.language]["colon"]
    shapes: dict[str, str] = {
        "bracket": f"{name} ({printed})",
        "square": f"{name} [{worth}{'%' if style.is_percent else ''}]",
        "dash": f"{name} – {printed}",
        "colon": f"{name}{colon}{printed}",
        "slash": f"{name} ______/{worth}",
        "tab": f"{name}\t{printed}",
        "front bracket": f"({printed}) {name}",
        "front colon": f"{printed}{colon}{name}",
        "run-in": f"{name} ({printed}){colon}{fact}",
    }
    text = shapes.get(style.worth, name)
    names = []
    if style.below == "run-in" and style.worth in ("none", "below"):
        text, names = f"{name}{colon}{fact}", [f"{name}{colon}{fact}"]
    if style.worth == "run-in":
        names = [f"{name}{colon}{fact}"]
    level = 1 if style.section == "number" and style.marker in ("bullet", "dash", "number") else 0
    lead = name if style.worth == "run-in" and chance.random() < 0.5 else ""
    handout.add(text, style.marker, level, lead)
    found: Truth = {"name": name, "names": names, "points": None if style.worth == "none" else worth, "levels": []}
    _below(handout, style, fact, level)
    if style.worth == "below":
        handout.add(TEXTS[handout.language]["possible"].format(n=worth), "body", level)
    if style.levels:
        found["levels"] = _levels(handout, style, worth, scale, level)
        if found["points"] is None and style.levels != "named":
            found["points"] = worth
    handout.criteria.append(found)


def _below(handout: Handout, style: Style, fact: str, level: int) -> None:
    if style.below == "bullets":
        for text in handout.chance.sample(handout.words("facts"), handout.chance.randint(1, 3)):
            handout.add(text, "bullet" if style.marker != "bullet" else "dash", level + 1)
    elif style.below == "paragraph":
        handout.add(fact, "body", level + (style.marker in ("bullet", "number", "dash")))


def _levels(handout: Handout, style: Style, worth: int, scale: list[str], level: int) -> list[Truth]:
    found = []
    count = len(scale)
    colon = TEXTS[handout.language]["colon"]
    for index, name in enumerate(scale):
        value = worth - worth * index // (count - 1)
        grade = handout.words("grades")[min(index, len(handout.words("grades")) - 1)]
        printed = _worth(style, value)
        text = {"named": f"{name}{colon}{grade}", "scored": f"{name} ({printed}){colon}{grade}"}.get(
            style.levels, f"{printed}{colon}{grade}"
        )
        handout.add(text, "bullet" if style.marker != "bullet" else "dash", level + 1)
        points = None if style.levels == "named" else value
        told = printed if style.levels == "numbered" else name
        found.append({"name": told, "points": points, "description_start": grade})
    return found


def _closing(handout: Handout, style: Style, total: int | None) -> None:
    chance = handout.chance
    if total is not None and handout.total is None:
        slash = chance.random() < 0.4
        text = f"{handout.one('total')}: " + (f"_____/{total}" if slash else _worth(style, total))
        handout.add(text, chance.choice(["body", "bold"]))
        handout.total = Decimal(total)
    if chance.random() < 0.2:
        handout.add(handout.one("penalty"))
    if chance.random() < 0.3:
        handout.add(f"{handout.one('notes')}: ______________________")
    for _ in range(chance.choice([0, 0, 1])):
        _other_list(handout)
    handout.some_prose(2)


def truth_of(handout: Handout, number: int) -> Truth:
    shared = {"kind": "point_list", "layout": "list", "total_points": handout.total and int(handout.total)}
    shared["total_stated"] = handout.total is not None
    truth = {"source": {"repo": f"made/{number}"}, **shared, "criteria": handout.criteria}
    sums_up = len(handout.sections) > 1 and all(not criterion["levels"] for criterion in handout.criteria)
    if sums_up:
        truth["alternatives"] = [{"why": "sections with points", **shared, "criteria": handout.sections}]
    return truth


def write(folder: Path, number: int, handout: Handout, truth: Truth) -> None:
    (folder / "docs").mkdir(parents=True, exist_ok=True)
    (folder / "truth").mkdir(exist_ok=True)
    is_pdf = handout.chance.random() < 0.6
    name = f"made-{number:04}"
    data = made_pages.as_pdf(handout.lines, handout.chance) if is_pdf else made_pages.as_docx(handout.lines)
    (folder / "docs" / f"{name}.{'pdf' if is_pdf else 'docx'}").write_bytes(data)
    (folder / "truth" / f"{name}.json").write_text(json.dumps(truth, ensure_ascii=False, indent=1), encoding="utf-8")


def main() -> None:
    from benchmarks import made_negatives

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--count", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    makers: list[Callable[[random.Random], Handout]] = [made, made, made_negatives.made]
    for number in range(options.count):
        chance = random.Random(options.seed * 100_000 + number)
        handout = makers[number % 3](chance)
        truth = truth_of(handout, number)
        if not handout.criteria:
            truth = {"source": truth["source"], "kind": "none", "layout": "list", "criteria": []}
        write(options.folder, number, handout, truth)


if __name__ == "__main__":
    main()
