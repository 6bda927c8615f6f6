"""Doubt is seen: uncertain readings, inventions, texts that were left out, and warnings until they are mended."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import Page, expect

from tests.browser import steps


def doubtful() -> dict[str, Any]:
    scale = ("Strong", "Rests on sources.", 4), ("Weak", "Rests on nothing at all.", 1)
    rows = [steps.criterion(name, points, steps.levels(*scale)) for name, points in (("Thesis", 4), ("Voice", None))]
    rows += [steps.criterion(name, 4, steps.levels(*scale)) for name in ("Form", "Style")]
    rows[0]["levels"][1]["grounded"] = False  # an invention has no source
    rows[1] |= {"grounded": False, "source": {"page": 2, "bbox": [10, 10, 90, 30]}}
    missing = "“Voice” has no points, though others have."
    alike = [
        {"code": "unclear_name", "message": f"“{name}” may be two criteria.", "path": f"criteria[{row}]"}
        for row, name in ((2, "Form"), (3, "Style"))
    ]
    return steps.rubric(
        *rows,
        total=16,
        certain=False,
        doubts=[{"path": "criteria[2].levels[0]", "why": "It stood between two columns.", "other": "a heading"}],
        unread=[{"text": "Name: ____", "source": {"page": 1}, "why": "skip"}, {"text": "Hand in on paper", "why": ""}],
        warnings=[{"code": "points_missing", "message": missing, "path": "criteria[1]"}, *alike],
    )


def test_an_uncertain_reading_says_so_and_marks_the_places(page: Page) -> None:
    steps.show(page, doubtful())
    expect(page.get_by_role("note")).to_have_text(
        "This reading is not certain. Please look at the marked places before you use it."
    )
    places = page.get_by_role("region", name="Doubtful places")
    expect(places).to_contain_text("Thesis · Weak: A language model wrote this; it is not in the document.")
    expect(places).to_contain_text("Form · Strong: It stood between two columns. It could also be: a heading")
    expect(page.locator("td.doubt, th.doubt")).to_have_count(3)
    badge = page.get_by_role("button", name="Not in the document: What is doubtful about Thesis: Weak")
    badge.click()
    expect(page.get_by_role("dialog")).to_contain_text("A language model wrote this")
    page.keyboard.press("Escape")
    page.get_by_text("2 texts beside the rubric were not used").click()
    expect(page.locator(".unread li").first).to_contain_text("Name: ____")
    places.get_by_role("button", name="Thesis · Weak").click()
    page.keyboard.type("Rests on one source.")
    expect(places).not_to_contain_text("Thesis · Weak")


def test_warnings_go_when_they_are_mended_and_equal_ones_are_one_line(page: Page) -> None:
    steps.show(page, doubtful())
    warnings = page.get_by_role("region", name="Worth a look")
    expect(warnings.get_by_role("listitem")).to_have_text(
        ["“Voice” has no points, though others have.", "“Form” may be two criteria. and 1 more like this"]
    )
    page.get_by_label("Points of Voice").fill("4")
    expect(warnings.get_by_role("listitem")).to_have_count(1)
    steps.choose_action(page, "Form", "Remove")
    expect(warnings.get_by_role("listitem")).to_have_text(["“Style” may be two criteria."])
    page.get_by_role("textbox", name="Name of criterion 3").fill("Style of writing")
    expect(warnings).to_have_count(0)
    page.get_by_role("button", name="Undo").click()
    expect(warnings).to_have_count(1)


def test_a_doubtful_criterion_without_a_name_is_called_by_its_number(page: Page) -> None:
    found = steps.rubric(
        steps.criterion("Thesis", 4, []),
        steps.criterion("", 4, steps.levels(("Good", "Clear.", 4), ("Poor", "Vague.", 1))),
        total=8,
        certain=False,
        doubts=[
            {"path": "criteria[1].name", "why": "The place of the name is blank here."},
            {
                "path": "criteria[1].levels",
                "why": "The table can also be read with more or fewer levels.",
                "other": "3",
            },
        ],
    )
    steps.show(page, found)
    places = page.get_by_role("region", name="Doubtful places")
    expect(places).to_contain_text("Criterion 2: The place of the name is blank here.")
    expect(places).to_contain_text("Levels in the other reading: 3.")
    places.get_by_role("button", name="Criterion 2").first.click()
    page.keyboard.type("Style")
    expect(places).to_have_count(0)


def test_a_certain_reading_says_nothing(page: Page) -> None:
    steps.show(page, {**steps.SEMINAR, "certain": True})
    expect(page.locator(".doubts")).to_have_text("")
