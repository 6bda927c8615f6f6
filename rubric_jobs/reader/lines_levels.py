"""Reads lines as levels: name, points and description. Pure, cached functions."""

from __future__ import annotations

import itertools
import re
from functools import lru_cache

from rubric_jobs.reader import amounts, cell_values, lexicon
from rubric_jobs.reader.cell_values import Told
from rubric_jobs.reader.levels import cell_amount
from rubric_jobs.reader.lines_items import REMEMBERED, Line, worth
from rubric_jobs.reader.names import folded, tidy
from rubric_jobs.vocabulary import words

LONGEST_KEY = 60
WHOLLY = 0.99
_MOSTLY = 0.5
_HEAD = re.compile(r"^(?P<head>[^\t:：\n]{1,60}?)\s*(?:\t|[:：]\s*|\s[–—=-]{1,2}\s)\s*(?P<rest>\S.*)$", re.DOTALL)
_SCORE = re.compile(
    r"(?i)^(?:score(?: of)?|level|band|grade|rating|nota|nivel|note|niveau|stufe|punteggio|livello)"
    r"\s*[:=]?\s*(?=[\da-f])"
)
_OPENED = re.compile(
    rf"^(?P<amount>[(\[（]?(?:{amounts.NUMBER}\s*[-–]\s*)?{amounts.NUMBER}[)\]）]?\s*"
    rf"(?:(?i:{amounts.UNIT})(?![^\W\d_])\.?)?)\s+"
    r"(?P<rest>[^\W\d_a-z].*)$",
    re.DOTALL,
)
""" "5 pts The thesis is clear", "4 The thesis is clear": points followed by a blank only."""
_BRACKETED = re.compile(
    r"^(?P<name>[^\W\d_][^()（）\n:]{0,40}?)\s*(?P<amount>[(（][^()（）]{1,24}[)）])\s+(?P<rest>\S.*)$", re.DOTALL
)
_NAME_WORTH = re.compile(
    r"^(?P<name>[^\W\d_][^()（）\[\]\n:：.]{0,59}?)\s*(?P<amount>[(（\[][^()（）\[\]]{1,24}[)）\]])\s*(?P<colon>[:：]\s*)?(?P<rest>.*)$",
    re.DOTALL,
)
""" "Sketchy (6 points): some sources": a name, and its points in brackets before the colon or at the end."""
_NEXT_BEGINS = re.compile(r"\s+(?=[^\W\d_a-zß-öø-ÿ])")
MOST_WORDS = 4
MOST_HEAD_WORDS = 6
MOST_OPENING = 6
"""Number of first words in which a sentence about a level names the level."""
FEWEST_OF_A_SENTENCE = 8
_QUOTED = re.compile(
    r"^(?P<frame>(?:[^\W\d_]+\s){0,4}?)[\"“„«]\s?(?P<name>[^\"“”„«»]{1,24}?)\s?[\"”“»]\s*(?P<rest>.*)$", re.DOTALL
)
""" 'The mark "good" is given for work that …'."""
_GRADED = re.compile(
    r"^(?P<frame>(?:[^\W\d_]+\s){1,3}?)(?P<name>[A-F][+-]?(?![^\W_])|\d{1,3}(?:\s?[-–]\s?\d{1,3})?(?![\d.,]))(?P<rest>.*)$",
    re.DOTALL,
)
""" "Grade 6: …", "Level B"."""
_KEYED = re.compile(r"^(?P<worth>\d{1,3})\s?=\s?(?P<name>[^\W\d_][^=\n]{1,39})$")
""" "4 = Excellent" above its description."""
_OPEN_END = " -–—="
"""Characters after a level whose description follows on the next lines: "6 –"."""
_TELLS_MORE = (":", "：", "...", "…")


