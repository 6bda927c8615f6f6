"""Deductions in words: the points of one, and headings above several."""

from __future__ import annotations

import re
from decimal import Decimal
from functools import lru_cache

from rubric_jobs.reader import amounts, lexicon

LONGEST_HEADING = 60
MOST_WORDS = 6
FEW_WORDS = 3
MOST_NAME_WORDS = 4
"""Most words of a name such as "Bonus points". A longer one describes a criterion."""
_LOSS = re.compile(
    r"\b(?:lose|loses|deduct\w*|subtract\w*|minus|per (?:day|hour|week)|each day|a day|por dia|par jour|pro tag"
    r"|pierden?|perde[mr]?|perd|descont\w*|descuent\w*|abzug)\b"
)
_NOUN = re.compile(
    r"\b(?:malus|penalt\w*|deduct\w*|points? off|penaliza\w*|penalida\w*|penalit\w*|descuentos?|descontos?"
    r"|(?:punkt)?abzuge?|aftrek)\b|扣分|减分"
)
_RATE = re.compile(r"\b(?:per \w+|each|a day|cada|por|par|pro|je)\b|每")
_AT_MOST = re.compile(r"[(\[（【]|\b(?:up to|max\w*|hasta|ate|jusqu|bis zu|fino a)\b")
_COST = re.compile(rf"({amounts.NUMBER})\s*(?:{amounts.UNIT}|[%％])", re.IGNORECASE)

_TAKEN = re.compile(rf"[扣减減]\s*({amounts.NUMBER})\s*分")
_SCORES = re.compile(r"\d\s*分")
""" "扣3分" deducts 3 points if no other points are stated; "（10分）每处扣2分" explains how 10 points are earned."""


ADDED = re.compile(r"\s*\+\s?\d")


def told(text: str) -> Decimal | None:
    """The points that a line deducts: "Late kites lose 5 points per day"."""
    value = amounts.negative(text)
    names_one = lexicon.PENALTY.search(lexicon.plain(text[:80])) is not None
    if value is not None and (
        names_one or re.search(rf"(?:^|\s|[(\[])[-–−]\d+(?:[.,]\d+)?\s*(?:{amounts.UNIT}|[%％])?\W*$", text)
    ):
        return value
    taken = _TAKEN.findall(text)
    if len(taken) == 1 and len(_SCORES.findall(text)) == 1:
        return amounts.number(taken[0])
    if names_one and _LOSS.search(lexicon.plain(text)) and (cost := _COST.search(text)):
        return amounts.number(cost.group(1))
    return None


@lru_cache(amounts.REMEMBERED)
def told_alone(text: str) -> Decimal | None:
    """The points that a row with one text deducts. "Penalties (20 points)" only limits the rows below."""
    plain = lexicon.plain(text)
    if not lexicon.PENALTY.search(plain) and not _NOUN.search(plain):
        return None
    if amounts.negative(text) is None and _AT_MOST.search(plain) and not _RATE.search(plain) and is_heading(text):
        return None
    cost = _COST.search(text) if _NOUN.search(plain) else None
    return told(text) or (amounts.number(cost.group(1)) if cost else None)


def is_share(text: str) -> bool:
    """Whether a share is deducted or added: "10 % a day" is not points."""
    costs = [cost.group() for cost in _COST.finditer(text)]
    return bool(costs) and all(cost.endswith(("%", "％")) for cost in costs)


@lru_cache(amounts.REMEMBERED)
def is_heading(text: str) -> bool:
    """Whether this is a heading for deductions: a few words that name them, not a sentence about one."""
    plain = lexicon.plain(text)
    is_short = len(text) <= LONGEST_HEADING and len(plain.split()) <= MOST_WORDS
    if not is_short or text[-1:] in (".", "!", "。"):
        return False
    if _NOUN.search(plain) or lexicon.is_only(lexicon.PENALTY, text):
        return True
    return lexicon.PENALTY.match(plain) is not None and len(plain.split()) <= FEW_WORDS


@lru_cache(amounts.REMEMBERED)
def is_bonus(text: str) -> bool:
    match = lexicon.BONUS.search(lexicon.plain(text))
    return match is not None and match.start() <= 3 and len(text) < 120


def names_bonus(text: str) -> bool:
    """Whether a name, up to its colon, means only a bonus."""
    name = text.replace("：", ":").partition(":")[0]
    return len(name.split()) <= MOST_NAME_WORDS and is_bonus(name)


@lru_cache(amounts.REMEMBERED)
def is_penalty(text: str) -> bool:
    match = lexicon.PENALTY.search(lexicon.plain(text))
    return match is not None and match.start() <= 12 and len(text) < 120
