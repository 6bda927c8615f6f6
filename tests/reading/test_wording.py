"""What a document's words say of whether it holds a rubric."""

from __future__ import annotations

import pytest

from rubric_jobs.documents import typed_text
from rubric_jobs.reader import wording


def stems(text: str) -> frozenset[str]:
    return wording.stems(typed_text.parse(text))


def log_odds(text: str) -> float:
    return wording.log_odds(typed_text.parse(text))


def test_a_stem_stands_for_all_endings_of_a_word() -> None:
    assert stems("Kriterium und Kriterien") == {"krit", "und"}


@pytest.mark.parametrize(("text", "pairs"), [("評価基準", {"評価", "価基", "基準"}), ("채점 기준", {"채점", "기준"})])
def test_writing_without_spaces_is_told_by_two_letters(text: str, pairs: set[str]) -> None:
    assert stems(text) == pairs


def test_figures_are_no_words() -> None:
    assert stems("Total 100 %, 2025") == {"tota"}


def test_words_of_grading_speak_for_a_rubric_and_words_of_trade_against_it() -> None:
    grading = "Marking rubric: criteria, evidence, clear argument, exceeds expectations, essay, presentation"
    trade = "Invoice: price, quantity, delivery, customer, payment within 30 days, warranty, order number"
    assert log_odds(grading) > log_odds(trade)


def test_a_few_words_say_little() -> None:
    few, many = "Rubric", "Rubric: criteria, evidence, argument, essay, exceeds expectations, presentation, exemplary"
    assert 0 < log_odds(few) < log_odds(many)
