"""Features of a part as read: shape, names, points, levels, coverage, context. No weights here."""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any

from rubric_jobs.documents.model import Document, Table
from rubric_jobs.reader import cell_values, context, grid_unscored, grid_work, lexicon, lines_features, row_evidence
from rubric_jobs.reader.plan import Part, PartReading
from rubric_jobs.reader.sheet import Sheet, part_sheet
from rubric_jobs.reader.tags import tags_of
from rubric_jobs.rubric.model import Criterion, Level
from rubric_jobs.vocabulary import words

Features = dict[str, float]
_POINTS_LEFT = re.compile(r"[(\[]\s*\d{1,3}(?:[.,]\d)?\s*(?:points?|pts?|marks?|%|punkte|puntos|分)", re.IGNORECASE)


def part_features(part: Part, document: Document, reading: PartReading) -> Features:
    """Features of a part of any shape. `reading` is the result of its assembly."""
    found: Features = {"bias": 1.0, f"shape {part.shape}": 1.0, f"name {part.name}": 1.0}
    _counts(reading.criteria, found)
    _names(reading.criteria, found)
    _points(reading, found)
    _levels(reading.criteria, found)
    found |= _surroundings(document, part.blocks[0])
    if part.shape == "lines":
        return found | lines_features.features_lines(part, document, reading)
    _table(part, document, reading, found)
    return found


def share(values: Iterable[object]) -> float:
    listed = list(map(bool, values))
    return listed.count(True) / len(listed) if listed else 0.0


def _counts(criteria: list[Criterion], found: Features) -> None:
    n = len(criteria)
    found["no criteria"] = float(n == 0)
    found["one"] = float(n == 1)
    found["two"] = float(n == 2)
    found["many"] = float(n > 25)
    found["log criteria"] = math.log1p(n) / 2
    counts = [len(criterion.levels) for criterion in criteria]
    most = max(counts, default=0)
    found["levels none"] = float(most == 0)
    found["levels one"] = float(most == 1)
    found["levels two"] = float(most == 2)
    found["levels usual"] = float(3 <= most <= 6)
    found["levels many"] = float(most > 7)
    found["levels uneven"] = share(count != most for count in counts)
    found["one without levels"] = float(n == 1 and most < 2)


@lru_cache(4096)
def _name_marks(name: str) -> tuple[bool, ...]:
    tags = tags_of(name)
    stripped = name.strip()
    return (
        not stripped,
        len(stripped) > 120,
        stripped.endswith((".", "?", "!", "。")),
        stripped[:1].islower(),
        "amount" in tags,
        any(tag.startswith("only:") for tag in tags),
        "shortlevel" in tags,
        sum(ch.isalpha() for ch in stripped) < 3,
        "begins:total" in tags,
        bool(_POINTS_LEFT.search(stripped)),
        "has:course_part" in tags and len(stripped) < 40,
        "has:schedule" in tags and len(stripped) < 40,
        "letter" in tags,
        "_" in stripped or "()" in stripped,
        len(stripped) > 60,
        bool(re.search(r"\w\s*[:：]\s+\S.{14,}$", stripped)),
        bool(re.search(r"[•▪●◦]|\s[-–]\s\S+.*\s[-–]\s", stripped)),
    )


_MARKS = (
    "empty|long|sentence|small|amount|heading|level|wordless|total|points left|course|schedule"
    "|letter|code|over 60|colon inside|bullets"
)
_NAME_MARKS = tuple(f"names {mark}" for mark in _MARKS.split("|"))


