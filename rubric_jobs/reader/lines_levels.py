"""Lines read as levels: what names them, what they earn and what they ask for. Pure functions, remembered."""

from __future__ import annotations

import re
from functools import lru_cache

from rubric_jobs.reader import amounts, cell_values, lexicon
from rubric_jobs.reader.cell_values import Told
from rubric_jobs.reader.levels import cell_amount
from rubric_jobs.reader.lines_items import REMEMBERED, worth
from rubric_jobs.reader.names import folded, tidy
from rubric_jobs.vocabulary import words

LONGEST_KEY = 60
_HEAD = re.compile(r"^(?P<head>[^\t:：\n]{1,60}?)\s*(?:\t|[:：]\s*|\s[–—=-]{1,2}\s)\s*(?P<rest>\S.*)$", re.DOTALL)
_SCORE = re.compile(
    r"(?i)^(?:score(?: of)?|level|band|grade|rating|nota|nivel|note|niveau|stufe|punteggio|livello)"
    r"\s*[:=]?\s*(?=[\da-f])"
)


@lru_cache(REMEMBERED)
def level_told(text: str, marker: str) -> Told:
    """A line read as a level: its name, what it earns and what it asks for.

    A marker such as "6)" is the points where the caller says that markers are.
    """
    line = re.sub(r"[ \t]*\t[ \t]*", "\t", text.strip())
    if marker:
        number = amounts.whole(marker.strip("().") or "-")
        return Told(None, folded(line) or None, number)
    alone = cell_values.whole(line)
    if alone is not None:
        return Told(line, None, alone)
    match = _HEAD.match(line)
    if match and names_level(match["head"]):
        return _headed(match["head"], match["rest"])
    if len(line) <= LONGEST_KEY and names_level(line):
        name, amount = cell_values.heading(line)
        return Told(name, None, amount)
    amount, rest = worth(line, True)
    if match and amount is None and len(match["head"].split()) <= 6:
        return Told(tidy(match["head"]), folded(match["rest"]) or None, None)
    return Told(None, folded(rest) or None, amount)


def _headed(head: str, rest: str) -> Told:
    name, amount = cell_values.heading(_SCORE.sub("", head) or head)
    inner = _HEAD.match(rest)
    if amounts.whole(head) and inner and names_level(inner["head"]) and not amounts.whole(inner["head"]):
        name, rest = inner["head"], inner["rest"]
    if amount is None and len(rest) <= LONGEST_KEY:
        amount, rest = cell_amount(rest)
        rest = "" if amounts.whole(rest.strip(" -–—")) else rest
    return Told(name, folded(rest) or None, amount)


@lru_cache(REMEMBERED)
def names_level(head: str) -> bool:
    """Whether a short text names a level or is its points alone."""
    core = _SCORE.sub("", head.strip(" *"))
    if len(core) > LONGEST_KEY or len(core.split()) > 6:
        return False
    if amounts.whole(core) is not None:
        return True
    bare = cell_values.core_of(core)
    return (lexicon.is_level_name(bare) and words.share("levels", bare) >= 0.3) or (
        words.level_rank(bare) is not None and len(bare) <= 30
    )


@lru_cache(REMEMBERED)
def is_rung(text: str) -> bool:
    """Whether a line reads like a level: it opens with a level's name or with points that something earns."""
    line = re.sub(r"[ \t]*\t[ \t]*", "\t", text.strip())
    match = _HEAD.match(line)
    if match:
        return names_level(match["head"])
    return len(line) <= LONGEST_KEY and names_level(line)
