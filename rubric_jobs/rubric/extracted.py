"""The result of a completed extraction, made of its rubric: by a job, and again when its reading is mended."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from rubric_jobs.rubric import points, review
from rubric_jobs.rubric import text as rubric_text
from rubric_jobs.rubric.model import Rubric, Warning, as_json_number

MOST_WARNINGS_SAID = 3
"""In the old front end's `warning`; the rubric has all of them."""


def finished(rubric: Rubric, *, requested: Decimal | None) -> Rubric:
    """With its totals, and all that a teacher should be warned of."""
    known = rubric.model_copy(update={"totals": points.totals(rubric, requested=requested)})
    reviewed = review.reviewed(known)
    return reviewed.model_copy(update={"warnings": [*reviewed.warnings, *_about_total(reviewed)]})


def _about_total(rubric: Rubric) -> list[Warning]:
    requested, found = rubric.totals.requested, rubric.total_points
    if requested is None or requested == found:
        return []
    own = "the rubric states no total" if found is None else f"the rubric is worth {points.as_text(found)} points"
    message = f"{points.as_text(requested)} points were expected, but {own}; nothing was rescaled."
    return [Warning(code="total_not_as_requested", message=message, path="total_points")]


def result_of(rubric: Rubric) -> dict[str, Any]:
    """The result of a completed extraction as CONTRACT fixes it."""
    warnings = list(dict.fromkeys(warning.message for warning in rubric.warnings))
    return {
        "success": True,
        "rubricText": rubric_text.write(rubric),
        "totalPoints": None if rubric.total_points is None else as_json_number(rubric.total_points),
        "warning": " ".join(warnings[:MOST_WARNINGS_SAID]) or None,
        "rubric": rubric.as_json(),
        "raw": rubric_text.as_old_shape(rubric),
    }
