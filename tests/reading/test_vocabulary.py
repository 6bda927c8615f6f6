"""Words for the parts of rubrics, in every language that has a file."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rubric_jobs.vocabulary import words
from tests.rubrics import quick


@pytest.mark.parametrize(
    "names",
    [
        ("Excellent", "Good", "Fair", "Poor", "Not submitted"),
        ("Exceeds expectations", "Meets expectations", "Approaching", "Below expectations", "No evidence"),
        ("A", "B+", "B", "B-", "C", "D", "F"),
        ("Excelente", "Bueno", "Suficiente", "Insuficiente", "No presenta"),
        ("Ótimo", "Muito bom", "Bom", "Regular", "Insuficiente"),
        ("Très bien", "Bien", "Passable", "Insuffisant", "Non rendu"),
        ("Sehr gut", "Gut", "Befriedigend", "Ausreichend", "Mangelhaft", "Ungenügend"),
        ("Uitstekend", "Goed", "Voldoende", "Matig", "Onvoldoende", "Niet ingeleverd"),
        ("Ottimo", "Buono", "Discreto", "Sufficiente", "Insufficiente", "Gravemente insufficiente"),
        ("Excel·lent", "Notable", "Bé", "Suficient", "Insuficient"),
        ("Bardzo dobry", "Dobry", "Dostateczny", "Słaby", "Niedostateczny"),
        ("Отлично", "Хорошо", "Удовлетворительно", "Неудовлетворительно"),
        ("优秀", "良好", "中等", "及格", "待改进", "不及格"),
        ("매우 우수", "우수", "보통", "미흡", "매우 미흡"),
        ("Sangat baik", "Baik", "Cukup", "Kurang", "Tidak mengumpulkan"),
        ("Fremragende", "God", "Middels", "Delvis", "Svak", "Ikke levert"),
    ],
    ids=lambda names: names[0],
)
def test_levels_are_ranked_from_best_to_worst(names):
    ranks = [words.level_rank(name) for name in names]
    assert all(a is not None and b is not None and a > b for a, b in itertools.pairwise(ranks)), ranks


@pytest.mark.parametrize("name", ["", "5", "Level 3", "Total", "Introduction", "x" * 200])
def test_what_names_no_known_level_has_no_rank(name):
    assert words.level_rank(name) is None


def test_a_negated_level_ranks_low():
    assert words.level_rank("not adequate") < words.level_rank("adequate")
    assert words.level_rank("nicht zufriedenstellend") < words.level_rank("zufriedenstellend")


@pytest.mark.parametrize(
    "name",
    [
        "No attempt",
        "0 - Not submitted",
        "Zero credit",
        "Fail",
        "未提交",
        "Nicht abgegeben",
        "No entregó",
        "Не сдано",
        "미제출",
    ],
)
def test_names_of_levels_that_earn_nothing_are_known(name):
    assert words.earns_nothing(name)


@pytest.mark.parametrize("name", ["Good", "Missing one or two elements", "No points deducted", "Few errors", "", "0"])
def test_other_levels_earn_something(name):
    assert not words.earns_nothing(name)


@pytest.mark.parametrize(
    ("text", "concept"),
    [
        ("Grading criteria", "criterion"),
        ("Criterios de evaluación", "rubric"),
        ("Points possible", "points"),
        ("Punkte (max.)", "points"),
        ("Gewichtung", "weight"),
        ("合计", "total"),
        ("Kommentare", "comment"),
        ("评分项目", "criterion"),
        ("평가항목은", "criterion"),
        ("Обратная связь", "comment"),
        ("Strongly agree", "survey"),
        ("Unit price", "commerce"),
        ("Semaine", "schedule"),
    ],
)
def test_a_heading_of_one_concept_is_all_of_that_concept(text, concept):
    assert words.share(concept, text) == 1.0


def test_case_accents_and_width_do_not_matter():
    assert words.concepts("CRITÈRES") == words.concepts("criteres")
    assert words.concepts("ｔｏｔａｌ") == words.concepts("Total")


def test_a_part_of_a_text_is_a_share():
    assert 0 < words.share("points", "the points that a sentence speaks of") < 0.5


def test_a_single_chinese_sign_inside_of_a_word_is_nothing():
    assert "points" not in words.concepts("充分")
    assert words.share("points", "分") == 1.0


def test_words_of_other_languages_can_be_left_out():
    assert "levels" in words.concepts("god")
    assert "levels" not in words.concepts("god", frozenset({"en"}))


def test_a_language_is_told_by_its_small_words():
    french = [
        "Les élèves sont évalués sur la qualité de leur travail et de la présentation dans le cours, avec une note"
    ]
    assert "fr" in words.likely_languages(french)
    assert "en" not in words.likely_languages(french)
    assert words.likely_languages(["Style"]) == words.known_languages()


def test_every_language_names_criteria_points_totals_and_levels():
    for language in words.known_languages():
        only = frozenset({language})
        assert {"criterion", "points", "total", "levels"} <= {
            concept for concept in words.known_concepts() if words.has_words(concept, only)
        }


@quick
@given(st.text(max_size=60))
def test_any_text_has_shares_and_ranks_between_0_and_1(text):
    assert all(0 < value <= 1 for value in words.concepts(text).values())
    rank = words.level_rank(text)
    assert rank is None or 0 <= rank <= 1
