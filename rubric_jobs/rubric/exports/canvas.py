"""The CSV that Canvas LMS imports as a rubric ("Import Rubric").

How Canvas reads it (lib/rubric_csv_importer.rb, app/models/rubric_import.rb and rubric.rb of canvas-lms): a row without
a rubric's or a criterion's name, or without ratings, is refused; a rating without a name is stepped over, one with a
name and no points breaks the whole import; points are rounded to two decimals; ratings are sorted by points, highest
first, and a criterion is worth its highest; with ranges on, a rating reaches from its points down to the next one's.
A byte order mark would hide the first column, so there is none.

The best rating of a criterion is written with the criterion's own points, and these add up to the rubric's total, or
nothing is written at all.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

from rubric_jobs.errors import LevelPointsNeeded, NotExportable
from rubric_jobs.rubric import level_points, points
from rubric_jobs.rubric.exports.base import FORMULA_SIGNS, Export, of_marks, of_sections, of_weights
from rubric_jobs.rubric.level_points import FULL_MARKS, NO_MARKS
from rubric_jobs.rubric.model import Criterion, Level, Rubric
from rubric_jobs.rubric.points import CENT, as_text, top

HEADER = ("Rubric Name", "Criteria Name", "Criteria Description", "Criteria Enable Range")
RATING = ("Rating Name", "Rating Description", "Rating Points")
LONGEST_TITLE = 255


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
    """Raises LevelPointsNeeded where levels have no points, NotExportable where Canvas would show another total."""
    rubric = rubric.model_copy(update={"criteria": list(map(level_points.with_zeros, rubric.criteria))})
    losses = _Losses()
    worths = _worths(rubric, losses)
    title = _title(rubric, losses)
    rows = []
    for index, (criterion, worth) in enumerate(zip(rubric.criteria, worths, strict=True)):
        ratings = _ratings(criterion, worth, f"criteria[{index}]", losses)
        rows.append([title, *_criterion_cells(criterion, index, losses), *_rating_cells(ratings)])
    for index, adjustment in enumerate(rubric.adjustments):
        losses.add(f"adjustments[{index}]", f"a Canvas rubric holds no {adjustment.kind}.")
    everything = [*losses.said, *of_sections(rubric), *of_weights(rubric), *of_marks(rubric)]
    return Export(_csv(rows).encode(), "text/csv; charset=utf-8", ".csv", everything)


def _title(rubric: Rubric, losses: _Losses) -> str:
    title = _text(rubric.title, "title", losses)
    if not title:
        losses.add("title", "Canvas needs a name; “Rubric” was written.")
        return "Rubric"
    if len(title) > LONGEST_TITLE:
        losses.add("title", f"it was cut to {LONGEST_TITLE} characters.")
    return title[:LONGEST_TITLE]


def _worths(rubric: Rubric, losses: _Losses) -> list[Decimal]:
    """What Canvas shall make of each criterion, to the cent; they add up to the rubric's total."""
    weights = [criterion.weight for criterion in rubric.criteria if criterion.weight is not None]
    if weights and len(weights) == len(rubric.criteria) and min(weights) >= 0 and sum(weights):
        total = points.own_total(rubric)
        return _shared(rubric, weights, total or sum(weights, Decimal(0)), losses)
    return _rounded_in_sum(list(map(Fraction, _own_worths(rubric))), losses)


def _own_worths(rubric: Rubric) -> list[Decimal]:
    worths: list[Decimal] = []
    if all(points.worth(criterion) is None for criterion in rubric.criteria):
        raise NotExportable("The rubric has no points, which Canvas needs. Give its criteria points first.")
    for criterion in rubric.criteria:
        worth = points.worth(criterion)
        if worth is None:
            raise NotExportable(f"“{criterion.name}” has no points, which Canvas needs. Give each criterion points.")
        if worth < 0:
            raise NotExportable(f"“{criterion.name}” is worth {as_text(worth)} points; Canvas takes none below 0.")
        worths.append(worth)
    if worths and not sum(worths):
        raise NotExportable("The rubric is worth 0 points. Give its criteria points.")
    total, found = points.own_total(rubric), sum(worths, Decimal(0))
    if total is not None and found != total:
        raise NotExportable(
            f"The rubric states {as_text(total)} points, but its criteria add up to {as_text(found)}. "
            f"Correct one of them: Canvas takes the sum of the criteria."
        )
    return worths


def _shared(rubric: Rubric, weights: Sequence[Decimal], total: Decimal, losses: _Losses) -> list[Decimal]:
    """The total by weight."""
    whole = Fraction(sum(weights, Decimal(0)))
    exact = [Fraction(total) * Fraction(weight) / whole for weight in weights]
    for index, (criterion, share) in enumerate(zip(rubric.criteria, exact, strict=True)):
        if criterion.points is not None and criterion.points != share:
            told = f"its weight of {as_text(weights[index])} % makes it {as_text(_cents(share))} points"
            losses.add(f"criteria[{index}].points", f"{told}, not {as_text(criterion.points)}.")
    return _rounded_in_sum(exact, losses)


def _rounded_in_sum(exact: Sequence[Fraction], losses: _Losses) -> list[Decimal]:
    """To the cent, so that the sum is the rounded sum: by largest remainder."""
    target = _cents(sum(exact, Fraction(0)))
    cents = [int(share * 100) for share in exact]
    by_remainder = sorted(range(len(exact)), key=lambda index: (cents[index] - exact[index] * 100, index))
    for index in by_remainder[: int(target * 100) - sum(cents)]:
        cents[index] += 1
    worths = [Decimal(count) * CENT for count in cents]
    for index, (share, worth) in enumerate(zip(exact, worths, strict=True)):
        if share != Fraction(worth):
            losses.add(f"criteria[{index}].points", f"Canvas keeps two decimals; {as_text(worth)} was written.")
    if target == 0 and any(exact):
        raise NotExportable("The rubric is worth less than Canvas can keep: it has two decimals.")
    return worths


