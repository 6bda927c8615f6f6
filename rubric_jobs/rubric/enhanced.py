"""The result of a completed enhancement, made of its rubric: by a job, and again when its reading is mended."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from rubric_jobs.errors import InvalidPoints
from rubric_jobs.rubric import points, rescaling, review
from rubric_jobs.rubric import text as rubric_text
from rubric_jobs.rubric.model import Rubric, Warning, as_json_number

WISH_NOT_HEEDED = Warning(
    code="wish_not_heeded",
    message="The wish was not followed, because that needs a language model. The points keep their proportions.",
)


def shared_out(whole: Rubric, total: Decimal | None, *, has_wish: bool) -> Rubric:
    """The rubric worth the total, by arithmetic alone; without a total it keeps its own. Raises InvalidPoints."""
    rubric = rescaling.settle(whole) if total is None else rescaling.rescale(whole, total)
    warnings = [*rubric.warnings, *about_old_total(whole), *([WISH_NOT_HEEDED] if has_wish else [])]
    return rubric.model_copy(update={"warnings": warnings})


def about_old_total(whole: Rubric) -> list[Warning]:
    return [warning for warning in review.review(whole) if warning.code == "total_mismatch"]


def finished(rubric: Rubric) -> Rubric:
    """With all that a teacher should be warned of."""
    return review.reviewed(rubric)


def result_of(rubric: Rubric) -> dict[str, Any]:
    """The result of a completed enhancement as CONTRACT fixes it."""
    total = points.summed(rubric)
    if total is None or total != rubric.total_points:
        raise InvalidPoints
    return {
        "success": True,
        "enhanced_rubric": rubric_text.write(rubric),
        "total_points": as_json_number(total),
        "rubric": rubric.as_json(),
    }
