"""Points as people print them."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rubric_jobs.reader import amounts
from tests.rubrics import quick

WHOLE = {
    "15": (None, "15"),
    "4 pts": (None, "4"),
    "(0-49)": ("0", "49"),
    "4-3": ("3", "4"),
    "0,5": (None, "0.5"),
    "/40": (None, "40"),
    "______/10": (None, "10"),
    "25%": (None, "25"),
    "0 to 20 points": ("0", "20"),
    "3 a 4 puntos": ("3", "4"),
    "10分": (None, "10"),
    "（10分）": (None, "10"),
    "Points: 5": (None, "5"),
    "up to 10 points": (None, "10"),
    "5 Punkte": (None, "5"),
    "8 P.": (None, "8"),
    "½": (None, "0.5"),
    "1,000": (None, "1000"),
    "(1.500 Punkte)": (None, "1500"),
    "___/2,750": (None, "2750"),
    "800-1,000": ("800", "1000"),
    "2,5": (None, "2.5"),
    "0,125": (None, "0.125"),
    "0.500": (None, "0.5"),
    "<70": ("0", "70"),
    "≥ 90": (None, "90"),
    "2 bis 3 Punkte": ("2", "3"),
    "12½": (None, "12.5"),
    "2 ½ pts": (None, "2.5"),
    "2 1/2 points": (None, "2.5"),
    "1/2": (None, "0.5"),
    "3/4 point": (None, "0.75"),
    "⅓": (None, "0.3333"),
    "2 1⁄2": (None, "2.5"),
    "1½-2½": ("1.5", "2.5"),
    ".5 pts": (None, "0.5"),
    "3 to > 2.5": ("2.5", "3"),
    "<4": ("0", "4"),
    "below 14": ("0", "14"),
    "60分以下": ("0", "60"),
    "5 or less": ("0", "5"),
    "90+": (None, "90"),
    "90 and above": (None, "90"),
    "90分以上": (None, "90"),
    "25 (each 5)": (None, "25"),
    "0 2 3 5": ("0", "5"),
    "0 / 1": ("0", "1"),
    "0.0 / 0.25 / 0.5": ("0", "0.5"),
    "5+5": (None, "10"),
    "5 + 5 = 10 points": (None, "10"),
    "von 15 möglichen Punkten": (None, "15"),
    "out of 20": (None, "20"),
    "sur 20": (None, "20"),
    "__/15": (None, "15"),
    "15 percent": (None, "15"),
    "20 Prozent": (None, "20"),
    "１５点": (None, "15"),
    "5 баллов": (None, "5"),
    "배점 10점": (None, "10"),
    "10 punktów": (None, "10"),
    "0 / 5 / 10": ("0", "10"),
    "5-4-3-2-1": ("1", "5"),
    "0 a 3 punts": ("0", "3"),
}


@pytest.mark.parametrize(("text", "expected"), WHOLE.items(), ids=WHOLE)
def test_an_amount_is_read(text: str, expected: tuple[str | None, str]) -> None:
    found = amounts.whole(text)
    assert found is not None
    low, high = expected
    assert found.high == Decimal(high)
    assert found.low == (Decimal(low) if low else None)


@pytest.mark.parametrize(
    "text",
    [
        "A",
        "Excellent",
        "10 min",
        "2024 plan",
        "12/10/2024",
        "",
        "Group 3",
        "3 sources",
        "1,000,000",
        "1,200.00",
        "10分钟",
    ],
)
def test_other_text_is_no_amount(text: str) -> None:
    assert amounts.whole(text) is None


@pytest.mark.parametrize(
    ("text", "high", "rest"),
    [
        ("Objective stated [5]", "5", "Objective stated"),
        ("Design [COTS] [45]", "45", "Design [COTS]"),
        ("Login works. 0.3 puntos ", "0.3", "Login works"),
        ("Correct output \t__________/10", "10", "Correct output"),
        ("Quality of work .......... 10", "10", "Quality of work"),
        ("Style: 5", "5", "Style"),
        ("作业完成度（30分）", "30", "作业完成度"),
        ("Final product (1,000 points)", "1000", "Final product"),
        ("Final product 1,000 points", "1000", "Final product"),
    ],
)
def test_an_amount_at_the_end_is_taken_off(text: str, high: str, rest: str) -> None:
    found = amounts.trailing(text)
    assert found is not None
    assert found[0].high == Decimal(high)
    assert found[1] == rest


@pytest.mark.parametrize("text", ["Chapter 5", "see page 12", "Use 3 sources (APA)", "2020-2021", "Question 4"])
def test_a_number_that_is_part_of_the_text_stays(text: str) -> None:
    assert amounts.trailing(text) is None


@pytest.mark.parametrize(
    ("text", "high", "rest"),
    [("(50%) Delivery", "50", "Delivery"), ("10 pts - Style", "10", "Style"), ("4: Excellent", "4", "Excellent")],
)
def test_an_amount_at_the_start_is_taken_off(text: str, high: str, rest: str) -> None:
    found = amounts.leading(text)
    assert found is not None
    assert (found[0].high, found[1]) == (Decimal(high), rest)


@pytest.mark.parametrize("text", ["75 % of the items are correct", "80% de los datos", "3 sources or more: list them"])
def test_a_share_of_something_is_no_amount(text: str) -> None:
    assert amounts.leading(text) is None
    assert amounts.trailing(text) is None


def test_a_share_of_the_grade_is_one() -> None:
    found = amounts.leading("20% of the final grade: report")
    assert found is not None
    assert found[0].high == 20


@quick
@given(
    st.integers(0, 999),
    st.sampled_from(["½", "¼", "¾", " 1/2", " 1⁄4", " 3/4"]),
    st.sampled_from(["", " pts", " Punkte"]),
)
def test_a_mixed_number_is_its_units_and_its_part(units: int, part: str, unit: str) -> None:
    found = amounts.whole(f"{units}{part}{unit}")
    values = {"½": "0.5", "¼": "0.25", "¾": "0.75", " 1/2": "0.5", " 1⁄4": "0.25", " 3/4": "0.75"}
    assert found is not None
    assert found.high == units + Decimal(values[part])


@quick
@given(
    st.decimals(0, 900, places=2),
    st.sampled_from(
        ["{}", "({})", "{} pts", "/{}", "____/{}", "[{} marks]", "{} Punkte", "Points: {}", "max. {}", "{}分"]
    ),
    st.booleans(),
)
def test_an_amount_is_the_same_in_every_dress(value: Decimal, dress: str, has_comma: bool) -> None:
    printed = f"{value.normalize():f}"
    found = amounts.whole(dress.format(printed.replace(".", ",") if has_comma else printed))
    assert found is not None
    assert found.high == value


@quick
@given(
    st.decimals(0, 99, places=1),
    st.decimals(0, 99, places=1),
    st.sampled_from(["-", " – ", " to ", "~", " bis ", "至"]),
)
def test_a_range_has_both_ends_in_order(a: Decimal, b: Decimal, dash: str) -> None:
    found = amounts.whole(f"{a}{dash}{b}")
    assert found is not None
    assert (found.low, found.high) == (min(a, b), max(a, b))


@quick
@given(st.text(max_size=80))
def test_any_text_is_read_without_an_error(text: str) -> None:
    for take in (amounts.whole, amounts.trailing, amounts.leading, amounts.bracketed, amounts.negative):
        take(text)


@pytest.mark.parametrize(("text", "value"), [("Content x2", 2), ("(×3)", 3), ("Voice", None), ("2x4", None)])
def test_multipliers_are_read(text: str, value: int | None) -> None:
    assert amounts.multiplier(text) == value


@pytest.mark.parametrize("text", ["Content (x2)", "Content [×2]", "Content （2x）", "Content x2", "(2 ×) Content"])
def test_a_multiplier_is_taken_off_with_its_brackets(text: str) -> None:
    assert amounts.without_multiplier(text) == "Content"


@pytest.mark.parametrize(("text", "value"), [("-1 per figure", 1), ("-0–100% late", 100), ("3-4", None), ("–5", 5)])
def test_deductions_are_read_as_positive_numbers(text: str, value: int | None) -> None:
    assert amounts.negative(text) == value


@pytest.mark.parametrize("text", ["0 – 20", "0 - 10 pts", "10 pts - 20 pts", "10% – 20%", "(1 − 4)", "½ - 2", "0 -20"])
def test_a_spaced_range_is_no_deduction(text: str) -> None:
    assert amounts.negative(text) is None


@pytest.mark.parametrize(("text", "value"), [("10\n-2 if late", 2), ("Figure 3: -1", 1), ("0 – 5, for each day -2", 2)])
def test_a_deduction_beside_other_numbers_is_read(text: str, value: int) -> None:
    assert amounts.negative(text) == value


@pytest.mark.parametrize(
    "text", ["_" * 20_000, "1" * 20_000, "(" * 20_000, "1-" * 10_000, " \t" * 10_000, "1 a " * 5_000, "1 - " * 5_000]
)
def test_no_text_makes_the_patterns_hang(text: str) -> None:
    for take in (
        amounts.whole,
        amounts.trailing,
        amounts.leading,
        amounts.bracketed,
        amounts.negative,
        amounts.multiplier,
    ):
        take(text)