def _names(criteria: list[Criterion], found: Features) -> None:
    names = [criterion.name for criterion in criteria]
    if not names:
        return
    marks = [_name_marks(name) for name in names]
    for mark, told in zip(_NAME_MARKS, zip(*marks, strict=True), strict=True):
        found[mark] = sum(told) / len(marks)
    found["names any heading"] = float(found["names heading"] > 0)
    found["names any empty"] = float(found["names empty"] > 0)
    found["names any total"] = float(found["names total"] > 0)
    pairs = [(criterion.section, criterion.name) for criterion in criteria]
    found["names repeat"] = 1 - len(set(names)) / len(names)
    found["names repeat in section"] = 1 - len(set(pairs)) / len(pairs)
    lengths = sorted(map(len, names))
    found["names length"] = math.log1p(lengths[len(lengths) // 2]) / 4
    found["names spread"] = math.log((lengths[-1] + 10) / (lengths[0] + 10)) / 3
    words = sum(len(name.split()) for name in names) / len(names)
    found["names one word"] = float(words < 1.5 and not any("\u2e80" <= name[:1] <= "\u9fff" for name in names))
    found["described"] = share(criterion.description for criterion in criteria)
    found["described uneven"] = float(0.0 < found["described"] < 1.0)
    texts = [criterion.description for criterion in criteria if criterion.description]
    found["description short"] = share(len(text) < 12 for text in texts)
    found["description amount"] = share(cell_values.is_amount(text) for text in texts)
    found["description points left"] = share(_POINTS_LEFT.search(text) for text in texts)
    found["section"] = float(any(criterion.section for criterion in criteria))


def _points(reading: PartReading, found: Features) -> None:
    criteria = reading.criteria
    values = [criterion.points for criterion in criteria if criterion.points is not None]
    found["pointed"] = len(values) / len(criteria) if criteria else 0.0
    found["pointed all"] = float(bool(criteria) and len(values) == len(criteria))
    found["pointed partly"] = float(0 < len(values) < len(criteria))
    if not values:
        found["pointless without levels"] = found["levels none"]
        return
    total = sum(values)
    found["points whole"] = share(value == value.to_integral_value() for value in values)
    found["points large"] = share(value > 100 for value in values)
    found["points zero"] = share(value == 0 for value in values)
    found["points equal"] = float(len(set(values)) == 1 and len(values) > 2)
    found["points running"] = float(len(values) > 2 and all(b == a + 1 for a, b in itertools.pairwise(values)))
    found["points fractions"] = share(value * 4 % 1 != 0 for value in values)
    found["sum round"] = float(found["pointed all"] == 1.0 and len(values) > 1 and total in (10, 20, 25, 50, 100))
    found["weighted"] = share(criterion.weight is not None for criterion in criteria)
    found["weights hundred"] = float(found["weighted"] == 1.0 and total == 100)
    if reading.stated is not None:
        found["total agrees"] = float(reading.stated == total)
        found["total differs"] = float(reading.stated != total)


def _levels(criteria: list[Criterion], found: Features) -> None:
    leveled = [criterion.levels for criterion in criteria if criterion.levels]
    levels = [level for own in leveled for level in own]
    if not levels:
        return
    told = [level.description for level in levels if level.description]
    found["level described"] = len(told) / len(levels)
    found["level blank"] = float(not told)
    found["level blank partly"] = float(0 < len(told) < len(levels))
    if told:
        breadth, short, amount, points_left = (
            sum(marks) / len(told) for marks in zip(*map(_told_marks, told), strict=True)
        )
        found["level length"] = math.log1p(breadth) / 5
        found |= {"level short": short, "level amounts": amount, "level points left": points_left}
        found["level repeats"] = share(len(set(_told(own))) < len(_told(own)) for own in leveled)
        found["level same in all"] = float(len(criteria) > 2 and len({tuple(_told(own)) for own in leveled}) == 1)
        found["level one same in all"] = float(_is_one_the_same(leveled))
    _level_names(leveled, levels, found)
    tops = [level.highest for level in levels]
    found["level points"] = share(top is not None for top in tops)
    found["level points partly"] = float(0 < found["level points"] < 1)
    found["level ranges"] = share(level.points_min is not None for level in levels)
    ordered = [[level.highest for level in own if level.highest is not None] for own in leveled]
    found["level order"] = share(_is_monotone(own) for own in ordered if len(own) > 1)
    found["level disorder"] = share(not _is_monotone(own) for own in ordered if len(own) > 1)
    pairs = [
        (criterion.points, max(own))
        for criterion, own in zip([c for c in criteria if c.levels], ordered, strict=True)
        if own and criterion.points is not None
    ]
    found["top differs"] = share(points != top for points, top in pairs)


@lru_cache(4096)
def _told_marks(text: str) -> tuple[int, bool, bool, bool]:
    return lexicon.breadth(text), len(text) < 12, cell_values.is_amount(text), bool(_POINTS_LEFT.search(text))


def _level_names(leveled: list[list[Level]], levels: list[Level], found: Features) -> None:
    names = zip(*(_level_name_marks(level.name or "") for level in levels), strict=True)
    unnamed, word, amount, long, heading, number = (sum(marks) / len(levels) for marks in names)
    found |= {"level unnamed": unnamed, "level words": word, "level name amount": amount}
    ranks = [[rank for level in own if (rank := words.level_rank(level.name or "")) is not None] for own in leveled]
    found["level ranks order"] = share(_is_monotone(own) for own in ranks if len(own) > 1)
    found["level ranks disorder"] = share(not _is_monotone(own) for own in ranks if len(own) > 1)
    found["level nothing"] = share(words.earns_nothing(level.name or level.description or "") for level in levels)
    found |= {"level name long": long, "level name heading": heading, "level any heading": float(heading > 0)}
    found["level name same"] = share(len({level.name for level in own}) < len(own) for own in leveled if len(own) > 1)
    found["level name number"] = number


@lru_cache(4096)
def _level_name_marks(name: str) -> tuple[bool, ...]:
    tags, has_digit = tags_of(name), re.search(r"\d", name) is not None
    kinds = ("criterion", "points", "weight", "comment", "description", "schedule", "commerce", "total", "earned")
    is_heading = "level" not in tags and any(f"only:{kind}" in tags for kind in kinds)
    return not name, "level" in tags, "amount" in tags, len(name) > 60, is_heading, has_digit


def _is_one_the_same(leveled: list[list[Level]]) -> bool:
    """Whether one level has the same text for every criterion, like a blank to fill in, and another has not."""
    said = [{level.description or "" for level in column} for column in zip(*leveled, strict=False)]
    same = [len(texts) == 1 and "" not in texts for texts in said]
    return len(leveled) > 2 and any(same) and not all(same)


def _told(levels: list[Level]) -> list[str]:
    return [level.description for level in levels if level.description]


def _is_monotone(values: Sequence[Any]) -> bool:
    pairs = list(itertools.pairwise(values))
    return all(a <= b for a, b in pairs) or all(a >= b for a, b in pairs)


def _surroundings(document: Document, block: int) -> Features:
    known = document.memo.get(("surroundings", block))
    if known is None:
        own = context.context_of(document, block)
        known = {
            "about rubric": float(own.is_about_rubric),
            "about grading": float(own.is_about_grading),
            "syllabus": float(own.is_syllabus),
            "exam": float(own.is_exam),
            "heading": float(bool(own.heading)),
            "heading rubric": float(lexicon.has(lexicon.RUBRIC, own.heading)),
            "title rubric": float(lexicon.has(lexicon.RUBRIC, own.title)),
            "long document": math.log1p(len(document.blocks)) / 4,
            "tables": math.log1p(len(document.tables)) / 2,
        }
        known |= document_features(document)
        document.memo["surroundings", block] = known
    return dict(known)


MOST_TEXTS = 400
_THEMES = (
    "rubric",
    "grading",
    "criterion",
    "levels",
    "points",
    "commerce",
    "schedule",
    "exam",
    "course_part",
    "syllabus",
    "survey",
    "measure",
    "technical",
    "game",
    "person",
    "penalty",
)


def document_features(document: Document) -> Features:
    """How often the document's short texts mention each theme."""
    known = document.memo.get("themes")
    if known is None:
        texts = [text for text, _ in itertools.islice(document.texts(), MOST_TEXTS) if 2 < len(text) < 160]
        counts = dict.fromkeys(_THEMES, 0.0)
        for text in texts:
            for theme, part in words.concepts(text).items():
                if theme in counts:
                    counts[theme] += part
        scale = max(len(texts), 8)
        known = {f"theme {theme}": math.sqrt(count / scale) for theme, count in counts.items()}
        document.memo["themes"] = known
    return dict(known)


def _table(part: Part, document: Document, reading: PartReading, found: Features) -> None:
    sheet, rows, roles = part_sheet(part, document)
    _coverage(sheet, rows, roles, reading, found)
    _roles(sheet, rows, roles, found)
    found |= row_evidence.evidence(sheet, rows, roles)
    found |= grid_unscored.features_unscored(part, document, reading.criteria, sheet, rows, roles)
    named = rows.count("c")
    found["rows merged"] = 1 - len(reading.criteria) / named if named and "g" not in rows else 0.0
    found["lent header"] = float(part.header is not None)
    found["joined tables"] = float(len(part.blocks) > 1)
    if isinstance(first := document.blocks[part.blocks[0]], Table):
        found["small"] = float(first.rows * first.columns <= 4)


def _coverage(sheet: Sheet, rows: str, roles: str, reading: PartReading, found: Features) -> None:
    letters = unread = skipped_rows = skipped_columns = unread_cells = filled = 0
    for cell in sheet.cells:
        size = len(cell.text)
        if not size:
            continue
        letters += size
        filled += 1
        if cell.ref in reading.used:
            continue
        unread_cells += 1
        if rows[cell.row] == "-":
            skipped_rows += size
        elif roles[cell.column] in "-e":
            skipped_columns += size
        else:
            unread += size
    letters = letters or 1
    found["unread"] = unread / letters
    found["unread any"] = float(unread > 0)
    found["skipped rows"] = skipped_rows / letters
    found["skipped columns"] = skipped_columns / letters
    found["unread cells"] = unread_cells / (filled or 1)
    found["read all"] = float(unread_cells == 0)


def _roles(sheet: Sheet, rows: str, roles: str, found: Features) -> None:
    header = [index for index, role in enumerate(rows) if role == "h"]
    first = list(itertools.takewhile(lambda i: i == header[0] or i - 1 in header, header)) if header else []
    titles = [tags_of(grid_work.title_text(cells)) for cells in grid_work.titles_of(sheet, first)]
    found["headed"] = float(bool(header))
    found["header deep"] = float(len(first) > 1)
    found["header again"] = float(len(header) > len(first))
    n = len(rows)
    for role, name in (("s", "sections"), ("+", "continued"), ("-", "left out"), ("t", "totals"), ("a", "adjusted")):
        found[f"rows {name}"] = rows.count(role) / n
    found["rows same"] = rows.count("c") / max(n - len(header), 1)
    found["section last"] = float(rows[-1] == "s")
    found["sections in turn"] = float("ss" in rows)
    for role in "nsdpwlekm-":
        if role in roles:
            found[f"column {role}"] = 1.0
    found["columns skipped"] = roles.count("-") / len(roles)
    levels = [index for index, role in enumerate(roles) if role == "l"]
    before = roles[: roles.index("c")] if "c" in roles else ""
    found["levels before name"] = float("l" in before)
    found["texts before name"] = float("d" in before or "-" in before)
    if levels:
        found["levels apart"] = float(levels[-1] - levels[0] + 1 > len(levels))
        heads = [titles[index] for index in levels] if titles else []
        found["level heads"] = share("level" in tags or "amount" in tags or "counted" in tags for tags in heads)
        found["level heads blank"] = share("blank" in tags for tags in heads)
        found["level heads notes"] = share("only:comment" in tags or "only:earned" in tags for tags in heads)
        found["level column empty"] = share(not _is_filled(sheet, rows, index) for index in levels)
    _left_columns(sheet, rows, roles, titles, found)
    for kind in ("commerce", "schedule", "measure"):
        found[f"heads {kind}"] = min(sum(f"has:{kind}" in tags for tags in titles), 3) / 2
    found["heads only"] = share(any(tag.startswith("only:") for tag in tags) for tags in titles)


def _left_columns(sheet: Sheet, rows: str, roles: str, titles: list[frozenset[str]], found: Features) -> None:
    """The columns' headings, and skipped columns that have texts or a level's heading."""
    levels = [index for index, role in enumerate(roles) if role == "l"]
    for index, role in enumerate(roles):
        heads = titles[index] if titles else frozenset()
        if role == "c" and titles:
            found["name headed"] = float("only:criterion" in heads)
        elif role in "-ed":
            _left_column(sheet, rows, roles, index, heads, found)
            if titles and levels and _is_titled_like(titles, levels, index):
                found["level title left"] = 1.0
        elif role in "pw" and titles:
            kind = "only:points" if role == "p" else "only:weight"
            found[f"{role} headed"] = max(found.get(f"{role} headed", 0.0), float(kind in heads))


def _left_column(sheet: Sheet, rows: str, roles: str, index: int, heads: frozenset[str], found: Features) -> None:
    if roles[index] == "d" or not _is_filled(sheet, rows, index):
        return
    found["filled column left"] = 1.0
    is_like = _is_like_levels(sheet, rows, roles, index)
    found["long column left"] = max(found.get("long column left", 0.0), float(is_like))
    if "only:points" in heads:
        found["points column left"] = 1.0


def _is_titled_like(titles: list[frozenset[str]], levels: list[int], column: int) -> bool:
    """Whether a column beside the levels has a level name as heading, or an amount like theirs."""
    counted = share("amount" in titles[index] for index in levels) > 0.5
    return "shortlevel" in titles[column] or (counted and "amount" in titles[column])


def _is_like_levels(sheet: Sheet, rows: str, roles: str, column: int) -> bool:
    """Whether a column's texts are about as long as those of the level columns."""
    lengths = {
        index: [
            len(texts[index]) for role, texts in zip(rows, sheet.texts, strict=True) if role == "c" and texts[index]
        ]
        for index, role in enumerate(roles)
        if role == "l" or index == column
    }
    means = {index: sum(own) / len(own) for index, own in lengths.items() if own}
    own = means.pop(column, 0.0)
    return own > 20 and any(0.5 < own / mean < 2 for mean in means.values() if mean)


def _is_filled(sheet: Sheet, rows: str, column: int) -> bool:
    return any(role in "c+=l" and texts[column] for role, texts in zip(rows, sheet.texts, strict=True))