@lru_cache(REMEMBERED)
def level_told(text: str, marker: str) -> Told:
    """A line read as a level: its name, points and description.

    A marker such as "6)" gives the points if the caller says that markers do.
    """
    line = re.sub(r"[ \t]*\t[ \t]*", "\t", text.strip())
    if marker:
        number = amounts.whole(marker.strip("().") or "-")
        return Told(None, folded(line) or None, number)
    if alone := _alone(line):
        return alone
    match = _HEAD.match(line)
    if match and names_level(match["head"]):
        return _headed(match["head"], match["rest"])
    if told := _name_and_worth(line) or _run_in(line):
        return told
    quoted = _QUOTED.match(line)
    if quoted and names_level(quoted["name"]):
        tells_more = line.endswith(_TELLS_MORE)
        return Told(
            tidy(line) if tells_more else quoted["name"], None if tells_more else folded(quoted["rest"]) or None, None
        )
    if len(line) <= LONGEST_KEY and names_level(line):
        name, amount = cell_values.heading(line)
        if amount is not None and amounts.whole(_SCORE.sub("", line)) is not None:
            name = tidy(line)  # keep "Score of 4" whole, not "Score of"
        return Told(name, None, amount)
    if match and _is_worth(match["head"]):
        return _headed(match["head"], match["rest"])
    amount, rest = worth(line, True)
    if match and amount is None and len(match["head"].split()) <= MOST_HEAD_WORDS:
        return Told(tidy(match["head"]), folded(match["rest"]) or None, None)
    spoken = spoken_of(line) if amount is None else None
    return Told(tidy(spoken[1]) if spoken else None, folded(rest) or None, amount)


def _alone(line: str) -> Told | None:
    """Points alone, or with the level's name. The description follows below."""
    bare = line.rstrip(_OPEN_END)
    if (amount := cell_values.whole(bare)) is not None:
        return Told(bare, None, amount)
    keyed = _KEYED.match(line)
    is_named = keyed is not None and is_named_plainly(keyed["name"])
    return Told(tidy(keyed["name"]), None, amounts.whole(keyed["worth"])) if keyed and is_named else None


def _name_and_worth(line: str) -> Told | None:
    """Points in brackets mark the end of the name, whatever its words."""
    found = _NAME_WORTH.match(line)
    if not found or len(found["name"].split()) > MOST_WORDS or bool(found["rest"]) != bool(found["colon"]):
        return None
    amount = cell_values.whole(found["amount"])
    return Told(tidy(found["name"]), folded(found["rest"]) or None, amount) if amount else None


@lru_cache(REMEMBERED)
def _run_in(line: str) -> Told | None:
    """A level whose name or points only a blank follows: "5 pts Good The thesis is clear", "Good (5) The thesis"."""
    opened = _OPENED.match(line)
    amount = cell_values.whole(opened["amount"]) if opened else None
    if opened and amount:
        name, rest = _name_before(opened["rest"])
        if name is None and len(rest.split()) <= MOST_WORDS and rest[-1] not in ".!" and names_level(rest):
            name, rest = rest, ""
        return Told(tidy(name or opened["amount"]), folded(rest) or None, amount)
    bracketed = _BRACKETED.match(line)
    if bracketed and names_level(bracketed["name"]) and (amount := cell_values.whole(bracketed["amount"])):
        return Told(tidy(bracketed["name"]), folded(bracketed["rest"].lstrip(" :：-–—")) or None, amount)
    name, rest = _name_before(line)
    return Told(name, folded(rest), None) if name else None


def _name_before(text: str) -> tuple[str | None, str]:
    """A level's name directly followed by a sentence. A capital letter marks where the sentence begins."""
    for gap in list(_NEXT_BEGINS.finditer(text, 0, LONGEST_KEY))[::-1]:
        name, rest = text[: gap.start()], text[gap.end() :]
        if len(name.split()) <= MOST_WORDS and _is_sentence(rest) and is_named_plainly(name):
            return name, rest
    return None, text


def _is_sentence(text: str) -> bool:
    """Whether most words are in lower case. In a title such as "Good Use of Sources" a capital marks no sentence."""
    own = [word for word in text.split() if word[0].isalpha()]
    return len(own) > 1 and sum(word[0].isupper() for word in own) < len(own) / 2


@lru_cache(REMEMBERED)
def is_named_plainly(text: str) -> bool:
    """Whether every word of the text can be part of a level's name."""
    return len(text) > 1 and words.level_rank(text) is not None and words.share("levels", text) >= WHOLLY