def _cents(exact: Fraction) -> Decimal:
    return points.rounded(exact, CENT)


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


def _ratings(criterion: Criterion, worth: Decimal, path: str, losses: _Losses) -> list[_Rating]:
    if not criterion.levels:
        losses.add(f"{path}.levels", f"Canvas needs ratings; “{FULL_MARKS}” and “{NO_MARKS}” were written.")
        return [_Rating(FULL_MARKS, "", worth), _Rating(NO_MARKS, "", Decimal(0))]
    levels = _scaled(criterion, worth, path, losses)
    ratings = [_rating(level, place, f"{path}.levels[{place}]", losses) for place, level in enumerate(levels)]
    worths = [rating.points for rating in ratings]
    if worths != sorted(worths, reverse=True):
        losses.add(f"{path}.levels", "Canvas sorts ratings by points, the highest first.")
    losses.said += _of_levelled(criterion.levels, worths, path)
    _tell_of_ranges(levels, path, losses)
    return ratings


def _with_zeros(criterion: Criterion) -> Criterion:
    levels = [
        level_points.with_points(level, Decimal(0)) if top(level) is None else level for level in criterion.levels
    ]
    return criterion.model_copy(update={"levels": levels})


def _scaled(criterion: Criterion, worth: Decimal, path: str, losses: _Losses) -> list[Level]:
    """The levels on the criterion's scale: its best one carries the criterion's points. Raises LevelPointsNeeded."""
    if not worth:  # nothing to choose: each level of a criterion worth nothing earns nothing
        criterion = _with_zeros(criterion)
    tops = [value for level in criterion.levels if (value := top(level)) is not None]
    if len(tops) < len(criterion.levels) or (worth and max(tops) <= 0):
        raise LevelPointsNeeded(
            f"Canvas needs points for each level, and levels of “{criterion.name}” have none. Choose “spread” "
            f"(evenly, from {as_text(worth)} down to 0) or “full_marks” (two ratings, “{FULL_MARKS}” and “{NO_MARKS}”)."
        )
    best = max(tops)
    if best == worth or best <= 0:
        return criterion.levels
    losses.add(
        f"{path}.levels",
        f"their points go up to {as_text(best)}; they were scaled to the criterion's {as_text(worth)} points.",
    )
    factor = Fraction(worth) / Fraction(best)
    return [_times(level, factor) for level in criterion.levels]


def _times(level: Level, factor: Fraction) -> Level:
    ends = {name: getattr(level, name) for name in ("points", "points_min", "points_max")}
    scaled = {name: _cents(Fraction(value) * factor) for name, value in ends.items() if value is not None and value > 0}
    return level.model_copy(update=scaled)


def _of_levelled(levels: Sequence[Level], worths: Sequence[Decimal], path: str) -> Iterator[str]:
    """Levels that only Canvas's two decimals make equal; those that are equal in the rubric are told of anyway."""
    if len(set(worths)) < len({top(level) for level in levels}):
        yield f"{path}.levels: in Canvas some of them are worth the same."


def _rating(level: Level, place: int, path: str, losses: _Losses) -> _Rating:
    name = _text(level.name, f"{path}.name", losses)
    worth = _exact(top(level) or Decimal(0), f"{path}.points", losses)
    if _is_range(level) and level.points_max is None:
        losses.add(f"{path}.points_max", f"Canvas needs an upper end; {as_text(worth)} was written.")
    if not name:
        name = f"{as_text(worth)} pts"
        losses.add(f"{path}.name", f"Canvas drops a rating without one; “{name}” was written.")
    return _Rating(name, _text(level.description, f"{path}.description", losses), worth)


def _is_range(level: Level) -> bool:
    return level.points is None and (level.points_min is not None or level.points_max is not None)


def _tell_of_ranges(levels: Sequence[Level], path: str, losses: _Losses) -> None:
    spans = sorted((worth, index) for index, level in enumerate(levels) if (worth := top(level)) is not None)
    has_ranges = any(map(_is_range, levels))
    below = Decimal(0)
    for worth, index in spans:
        level = levels[index]
        if _is_range(level) and level.points_min is not None and level.points_min != below:
            reach = f"Canvas lets this range reach from {as_text(worth)} down to {as_text(below)}"
            losses.add(f"{path}.levels[{index}].points_min", f"{reach}, not {as_text(level.points_min)}.")
        elif worth > 0 and not _is_range(level) and has_ranges:
            losses.add(f"{path}.levels[{index}].points", "Canvas makes it a range, as the others are.")
        below = worth


def _exact(value: Decimal, path: str, losses: _Losses) -> Decimal:
    """Points that Canvas takes as they are; a minus sign would start a formula."""
    if value < 0:
        losses.add(path, f"0 was written instead of {as_text(value)}.")
        return Decimal(0)
    rounded = value.quantize(CENT, ROUND_HALF_UP)
    if rounded != value:
        losses.add(path, f"Canvas keeps two decimals, {as_text(rounded)} instead of {as_text(value)}.")
        return rounded
    return value


def _text(text: str | None, path: str, losses: _Losses) -> str:
    """Trimmed, as Canvas does itself, and made harmless for spreadsheets."""
    cell = "\n".join((text or "").replace("\x00", "").strip().splitlines())
    if cell.startswith(FORMULA_SIGNS):
        losses.add(path, f"an apostrophe stands before “{cell[0]}”, so that no spreadsheet takes it for a formula.")
        return f"'{cell}"
    return cell
