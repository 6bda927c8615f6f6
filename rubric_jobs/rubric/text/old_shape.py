"""The nested JSON of the service that this one replaces."""

from __future__ import annotations

from typing import Any

from rubric_jobs.rubric import points
from rubric_jobs.rubric.model import Criterion, Level, Rubric, as_json_number


def as_old_shape(rubric: Rubric) -> dict[str, Any]:
    """The rubric as `rubricTitle`, `totalPossiblePoints` and `categories`, each `categoryName` and `levels`.

    A level is `{"levelName", "scoreValue", "description"}`. Texts are "" where there are none, the total is null. In
    this shape points stand in levels alone: a criterion without levels gets one without a name that holds its points
    and its description, so that neither is lost.
    """
    return {
        "rubricTitle": rubric.title or "",
        "totalPossiblePoints": None if rubric.total_points is None else as_json_number(rubric.total_points),
        "categories": [
            {
                "categoryName": criterion.name,
                "levels": [
                    {
                        "levelName": level.name or "",
                        "scoreValue": score_value(level),
                        "description": level.description or "",
                    }
                    for level in criterion.levels or _whole_criterion(criterion)
                ],
            }
            for criterion in rubric.criteria
        ],
    }


def score_value(level: Level) -> str:
    """The level's points as text, or `min-max`, or ""."""
    if level.points is not None:
        return points.as_text(level.points)
    ends = [points.as_text(end) for end in (level.points_min, level.points_max) if end is not None]
    return "-".join(ends)


def _whole_criterion(criterion: Criterion) -> list[Level]:
    if criterion.points is None and not criterion.description:
        return []
    return [Level(points=criterion.points, description=criterion.description)]
