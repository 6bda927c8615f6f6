"""The canonical rubric: what its texts may hold."""

from __future__ import annotations

from rubric_jobs.rubric.model import Rubric

OVERRIDE, ISOLATE, POP = "\u202e", "\u2066", "\u2069"
HEBREW = "\u05d1\u05d4\u05d9\u05e8\u05d5\u05ea"


def test_controls_that_turn_texts_around_reach_no_result() -> None:
    rubric = Rubric.model_validate(
        {
            "title": f"{OVERRIDE}Essay",
            "criteria": [
                {
                    "name": f"Clarity {ISOLATE}01{POP} points",
                    "description": f"{HEBREW}, caf\u00e9",
                    "levels": [{"name": f"Good{OVERRIDE}", "description": f"a{POP}b"}],
                }
            ],
            "adjustments": [{"kind": "penalty", "reason": f"Late{OVERRIDE}"}],
        }
    )
    (criterion,) = rubric.criteria
    assert (rubric.title, criterion.name) == ("Essay", "Clarity 01 points")
    assert criterion.description == f"{HEBREW}, caf\u00e9"
    assert (criterion.levels[0].name, criterion.levels[0].description) == ("Good", "ab")
    assert rubric.adjustments[0].reason == "Late"
