"""Rubrics for property tests, hostile to whatever takes signs in a text for its own."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st

from rubric_jobs.rubric.model import Adjustment, Criterion, Level, Rubric

_IS_FUZZ = settings.get_current_profile_name() == "fuzz"

quick = settings(max_examples=400 if _IS_FUZZ else 25, deadline=None)
"""No deadline for one example: a busy machine is no fault of the code."""

thorough = settings(max_examples=2_000 if _IS_FUZZ else 50, deadline=None)
"""For numbers, which must never be wrong."""

_SIGNS = [
    "**", "*", "(5 pts)", " (5 pts)", "(5 pts):", "(5 pts)**:", ": ", ":", "\\", "<br>", "\n", "- ", "  - ", "3-4 pts:",
    ">=3 pts:", "<=2 pts: ", "|", "\t", " ", "word", "Überblick", "書く", "עברית", "**Scoring**:", "`", "#", "[x]",
    "2.5", "**Penalties (if applicable)**:", "=1+1", "@", '"', ",", "'", "🎓",
]  # fmt: skip
texts = st.lists(st.sampled_from(_SIGNS) | st.text(st.characters(codec="utf-8", exclude_characters="\r\x0b\x0c\x85\u2028\u2029"), max_size=3), max_size=6).map("".join)  # fmt: skip  # noqa: E501
"""Any text; the line break is the only sign for the end of a line that the canonical rubric knows."""

given_texts = st.none() | texts.filter(lambda text: bool(text.strip()))
points = st.decimals(0, 1000, places=2).map(Decimal.normalize).map(lambda value: value + 0)


@st.composite
def levels(draw: st.DrawFn) -> Level:
    worth: dict[str, Any] = draw(
        st.sampled_from([(), ("points",), ("points_min", "points_max"), ("points_min",), ("points_max",)]).flatmap(
            lambda names: st.fixed_dictionaries(dict.fromkeys(names, points))
        )
    )
    return Level(name=draw(given_texts), description=draw(given_texts), **worth)


criteria = st.builds(
    Criterion,
    name=texts,
    description=given_texts,
    section=st.none() | given_texts,
    points=st.none() | points,
    levels=st.lists(levels(), max_size=4),
)
adjustments = st.builds(Adjustment, kind=st.sampled_from(["penalty", "bonus"]), reason=texts, points=st.none() | points)
rubrics = st.builds(
    Rubric,
    title=given_texts,
    total_points=st.none() | points,
    criteria=st.lists(criteria, min_size=1, max_size=5),
    adjustments=st.lists(adjustments, max_size=3).map(
        lambda found: sorted(found, key=lambda each: each.kind != "penalty")
    ),
)


def essay() -> Rubric:
    """20 points in two criteria with levels, one of them in ranges; a late penalty of 2."""
    return Rubric(
        title="Essay rubric",
        total_points=Decimal(20),
        criteria=[
            Criterion(
                name="Thesis",
                description="Is there one?",
                points=Decimal(12),
                levels=[
                    Level(name="Clear", description="Stated in the first paragraph.", points=Decimal(12)),
                    Level(name="Vague", description="Must be guessed.", points=Decimal(6)),
                    Level(name="Missing", description="Not there.", points=Decimal(0)),
                ],
            ),
            Criterion(
                name="Style",
                points=Decimal(8),
                levels=[
                    Level(name="Good", description="Reads well.", points_min=Decimal(5), points_max=Decimal(8)),
                    Level(name="Weak", description="Hard to read.", points_min=Decimal(0), points_max=Decimal(4)),
                ],
            ),
        ],
        adjustments=[Adjustment(kind="penalty", reason="Late", points=Decimal(2))],
    )
