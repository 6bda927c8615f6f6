"""The CSV that Canvas LMS imports as a rubric ("Import Rubric").

How Canvas reads it (lib/rubric_csv_importer.rb, app/models/rubric_import.rb and rubric.rb of canvas-lms): a row without
a rubric's or a criterion's name, or without ratings, is refused; a rating without a name is stepped over, one with a
name and no points breaks the whole import; points are rounded to two decimals; ratings are sorted by points, highest
first, and a criterion is worth its highest; with ranges on, a rating reaches from its points down to the next one's.
A byte order mark would hide the first column, so there is none.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal

from rubric_jobs.rubric.exports.base import Export, of_marks, of_sections, of_weights
from rubric_jobs.rubric.model import Criterion, Level, Rubric
from rubric_jobs.rubric.points import as_text, top

HEADER = ("Rubric Name", "Criteria Name", "Criteria Description", "Criteria Enable Range")
RATING = ("Rating Name", "Rating Description", "Rating Points")
LONGEST_TITLE = 255
_CENT = Decimal("0.01")
_FORMULA_SIGNS = tuple("=+-@＝＋－＠")


@dataclass(slots=True)
class _Rating:
    name: str
    description: str
    points: Decimal


@dataclass(slots=True)
class _Losses:
    said: list[str] = field(default_factory=list)

    def add(self, path: str, sentence: str) -> None:
        self.said.append(f"{path}: {sentence}")


def export(rubric: Rubric) -> Export:
    losses = _Losses()
    title = _text(rubric.title, "title", losses)
    if not title:
        title = "Rubric"
        losses.add("title", "Canvas needs a name; “Rubric” was written.")
    elif len(title) > LONGEST_TITLE:
        title = title[:LONGEST_TITLE]
        losses.add("title", f"it was cut to {LONGEST_TITLE} characters.")
    rows, total = [], Decimal(0)
    for index, criterion in enumerate(rubric.criteria):
        path = f"criteria[{index}]"
        ratings = _ratings(criterion, path, losses)
        total += max(rating.points for rating in ratings)
        rows.append([title, *_criterion_cells(criterion, index, losses), *_rating_cells(ratings)])
    if rubric.total_points is not None and rubric.total_points != total:
        losses.add(
            "total_points", f"Canvas adds up the highest ratings, {as_text(total)}, not {as_text(rubric.total_points)}."
        )
    for index, adjustment in enumerate(rubric.adjustments):
        losses.add(f"adjustments[{index}]", f"a Canvas rubric holds no {adjustment.kind}.")
    everything = [*losses.said, *of_sections(rubric), *of_weights(rubric), *of_marks(rubric)]
    return Export(_csv(rows), "text/csv; charset=utf-8", ".csv", everything)


def _csv(rows: Sequence[Sequence[str]]) -> str:
    widest = max((len(row) for row in rows), default=len(HEADER) + len(RATING))
    sheet = io.StringIO(newline="")
    writer = csv.writer(sheet, lineterminator="\r\n")
    writer.writerow([*HEADER, *RATING * ((widest - len(HEADER)) // len(RATING))])
    writer.writerows(rows)
    return sheet.getvalue()


def _criterion_cells(criterion: Criterion, index: int, losses: _Losses) -> list[str]:
    path = f"criteria[{index}]"
    name = _text(criterion.name, f"{path}.name", losses)
    if not name:
        name = f"Criterion {index + 1}"
        losses.add(f"{path}.name", f"Canvas needs one; “{name}” was written.")
    has_ranges = any(_is_range(level) for level in criterion.levels)
    return [name, _text(criterion.description, f"{path}.description", losses), str(has_ranges).lower()]


def _rating_cells(ratings: Sequence[_Rating]) -> list[str]:
    return [cell for rating in ratings for cell in (rating.name, rating.description, as_text(rating.points))]


def _ratings(criterion: Criterion, path: str, losses: _Losses) -> list[_Rating]:
    if not criterion.levels:
        worth = _exact(criterion.points, f"{path}.points", losses)
        losses.add(f"{path}.levels", "Canvas needs ratings; “Full Marks” and “No Marks” were written.")
        return [_Rating("Full Marks", "", worth), _Rating("No Marks", "", Decimal(0))]
    ratings = [_rating(level, place, f"{path}.levels[{place}]", losses) for place, level in enumerate(criterion.levels)]
    worths = [rating.points for rating in ratings]
    if worths != sorted(worths, reverse=True):
        losses.add(f"{path}.levels", "Canvas sorts ratings by points, the highest first.")
    if criterion.points is not None and criterion.points != max(worths):
        highest = as_text(max(worths))
        losses.add(f"{path}.points", f"Canvas takes the highest rating, {highest}, not {as_text(criterion.points)}.")
    _tell_of_ranges(criterion, path, losses)
    return ratings


def _rating(level: Level, place: int, path: str, losses: _Losses) -> _Rating:
    name = _text(level.name, f"{path}.name", losses)
    worth = _exact(top(level), f"{path}.points", losses)
    if _is_range(level) and level.points_max is None:
        losses.add(f"{path}.points_max", f"Canvas needs an upper end; {as_text(worth)} was written.")
    if not name:
        name = f"Level {place + 1}" if top(level) is None else f"{as_text(worth)} pts"
        losses.add(f"{path}.name", f"Canvas drops a rating without one; “{name}” was written.")
    return _Rating(name, _text(level.description, f"{path}.description", losses), worth)


def _is_range(level: Level) -> bool:
    return level.points is None and (level.points_min is not None or level.points_max is not None)


def _tell_of_ranges(criterion: Criterion, path: str, losses: _Losses) -> None:
    spans = sorted((worth, index) for index, level in enumerate(criterion.levels) if (worth := top(level)) is not None)
    has_ranges = any(map(_is_range, criterion.levels))
    below = Decimal(0)
    for worth, index in spans:
        level = criterion.levels[index]
        if _is_range(level) and level.points_min is not None and level.points_min != below:
            reach = f"Canvas lets this range reach from {as_text(worth)} down to {as_text(below)}"
            losses.add(f"{path}.levels[{index}].points_min", f"{reach}, not {as_text(level.points_min)}.")
        elif worth > 0 and not _is_range(level) and has_ranges:
            losses.add(f"{path}.levels[{index}].points", "Canvas makes it a range, as the others are.")
        below = worth


def _exact(value: Decimal | None, path: str, losses: _Losses) -> Decimal:
    """Points that Canvas takes as they are: it breaks without any, and a minus sign would start a formula."""
    if value is None:
        losses.add(path, "Canvas needs points; 0 was written.")
        return Decimal(0)
    if value < 0:
        losses.add(path, f"0 was written instead of {as_text(value)}.")
        return Decimal(0)
    rounded = value.quantize(_CENT, ROUND_HALF_UP)
    if rounded != value:
        losses.add(path, f"Canvas keeps two decimals, {as_text(rounded)} instead of {as_text(value)}.")
        return rounded
    return value


def _text(text: str | None, path: str, losses: _Losses) -> str:
    """Trimmed, as Canvas does itself, and made harmless for spreadsheets."""
    cell = "\n".join((text or "").replace("\x00", "").strip().splitlines())
    if cell.startswith(_FORMULA_SIGNS):
        losses.add(path, f"an apostrophe stands before “{cell[0]}”, so that no spreadsheet takes it for a formula.")
        return f"'{cell}"
    return cell