def _is_worth(head: str) -> bool:
    """Whether a few words state points in brackets or with a unit: "Still to grow (up to 5 pts)"."""
    amount = cell_values.heading(head)[1] if len(head.split()) <= MOST_HEAD_WORDS else None
    return amount is not None and (not amount.is_bare or head.rstrip()[-1:] in ")]）")


def _headed(head: str, rest: str) -> Told:
    name, amount = cell_values.heading(_SCORE.sub("", head) or head)
    inner = _HEAD.match(rest)
    if amounts.whole(head) and inner and is_named_plainly(inner["head"]):
        name, rest = inner["head"], inner["rest"]
    is_share = amount is not None and amount.is_percent and cell_values.whole(rest) is not None
    if (amount is None or is_share) and len(rest) <= LONGEST_KEY:
        amount, rest = cell_amount(rest)
        rest = "" if amounts.whole(rest.strip(" -–—")) else rest
    return Told(name, folded(rest) or None, amount)


@lru_cache(REMEMBERED)
def names_level(head: str) -> bool:
    """Whether a short text names a level, or is only its points."""
    core = _SCORE.sub("", head.strip(" *").rstrip(_OPEN_END))
    if len(core) > LONGEST_KEY or len(core.split()) > 6:
        return False
    if amounts.whole(core) is not None:
        return True
    if core.endswith(".") and words.level_rank(core.split()[0]) is None and words.share("levels", core) < _MOSTLY:
        return False  # "It has some flaws."
    bare = cell_values.core_of(core)
    return (lexicon.is_level_name(bare) and words.share("levels", bare) >= 0.3) or (
        words.level_rank(bare) is not None and len(bare) <= 30
    )


def is_labelled(text: str) -> bool:
    """Whether a line begins with a few words before a colon or a dash."""
    match = _HEAD.match(text.strip())
    return match is not None and len(match["head"].split()) <= MOST_HEAD_WORDS


@lru_cache(REMEMBERED)
def is_rung(text: str) -> bool:
    """Whether a line reads like a level: it begins with a level's name or with points."""
    line = re.sub(r"[ \t]*\t[ \t]*", "\t", text.strip())
    match = _HEAD.match(line)
    if match:
        return names_level(match["head"])
    return len(line) <= LONGEST_KEY and names_level(line)


@lru_cache(REMEMBERED)
def opens_level(text: str) -> bool:
    """Like `is_rung`, also if only a blank follows the name or the points. That alone is weak evidence."""
    return is_rung(text) or _run_in(re.sub(r"[ \t]*\t[ \t]*", "\t", text.strip())) is not None


def is_name_alone(text: str) -> bool:
    """Whether a line below a line of points names their level."""
    return len(text) <= LONGEST_KEY and names_level(text) and cell_values.whole(text) is None


@lru_cache(REMEMBERED)
def spoken_of(text: str) -> tuple[str, str] | None:
    """The subject of a sentence about one level, and its opening: "An excellent essay answers …"."""
    opening = text.split(None, MOST_OPENING)[:MOST_OPENING]
    for place, (word, noun) in enumerate(itertools.pairwise(opening)):
        if words.level_rank(word) is not None and words.share("levels", word) >= WHOLLY:
            is_name = place > 0 and noun.strip(",").isalpha() and len(text.split()) >= FEWEST_OF_A_SENTENCE
            return (noun.strip(",").casefold(), " ".join(opening[: place + 2])) if is_name else None
    return None


@lru_cache(REMEMBERED)
def framed(text: str) -> tuple[str, str] | None:
    """The words before a mark, and the mark: 'A paper earns an "A" when', "Grade 6: …"."""
    quoted = _QUOTED.match(text)
    if quoted and names_level(quoted["name"]):
        return quoted["frame"].casefold(), quoted["name"]
    graded = _GRADED.match(text)
    if graded and words.concepts(graded["frame"]).get("level", 0) > 0:
        return "", graded["name"]  # "Grades 5-6", then "Grade 4"
    return None


def told_of(line: Line) -> Told:
    """The level that a line is read as. A heading of any other form is a level's name."""
    told = level_told(line.said.raw, "")
    if told.name is None and told.amount is None and line.is_heading and len(line.said.raw) <= LONGEST_KEY:
        return Told(tidy(line.said.raw), None, None)
    return told
