"""Lists as PDF prints them: which printed lines are one paragraph."""

from __future__ import annotations

import io
from collections.abc import Sequence

from reportlab.lib.pagesizes import A4
from reportlab.pdfgen.canvas import Canvas

from rubric_jobs import documents


def printed(lines: Sequence[Sequence[tuple[float, str]]], pitch: float = 14) -> list[str]:
    """The paragraphs of a page whose lines are given as texts at their left edges, in points."""
    stream = io.BytesIO()
    page = Canvas(stream, pagesize=A4)
    page.setFont("Helvetica", 11)
    for number, line in enumerate(lines):
        for left, text in line:
            page.drawString(left, 760 - pitch * number, text)
    page.save()
    return [" ".join(paragraph.text.split()) for paragraph in documents.parse(stream.getvalue()).paragraphs]


def test_text_behind_labels_reaches_to_the_margin() -> None:
    lines = [
        [(72, "1. Design (50%)")],
        [(72, "Level"), (118, "Description")],
        [(72, "Excellent"), (139, "The parts are named, and it is said why each of them is there at all.")],
        [(72, "Good Most of the parts are named.")],
        [(72, "Sufficient"), (142, "Some of the parts are named.")],
        [(72, "Poor"), (115, "None is named.")],
        [(72, "2. Safety (50%)")],
        [(72, "Level"), (118, "Description")],
        [(72, "Excellent"), (139, "Every entry is checked before it is used anywhere in the whole program.")],
        [(72, "Good Most entries are checked.")],
        [(72, "Sufficient"), (142, "Some entries are checked.")],
        [(72, "Poor"), (115, "None is checked.")],
    ]
    below = ["Level", "Excellent", "Good", "Sufficient", "Poor"]
    assert [text.split()[0] for text in printed(lines, 20)] == ["Design", *below, "Safety", *below]


def test_a_label_behind_the_end_of_a_sentence_opens_a_paragraph_in_a_list_of_them() -> None:
    said = "takes part in all discussions and says things that others go on with."
    lines = [
        [(72, f"Excellent: Always {said}")],
        [(72, f"Good: Most of the time {said}")],
        [(72, f"Needs Improvement: Seldom {said}")],
    ]
    assert [text.partition(":")[0] for text in printed(lines)] == ["Excellent", "Good", "Needs Improvement"]


def test_a_number_before_a_colon_opens_a_paragraph_in_a_list_of_them() -> None:
    lines = [
        [(72, "4: Key statement and at least two passages of every interview, each told in one's own words")],
        [(72, "3: Key statement and some passages of the interviews")],
        [(72, "2: Few passages")],
    ]
    assert [text.partition(":")[0] for text in printed(lines)] == ["4", "3", "2"]


def test_indents_of_a_second_column_are_counted_from_its_own_edge() -> None:
    said = "and this sentence fills the whole width of it"
    left = ["First column", *(f"{n}. Item {n} of the list, {said}" for n in range(1, 11))]
    right = ["Second column", *(f"{n}. Item {n} of the list, {said}" for n in range(11, 21))]
    stream = io.BytesIO()
    page = Canvas(stream, pagesize=A4)
    page.setFont("Helvetica", 9)
    for number, (one, other) in enumerate(zip(left, right, strict=True)):
        page.drawString(40, 760 - 14 * number, one)
        page.drawString(320, 760 - 14 * number, other)
    page.save()
    indents = {p.text: p.indent for p in documents.parse(stream.getvalue()).paragraphs}
    assert indents["First column"] == indents["Second column"]
    assert len({indent for text, indent in indents.items() if text.startswith("Item")}) == 1
