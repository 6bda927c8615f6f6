"""Where tables print what levels, criteria and parts are worth, each way in its smallest form."""

from __future__ import annotations

from tests.reading.test_grids_by_kind import heading, read, shown, table

CLEAR, PLAIN, VAGUE = "Every step is explained in full.", "Most steps are explained.", "Hardly any step is explained."


def test_a_score_that_stands_before_a_levels_name_is_its_points() -> None:
    found = read(
        heading("Feedback rubric"),
        table(
            ["Dimension", "Score 0 (Poor)", "Score 1 (Fair)", "Score 2 (Great)"],
            ["Goals", VAGUE, PLAIN, CLEAR],
            ["Tone", "The tone is harsh.", "The tone is even.", "The tone encourages."],
            ["Strengths", "None is named.", "Some are named.", "All are named."],
        ),
    )
    assert shown(found)[0] == ("Goals", 2.0, [("Poor", 0.0), ("Fair", 1.0), ("Great", 2.0)])


def test_numbers_in_brackets_before_the_descriptors_of_a_row_are_their_points() -> None:
    found = read(
        heading("Lab report rubric"),
        table(
            ["", "Excellent", "Good", "Poor"],
            ["Method (10)", f"(10) {CLEAR}", f"(8) {PLAIN}", f"(4) {VAGUE}"],
            ["Result (5)", "(5) The result holds.", "(4) It holds in part.", "(1) It does not hold."],
            ["Style (5)", "(5) Reads with ease.", "(3) Can be read.", "(1) Cannot be read."],
        ),
    )
    assert shown(found)[0] == ("Method", 10.0, [("Excellent", 10.0), ("Good", 8.0), ("Poor", 4.0)])
    assert found.criteria[0].levels[0].description == CLEAR


def test_a_level_that_is_crossed_out_is_none_of_its_criterion() -> None:
    found = read(
        heading("Project rubric"),
        table(
            ["Criterion", "0", "1", "2", "3"],
            ["Name", "There is no name.", "There is a name.", "X", "X"],
            ["Planning", "There is no plan.", "The plan has gaps.", "The plan is fair.", "The plan is excellent."],
            ["Log", "There is no log.", "The log has gaps.", "The log is fair.", "The log is complete."],
        ),
    )
    assert [(name, points, len(levels)) for name, points, levels in shown(found)] == [
        ("Name", 1.0, 2),
        ("Planning", 3.0, 4),
        ("Log", 3.0, 4),
    ]


def test_points_behind_each_line_of_a_cell_are_those_of_levels() -> None:
    found = read(
        heading("Writing rubric"),
        table(
            ["Criterion", "Levels", "Points"],
            ["Content", f"{CLEAR[:-1]}: 3 pts\n{PLAIN[:-1]}: 2 pts\n{VAGUE[:-1]}: 1 pt", "__ / 3"],
            ["Genre", "The text is a letter: 1 pt\nThe text is something else: 0 pts", "__ / 1"],
            ["Length", "The text is long enough: 2 pts\nThe text is too short: 0 pts", "__ / 2"],
        ),
    )
    assert [(name, points, [worth for _, worth in levels]) for name, points, levels in shown(found)] == [
        ("Content", 3.0, [3.0, 2.0, 1.0]),
        ("Genre", 1.0, [1.0, 0.0]),
        ("Length", 2.0, [2.0, 0.0]),
    ]


def test_the_line_above_a_table_without_names_names_its_criterion() -> None:
    levels = ["Did not attempt.", "Found about half.", "Found most of them.", "Found all of them."]
    found = read(
        heading("Exam rubrics"),
        *(
            block
            for part, worth in (("Part A. Nouns", 15), ("Part B. Verbs", 20))
            for block in (
                heading(f"{part}. {worth} points."),
                table(["0", "5", "10", str(worth)], levels),
            )
        ),
    )
    assert [(name, points, len(levels)) for name, points, levels in shown(found)] == [
        ("Part A. Nouns", 15.0, 4),
        ("Part B. Verbs", 20.0, 4),
    ]


def test_rows_that_sum_up_their_section_are_subtotals_of_one_total() -> None:
    rows = [
        ["Criterion", "Points", "Score"],
        ["PREPARATION", "", ""],
        ["States the problem", "5", ""],
        ["Plans the steps", "10", ""],
        ["Subtotal", "15", ""],
        ["PRESENTATION", "", ""],
        ["Speaks clearly", "10", ""],
        ["Keeps to the time", "10", ""],
        ["Subtotal", "20", ""],
    ]
    found = read(heading("Project assessment form"), table(*rows))
    assert [points for _, points, _ in shown(found)] == [5.0, 10.0, 10.0, 10.0]
    assert found.totals.stated == 35


def test_an_amount_with_words_behind_it_is_what_a_row_is_worth() -> None:
    found = read(
        heading("What is assessed"),
        table(
            ["What is assessed", "Maximum points"],
            ["Base part", "2"],
            ["Additional task", "1"],
            ["Articles", "0.5 for each article or talk"],
            ["Finding mistakes", "0.1 for each (only to the first)"],
        ),
    )
    assert [points for _, points, _ in shown(found)] == [2.0, 1.0, 0.5, 0.1]


def test_a_table_printed_again_with_a_row_less_is_a_copy() -> None:
    rows = [
        ["Criterion", "0-4: Below", "5-8: Meets", "9-10: Exceeds"],
        ["Topic", VAGUE, PLAIN, CLEAR],
        ["Accuracy", "Facts are wrong.", "Facts are right.", "Facts are right and clear."],
        ["Answers", "None is given.", "Some are given.", "All are given."],
        ["Poise", "Fidgets all the time.", "Is calm.", "Is calm and at ease."],
    ]
    between = [heading("Total:"), heading("Presentation rubric"), heading("Team:")]
    found = read(heading("Presentation rubric"), table(*rows[:-1]), *between, table(*rows))
    assert [criterion.name for criterion in found.criteria] == ["Topic", "Accuracy", "Answers", "Poise"]
