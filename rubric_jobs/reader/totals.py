"""Totals that the document states outside table rows."""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal
from functools import lru_cache

from rubric_jobs.documents.model import Document, Paragraph
from rubric_jobs.reader import amounts, lexicon
from rubric_jobs.reader.amounts import NUMBER, UNIT
from rubric_jobs.rubric.model import Source
from rubric_jobs.vocabulary.numbers import FRACTION

_OUT_OF = re.compile(
    r"(?:out of|total of|graded (?:on|out of)|worth|sobre|sur|von insgesamt|auf|满分|总分|共)\s*[:：]?\s*"
    rf"(?P<n>{NUMBER})\s*(?P<unit>{UNIT})?(?!\s*[%％\d])",
    re.IGNORECASE,
)
_POINTS_TOTAL = re.compile(
    rf"(?P<n>{NUMBER})\s*{UNIT}\.?\s*(?:in )?(?:total|gesamt|possible|en total|au total|in totale|totaal|insgesamt)",
    re.IGNORECASE,
)
_IN_BRACKETS = re.compile(
    rf"[(（\[]\s*(?:{lexicon.TOTAL.pattern})?\s*[:：]?\s*/?\s*(?P<n>{NUMBER})\s*{UNIT}[^)）\]]{{0,12}}[)）\]]",
    re.IGNORECASE,
)
_HEADED = re.compile(rf"(?:{lexicon.TOTAL.pattern})\s*[:：=]?\s*(?P<n>{NUMBER})\s*{UNIT}", re.IGNORECASE)
_SLASHED_TOTAL = re.compile(rf"[\s_.…]*/\s*(?P<n>{NUMBER})\s*(?:{lexicon.TOTAL.pattern})(?!\w)")
""" "____/40 Total points"."""
_FRACTION = re.compile(FRACTION)
_LONGEST = 220


def plain_total(paragraph: Paragraph) -> Decimal | None:
    """The amount of a line that begins with a word for total: "Total: ___ /100"."""
    return _plain_total(paragraph.text)


@lru_cache(amounts.REMEMBERED)
def _plain_total(text: str) -> Decimal | None:
    text = re.sub(r"_{2,}", "__", text)
    said = _POINTS_TOTAL.search(text)
    if said and len(text) <= 60:
        return amounts.number(said.group("n"))
    if slashed := _SLASHED_TOTAL.match(lexicon.plain(text[:110])):
        return amounts.number(slashed.group("n"))
    if len(text) > 110 or not re.match(lexicon.TOTAL, lexicon.plain(text)):
        return None
    first = text.split("\t")[0] if re.search(r"\d", text.split("\t")[0]) else text
    slashed = re.search(rf"/\s*({NUMBER})", _FRACTION.sub(" ", text))
    if slashed:
        return amounts.number(slashed.group(1))
    after = re.search(rf"[:：=\t _(（\[]\s*({NUMBER})\s*(?:{UNIT}|[%％])?", first, re.IGNORECASE)
    return amounts.number(after.group(1)) if after else None


def told_totals(document: Document) -> list[Decimal]:
    """Totals in titles and sentences: "200 points total", "graded out of 20 points", "（总分：50分）"."""
    if "told totals" not in document.memo:
        document.memo["told totals"] = _told_totals(document)
    found: list[Decimal] = document.memo["told totals"]
    return found


def _told_totals(document: Document) -> list[Decimal]:
    found = []
    for paragraph in document.paragraphs:
        if len(paragraph.text) > _LONGEST:
            continue
        for pattern in (_POINTS_TOTAL, _OUT_OF, *([_IN_BRACKETS] if _is_title(paragraph) else [])):
            match = pattern.search(paragraph.text)
            if match:
                found.append(amounts.number(match.group("n")))
    return found


def headed_total(heading: str) -> Decimal | None:
    """The total in a heading: "Rubric (total: 70 pts)". "Rubric (70 pts)" may mean a part only."""
    match = _HEADED.search(heading)
    return amounts.number(match.group("n")) if match else None


def _is_title(paragraph: Paragraph) -> bool:
    return (
        paragraph.is_heading
        or lexicon.has(lexicon.RUBRIC, paragraph.text)
        or bool(re.search(lexicon.TOTAL, lexicon.plain(paragraph.text)))
    )


def wholes(values: Sequence[Decimal | None], *, fewest: int) -> list[tuple[int, int]]:
    """Values that are exactly the sum of the next ones: the place of each, and the number of its parts.

    The search continues after the parts of the last one. A sum has at least `fewest` parts.
    """
    found, at = [], 0
    while at < len(values):
        rest, end = values[at], at + 1
        while rest is not None and rest > 0 and end < len(values) and (part := values[end]) is not None:
            rest, end = rest - part, end + 1
        parts = end - at - 1
        if rest != 0 or parts < fewest:
            at += 1
            continue
        found.append((at, parts))
        at = end
    return found


def sums(values: Sequence[Decimal | None]) -> list[int]:
    """Places of values that are exactly the sum of the values since the last such place."""
    found: list[int] = []
    since: list[Decimal] = []
    for place, value in enumerate(values):
        if value is None:
            continue
        if len(since) > 1 and value == sum(since):
            found.append(place)
            since = []
        else:
            since.append(value)
    return found if len(found) > 1 and not since else []


def stated_in(text: str) -> Decimal | None:
    """The total that a text states."""
    paragraph = Paragraph(text, Source())
    plain = plain_total(paragraph)
    if plain is not None:
        return plain
    for pattern in (_POINTS_TOTAL, _OUT_OF, _IN_BRACKETS):
        match = pattern.search(text)
        if match:
            return amounts.number(match.group("n"))
    return None
