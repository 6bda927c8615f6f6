"""Text that a teacher typed or pasted, read by the reader of documents."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rubric_jobs.documents import typed_text
from rubric_jobs.errors import DocumentTooLarge, NoRubricFound
from rubric_jobs.reader import typed
from rubric_jobs.rubric import points
from rubric_jobs.rubric import text as rubric_text
from rubric_jobs.rubric.model import Level, Rubric
from rubric_jobs.web.requests import LONGEST_RULES
from tests import cpu, rubrics
from tests.reading.samples_typed import DEDUCTED, OUTLINES, SPEAKING_LEVELS

WRITTEN = rubric_text.write(rubrics.essay())


def read(text: str) -> Rubric:
    return typed.read(typed_text.parse(text))


def shown(rubric: Rubric) -> list[Any]:
    """A rubric in short: names, points, and levels as (name, points or range)."""

    def worth(level: Level) -> Any:
        return level.points if level.points_max is None else (level.points_min, level.points_max)

    return [(c.name, c.points, [(level.name, worth(level)) for level in c.levels]) for c in rubric.criteria]


@pytest.mark.parametrize(
    "line",
    [
        "Thesis: 20 points",
        "Thesis - 20 pts",
        "Thesis – 20 pts.",
        "Thesis (20 points)",
        "Thesis (20)",
        "Thesis [max. 20 marks]",
        "Thesis ........ 20",
        "Thesis: ___/20",
        "Thesis /20",
        "Thesis\t20",
        "Thesis 20 points",
        "Thesis = 20 p",
        "20 pts - Thesis",
        "20 points: Thesis",
        "20 points for Thesis",
        "* Thesis: 20 points",
        "• Thesis: 20 points",
        "1. Thesis: 20 points",
        "2) **Thesis** (20 pts)",
        "a) Thesis: 20 Punkte",
        "## Thesis (20 points)",
        "**Thesis (20 pts)**:",
        "  Thesis: 20,0 puntos",
        "Thesis：20点",
        "Thesis（20分）",
    ],
)
def test_a_criterion_is_understood_however_it_is_typed(line: str) -> None:
    other = re.sub("Thesis", "Style", line).replace("20", "10").replace("1. ", "2. ")
    assert shown(read(f"{line}\n{other}")) == [("Thesis", 20, []), ("Style", 10, [])]


@pytest.mark.parametrize(("text", "expected"), OUTLINES)
def test_outlines_and_pasted_tables_are_understood(text: str, expected: list[Any]) -> None:
    assert shown(read(text)) == expected


@pytest.mark.parametrize(
    ("typed", "value"),
    [("2 1/2", "2.5"), ("2 ½", "2.5"), ("12½", "12.5"), ("½", "0.5"), ("1/2", "0.5"), ("2 1⁄2", "2.5")],
)
def test_fractions_are_points_in_lines_and_tables(typed: str, value: str) -> None:
    lines = read(f"Thesis: {typed} points\nEvidence: 4 points\nTotal: {typed} points")
    assert shown(lines) == [("Thesis", Decimal(value), []), ("Evidence", 4, [])]
    assert lines.totals.stated == Decimal(value)
    table = read(f"Criteria\tPoints\nThesis\t{typed}\nEvidence\t4")
    assert shown(table) == [("Thesis", Decimal(value), []), ("Evidence", 4, [])]


def test_quoted_cells_of_a_spreadsheet_are_one_cell_each() -> None:
    text = 'Criteria\tExcellent (10 points)\tGood (5 points)\nThesis\t"Clear,\narguable"\t"Clear"\n'
    text += 'Style\t"No ""big"" errors"\t"A few\nerrors"'
    rubric = read(text)
    assert [(each.name, [level.description for level in each.levels]) for each in rubric.criteria] == [
        ("Thesis", ["Clear,\narguable", "Clear"]),
        ("Style", ['No "big" errors', "A few\nerrors"]),
    ]


def test_a_title_a_total_and_penalties_are_no_criteria() -> None:
    text = "Lab report\n\nMethod: 30 points\nResults: 10,5 points\nTotal: 40,5 points\n\n"
    text += "Penalties\n- Late: -5 pts\n- No name"
    rubric = read(text)
    assert (rubric.title, rubric.total_points, rubric.totals.stated) == ("Lab report", Decimal("40.5"), Decimal("40.5"))
    assert shown(rubric) == [("Method", 30, []), ("Results", Decimal("10.5"), [])]
    assert [(each.reason, each.points) for each in rubric.adjustments] == [("Late", 5), ("No name", None)]


def adjusted(rubric: Rubric) -> list[Any]:
    return [(each.kind, each.reason, each.points) for each in rubric.adjustments]


@pytest.mark.parametrize(("text", "criteria", "expected"), DEDUCTED)
def test_penalties_and_bonuses_are_no_criteria_whatever_their_sign_and_swallow_none(
    text: str, criteria: list[str], expected: list[Any]
) -> None:
    rubric = read(text)
    assert [criterion.name for criterion in rubric.criteria] == criteria
    assert adjusted(rubric) == expected
    assert rubric.total_points == points.summed(rubric)


@pytest.mark.parametrize("text", SPEAKING_LEVELS)
def test_levels_that_speak_of_penalties_and_criteria_with_levels_stay_what_they_are(text: str) -> None:
    rubric = read(text)
    assert adjusted(rubric) == []
    assert [(each.points, len(each.levels) >= 2) for each in rubric.criteria] == [(5, True), (5, True)]


def test_a_title_with_the_total_is_no_criterion() -> None:
    rubric = read("# Essay (100 points)\n- Content: 60\n- Style: 40")
    assert (rubric.title, rubric.total_points, shown(rubric)) == (
        "Essay (100 points)",
        100,
        [("Content", 60, []), ("Style", 40, [])],
    )


def test_a_large_criterion_that_equals_the_sum_of_the_others_stays_a_criterion() -> None:
    assert len(read("Content: 50\nStyle: 30\nGrammar: 20").criteria) == 3


def test_parts_that_add_up_to_their_head_are_criteria_of_a_section() -> None:
    rubric = read("Content (20)\n - Thesis (12)\n - Evidence (8)\nStyle (10)\n - Voice (4)\n - Grammar (6)")
    assert [(each.section, each.name) for each in rubric.criteria] == [
        ("Content", "Thesis"),
        ("Content", "Evidence"),
        ("Style", "Voice"),
        ("Style", "Grammar"),
    ]


def test_headings_over_criteria_are_sections() -> None:
    rubric = read("Part A\n- Thesis: 10 points\n- Evidence: 5 points\nPart B\n- Voice: 20 points")
    assert [(each.section, each.name) for each in rubric.criteria] == [
        ("Part A", "Thesis"),
        ("Part A", "Evidence"),
        ("Part B", "Voice"),
    ]


def test_percentages_are_weights_too() -> None:
    rubric = read("Content: 60%\nStyle: 40%")
    assert [(each.points, each.weight) for each in rubric.criteria] == [(60, 60), (40, 40)]


def test_text_below_a_criterion_is_its_description() -> None:
    rubric = read("Thesis (10 pts)\n  Is it clear?\n  Is it argued?\nStyle (5 pts)")
    assert [each.description for each in rubric.criteria] == ["Is it clear?\nIs it argued?", None]


def test_written_text_that_was_edited_by_hand_is_still_read() -> None:
    edited = WRITTEN.replace("- **Style (8 pts)**:", "* **Style (7,5 pts)**").replace("  - 5-8 pts", "   * 5-8 pts")
    assert shown(read(edited)) == [
        ("Thesis", 12, [("Clear", 12), ("Vague", 6), ("Missing", 0)]),
        ("Style", Decimal("7.5"), [("Good", (5, 8)), ("Weak", (0, 4))]),
    ]


@pytest.mark.parametrize(
    "rules",
    [
        "",
        "   \n\n",
        "be kind, focus on grammar",
        "- Be kind\n- Focus on grammar\n- 10 points off for late work",
        "Total of 100 points. Be kind. Use 5 criteria with 20 points each.",
        "1. Max 100 points\n2. Minimum 3 sources\n3. At least 500 words",
        "- Thesis should be worth 30 points\n- Grammar must be worth 20 points",
        "Grammar\n- check commas\n- check spelling\nStyle\n- be kind\n- be clear",
        "- Essays of 500 words\n- 3 sources\n- 12 pt font",
        "Deduct 5 points for each missing source.\nDeduct 2 points for spelling.",
        "Criteria: Grammar\nLevels: 4\nTotal points: 100",
        "Essay: 100 points",
        "**Scoring (10 pts total):**",
        "Hello\n\n**Scoring**:",
    ],
)
def test_a_few_rules_are_no_rubric(rules: str) -> None:
    with pytest.raises(NoRubricFound):
        read(rules)


@rubrics.quick
@given(st.text(max_size=300) | st.lists(rubrics.texts, max_size=12).map("\n".join))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        rubric = read(text)
    except NoRubricFound:
        return
    assert rubric.criteria


HOSTILE: dict[str, Callable[[int], str]] = {
    "marks of bold that never end": lambda size: "**a " * (size // 4),
    "such marks in a written text": lambda size: "**Scoring**:\n" + "- **" * (size // 4),
    "a number of one digit after the other": lambda size: "1." + "1" * size + "x",
    "tabs and spaces in turn": lambda size: "a:" + "\t " * (size // 2) + "x5",
    "tabs and spaces in a cell": lambda size: "|a" + "\t " * (size // 2) + "5|b|\n|a|b|",
    "leaders with gaps": lambda size: "5" + ". ." * (size // 3),
    "a total and spaces": lambda size: "total 5" + " " * size + "9",
    "a total and brackets": lambda size: "total 5" + ")" * size + "9",
    "one wide row and many rows": lambda size: "|a" * (size // 4) + "|\n" + "|a|\n" * (size // 8),
    "a title of many words for points": lambda size: "a|" + "maxweight" * (size // 9) + "(|b\nc|5|5|",
    "a name and a gap": lambda size: "a (5 pts): b" + " " * size + "c: d\nb (5 pts)",
    "lines of one letter": lambda size: "a\n" * (size // 2),
    "blank lines": lambda size: "\n" * size,
    "many items on a line": lambda size: "a: 5, " * (size // 6),
    "many items on each line": lambda size: ("a: 5, " * 50 + "\n") * (size // 301),
    "almost points": lambda size: ("(5 " * 13 + "\n") * (size // 40),
    "almost a table": lambda size: ("|5 " * 13 + "\n") * (size // 40),
    "text below a penalty": lambda size: "Penalty (5 pts)\n" + ("  more " + "a" * 40 + "\n") * (size // 48),
    "penalties further and further in": lambda size: "".join(
        " " * (2 * (at % 9)) + "Penalty (5 pts)\n" for at in range(size // 24)
    ),
}
for _part in ("a ", " ", "(", "a.", "- ", "1", "\t", "|", "_", "x: ", "5-", "a (5 ", "\\", "<br>", "- A (5 pts)\n"):
    HOSTILE[f"{_part!r} again and again"] = lambda size, part=_part: part * (size // len(part))  # type: ignore[misc]


@pytest.mark.parametrize("hostile", HOSTILE.values(), ids=HOSTILE)
def test_the_longest_hostile_text_is_read_or_refused_at_once(hostile: Callable[[int], str]) -> None:
    text = hostile(LONGEST_RULES - 100)
    assert LONGEST_RULES * 0.7 < len(text) <= LONGEST_RULES
    with cpu.at_most(3), contextlib.suppress(NoRubricFound, DocumentTooLarge):
        read(text)


@rubrics.quick
@given(st.text("*_ \t.:-–…|()[]5ap/\\,;", min_size=1, max_size=8), st.sampled_from([30, 500, 20_000]))
def test_no_pattern_of_a_few_signs_is_expensive(unit: str, width: int) -> None:
    line = (unit * width)[:width] + "\n"
    with cpu.at_most(3), contextlib.suppress(NoRubricFound, DocumentTooLarge):
        read(line * (20_000 // width))


def test_a_text_of_too_many_lines_is_refused() -> None:
    with pytest.raises(DocumentTooLarge):
        typed_text.parse("- A (5 pts)\n" * (rubric_text.MOST_LINES + 1))


def test_the_points_of_a_criterion_are_found_however_long_its_text_is() -> None:
    text = "very long " * 500
    first, _ = read(f"- Thesis (12 pts): {text}\n- Style: 8 pts: {text}").criteria
    assert (first.name, first.points, first.description) == ("Thesis", 12, text.strip())


def test_bold_words_are_taken_for_their_text_alone() -> None:
    first, second = read("- **Thesis and claim**: 12 pts\n- A ** b **c: 8 pts").criteria
    assert (first.name, second.name) == ("Thesis and claim", "A ** b **c")


def test_a_number_beyond_all_points_is_no_rubric() -> None:
    with pytest.raises(NoRubricFound):
        read("**Scoring (99999999999 pts total):**\n\n- **A (99999999999 pts)**:")


# ---- Percents.


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("Thesis: 20 points\nStyle: 30 points\nPenalty: -0 to -100 %", "Penalty: -0 to -100 %"),
        ("Criteria\tPoints\nThesis\t20\nStyle\t30\nLate penalty\t-10 %", "Late penalty (10 %)"),
    ],
)
def test_a_percent_that_is_taken_off_is_no_points(text: str, reason: str) -> None:
    rubric = read(text)
    assert [(each.reason, each.points) for each in rubric.adjustments] == [(reason, None)]


def test_a_share_in_the_text_of_a_level_is_no_points() -> None:
    rubric = read("Style (10 points)\n- Excellent (10): 75 % of the items\n- Poor (0): none\nThesis (5 points)")
    assert [(level.points, level.description) for level in rubric.criteria[0].levels] == [
        (10, "75 % of the items"),
        (0, "none"),
    ]


def test_percents_are_a_scale_where_the_best_is_all() -> None:
    rubric = read("Thesis (10 points)\n- Excellent: 100 %\n- Good: 50 %\nStyle (10 points)")
    assert [level.points for level in rubric.criteria[0].levels] == [100, 50]
