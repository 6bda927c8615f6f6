"""Parses points, ranges, percentages and multipliers as printed, in the languages of the lexicon."""

from __future__ import annotations

import itertools
import re
import unicodedata
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache

from rubric_jobs.vocabulary.numbers import GROUPED, NUMBER, UNIT, VULGAR, is_grouped, number

__all__ = ["GROUPED", "NUMBER", "UNIT", "number"]

LARGEST = Decimal(2000)
LARGEST_GROUPED = Decimal(20_000)
"""Years have no thousands separator, so larger numbers with one are points."""
FEWEST = 4
"""Smallest maximum after a slash. 3/4 is a fraction."""
LONGEST = 4000
"""How many characters of a text are examined."""
REMEMBERED = 4096
"""Texts of which the answers are kept: the many readings of a document ask for the same ones."""

_UNIT_TAIL = rf"(?:{UNIT}(?![^\W\d_])\.?|p\.|P\.?(?=\W|$))"
_DASH = (
    r"(?:\s*[-–—−~～‐‑]\s*|\s*[至到]\s*"
    r"|\s+(?:to|a|à|bis|hasta|até|fino a|tot|through|thru|ou|or|do|до|til|till|hingga|sampai)\s+)"
)
_RANGE = rf"(?P<low>{NUMBER})\s*(?P<lowpercent>[%％])?\s*(?:{UNIT}\.?)?{_DASH}[<>≤≥]?\s*(?P<high>{NUMBER})"
_UNDER = (
    r"[<≤]\s*=?\s*|(?:below|under|less than|fewer than|unter|weniger als|moins de|en dessous de|menos de|por debajo de"
    r"|abaixo de|meno di|minder dan|onder|poniżej|mniej niż|менее|ниже|mindre enn|under|kurang dari|低于|少于)\s*"
)
_OVER = (
    r"[>≥]\s*=?\s*|(?:above|over|more than|über|mehr als|plus de|más de|mais de|acima de|più di|meer dan|powyżej"
    r"|więcej niż|более|выше|lebih dari|高于|多于|超过)\s*"
)
_AND_LESS = (
    r"(?:\s*(?:and|or|&)\s+(?:below|less|fewer|under|lower)|\s+(?:oder|und) weniger"
    r"|\s+(?:o|u|ou|y|e) (?:menos|moins|meno)|\s+(?:en|of) (?:lager|minder)|\s*分?以下|\s*점?\s?이하|\s*점?\s?미만)"
)
_AND_MORE = (
    r"(?:\s*\+|\s*(?:and|or|&)\s+(?:above|more|up|over|higher|greater)|\s+(?:oder|und) mehr"
    r"|\s+(?:o|ou|y|e) (?:más|mais|plus|più)|\s+(?:en|of) (?:hoger|meer)|\s*分?以上|\s*점?\s?이상)"
)
_CORE = (
    rf"(?:{_RANGE}|(?:(?P<under>{_UNDER})|{_OVER})?(?P<one>{NUMBER})(?:(?P<less>{_AND_LESS})|(?P<plus>{_AND_MORE}))?)"
)
_LEADING = (
    r"(?:(?:up to|max(?:imum|imal|\.)?|maximal|hasta|até|jusqu['’]à|bis zu|worth|score|points?|pts\.?|marks?|value|"
    r"puntos|puntaje|puntuaci[oó]n|pontos|pontua[cç][aã]o|punkte|punti|punten|poeng|poin|skor|nilai|bobot|баллы?|weight|"
    r"total|valor|peso|nota|note|out of|(?:de|from|da|od|fra|от|von|sur|sobre|su|van|av|из|dari|of)(?=\s*\d)|z(?=\s\d)|"
    r"满分|分值|分数|共|滿分|배점|점수|[_.…]{2,80})\s*[:：=]?\s*)"
)
_BLANK = r"[_.…\s]*[/／]\s*"
_POSSIBLE = (
    r"(?:möglichen?|erreichbaren?|possible|available|total|max(?:imum|imal|imale|\.)?|posibles|possibles|possíveis"
    r"|possibili|mogelijke|haalbare|mulige|możliwych|возможных)"
)
_EACH = rf"(?:\s*[(\[]?\s*(?:each|per \w+|{_POSSIBLE}|ea\.|a ?piece|apiece|chacun|cada un[oa]?|je|jeweils)\s*[)\]]?)?"

_PERCENT = (
    r"(?:[%％](?!\s+(?:of|de|del|des|der|von|van|di|dos|das|z)\s(?!(?:the |la |el |le |a )?"
    r"(?:final|total|overall|grade|mark|course|nota|note|cijfer|gesamt)))"
    r"|(?:percent|per cent|prozent|por ciento|por cento|pour cent|procent|prosent|persen|процент(?:ов|а)?)(?![^\W\d_]))"
)
"""Excludes "75 % of the items", which is a quantity and not points."""
_BODY = (
    rf"{_LEADING}?(?P<slash>{_BLANK})?(?:\+\s*)?{_CORE}\s*(?P<percent>{_PERCENT})?\s*(?:{_POSSIBLE}\s+(?={UNIT}))?"
    rf"(?P<unit>{_UNIT_TAIL})?{_EACH}"
)
_OPEN, _CLOSE = r"[(\[（【{]", r"[)\]）】}]"

_WHOLE = re.compile(rf"^\s*{_OPEN}?\s*{_BODY}\s*{_CLOSE}?\s*[.:：]?\s*$", re.IGNORECASE)
_BRACKET = re.compile(rf"\s*{_OPEN}\s*{_BODY}\s*{_CLOSE}", re.IGNORECASE)
_TAIL = re.compile(
    rf"(?:\s*[:：=–—\-,;·.。]\s*|\s+|(?<=[^\W\d_])(?=\d)|(?=[_/]))(?:[._…]{{2,80}}\s*)?{_BODY}\s*[.;。；]?\s*$",
    re.IGNORECASE,
)
_HEAD = re.compile(rf"^\s*{_OPEN}?\s*{_BODY}\s*{_CLOSE}?\s*(?P<sep>[:：.)\-–—=]|\s|$)\s*", re.IGNORECASE)
OF_GRADE = re.compile(
    r"(?<=[%％])\s+(?:of|de|del|der|von|van|di|do|da)\s[^.:;()]{0,40}?"
    r"(?:grade|mark|nota|note|gesamtnote|cijfer|voto|calificaci[oó]n)\b[^.:;()]{0,20}(?=[.:;()]|$)",
    re.IGNORECASE,
)
""" "5% of the overall course grade": the rest is not part of the name."""
_TIMES = re.compile(
    r"(?:^|[\s(\[（])(?:[x×✕*]\s*(?P<after>\d{1,2}(?:[.,]\d)?)|(?P<before>\d{1,2})\s*[x×✕])(?=$|[\s)\]）])",
    re.IGNORECASE,
)
_BRACKETED_TIMES = re.compile(r"[(\[（]\s*(?:[x×✕*]\s*\d{1,2}(?:[.,]\d)?|\d{1,2}\s*[x×✕])\s*[)\]）]", re.IGNORECASE)
_NEGATIVE = re.compile(
    rf"(?:^|[\s(\[:])[-–−]\s*(?P<value>{NUMBER})\s*(?:[%％]?\s*[-–—]\s*[-–−]?(?P<most>{NUMBER})\s*)?[%％]?",
    re.IGNORECASE,
)
_COUNTED = re.compile(rf"{NUMBER}\s*[%％]?\s*(?:{UNIT}\.?)?[ \t]*$", re.IGNORECASE)
LONGEST_COUNTED = 24
_LONG_RUNS = re.compile(r"([ _.…])\1{4,}|[ \t]{5,}")
_DIGIT = re.compile(rf"[\d{VULGAR}]")
"""Matches in every amount, and in few other texts."""
_FULL_WIDTH = re.compile("[\uff00-\uffef]")
_MARK = re.compile(r"\d{1,3}(?:[.,]\d{1,2})?", re.ASCII)
_STEPS_APART = re.compile(r"\s*[\s,;/|–—-]\s*")
_SUM = re.compile(
    r"^\s*[(\[]?(?P<parts>\d{1,3}(?:\s*\+\s*\d{1,3})+)\s*(?:=\s*\d{1,4}\s*)?(?P<unit>" + UNIT + r")?\.?[)\]]?\s*$"
)
_OF = re.compile(
    rf"^\s*[(\[]?(?P<earned>{NUMBER})\s*/\s*(?P<worth>{NUMBER})\s*(?P<unit>{UNIT})?\.?[)\]]?\s*$", re.IGNORECASE
)
_THEN_EACH = re.compile(
    r"^(?P<all>.{1,40}?)\s*[(\[（]\s*(?:each|je|jeweils|chacun|cada un[oa]?|每\S?)\b[^)\]）]{0,30}[)\]）]\s*$",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Amount:
    """`low` is set for a range. `has_unit`: points were named, or a blank precedes a slash."""

    high: Decimal
    low: Decimal | None = None
    is_percent: bool = False
    has_unit: bool = False
    is_slashed: bool = False

    @property
    def is_bare(self) -> bool:
        return not (self.has_unit or self.is_percent or self.is_slashed)


@lru_cache(maxsize=REMEMBERED)
def whole(text: str) -> Amount | None:
    """The amount, if it is the whole text: "15", "3-4 points", "___/10", "(25%)", "2 1/2", "5+5", "25 (each 5)"."""
    if len(text) > 60:
        return None
    plain = _plain(text)
    if not _DIGIT.search(plain):
        return None
    if each := _THEN_EACH.match(plain):
        plain = each["all"]
    match = _WHOLE.match(plain)
    if match:
        return _amount(match)
    return _summed(plain) or _to_be_circled(plain) or _earned(plain)


def _earned(text: str) -> Amount | None:
    """ "13 / 25": 13 of 25 points were earned, so it is worth 25."""
    match = _OF.match(text)
    if not match or not FEWEST <= number(match["worth"]) <= LARGEST or number(match["earned"]) > number(match["worth"]):
        return None
    return Amount(number(match["worth"]), has_unit=match["unit"] is not None, is_slashed=True)


def _summed(text: str) -> Amount | None:
    """ "5+5" is worth 10."""
    match = _SUM.match(text)
    if not match:
        return None
    parts = [int(part) for part in re.findall(r"\d+", match["parts"])]
    return Amount(Decimal(sum(parts)), has_unit=match["unit"] is not None)


def _to_be_circled(text: str) -> Amount | None:
    """ "1 2 3 4 5", "0 / 5 / 10", "0 2 3 5": numbers to circle, in equal steps or ascending from 0."""
    parts = _STEPS_APART.split(text.strip(" ()[]"))
    if not 2 <= len(parts) <= 21 or not all(_MARK.fullmatch(part) for part in parts):
        return None
    numbers = [number(part) for part in parts]
    steps = {b - a for a, b in itertools.pairwise(numbers)}
    is_even = len(steps) == 1 and steps != {0}
    goes_up = numbers[0] == 0 and min(steps) > 0
    if not (is_even or goes_up) or (len(parts) == 2 and numbers != [0, 1]):
        return None
    return Amount(max(numbers), low=min(numbers))


@lru_cache(maxsize=REMEMBERED)
def bracketed(text: str) -> tuple[Amount, str] | None:
    """The last bracketed amount, and the text without it."""
    found = None
    plain = _plain(text)
    for match in _BRACKET.finditer(plain) if _DIGIT.search(plain) else ():
        if _amount(match):
            found = match
    if found is None:
        return None
    amount = _amount(found)
    return (amount, _without(plain, found)) if amount else None


@lru_cache(maxsize=REMEMBERED)
def trailing(text: str) -> tuple[Amount, str] | None:
    """The amount at the end, and the text before it. A bare number counts only after a tab or a colon."""
    plain = _plain(text)
    if not _DIGIT.search(plain):
        return None
    for match in _BRACKET.finditer(plain, max(0, plain.rstrip().rfind(" ", 0, -30))):
        if not plain[match.end() :].strip(" .;:,、。"):
            amount = _amount(match)
            return (amount, plain[: match.start()].strip()) if amount else None
    for match in _TAIL.finditer(plain, max(0, len(plain) - 60)):
        amount = _amount(match)
        before = plain[: match.start()]
        if amount and before.strip() and (not amount.is_bare or _is_set_off(before, match.group())):
            return amount, before.strip(" \t:：=–—-_.…,")
    return None


def _is_set_off(before: str, found: str) -> bool:
    gap = before[len(before.rstrip()) :] + found[: len(found) - len(found.lstrip())]
    return "\t" in gap or "    " in gap or "...." in found or "…" in found or found.lstrip()[:1] in ":：="


@lru_cache(maxsize=REMEMBERED)
def leading(text: str) -> tuple[Amount, str] | None:
    """The amount at the start and the text after it: "(50%) Delivery", "10 pts - Style", "4: Excellent"."""
    plain = _plain(text)
    match = _HEAD.match(plain) if _DIGIT.search(plain) else None
    if not match:
        return None
    amount = _amount(match)
    is_bracketed = plain.lstrip()[:1] in "([（【{"
    set_off = match.group("sep").strip() != "" or "\t" in match.group()
    if amount is None or (amount.is_bare and not is_bracketed and not set_off):
        return None
    rest = plain[match.end() :].strip(" \t:：–—-)]）】")
    return (amount, rest) if rest or set_off else None


def multiplier(text: str) -> Decimal | None:
    """ "x2", "(×3)"."""
    match = _TIMES.search(text[:LONGEST]) if _DIGIT.search(text) else None
    if not match:
        return None
    value = number(match.group("after") or match.group("before"))
    return value if 0 < value <= 20 else None


def negative(text: str) -> Decimal | None:
    """The first negative amount, as a positive number: "-5", "-1 per figure". For a range, the larger deduction."""
    plain = _plain(text)
    for match in _NEGATIVE.finditer(plain) if _DIGIT.search(plain) else ():
        if not _ends_range(plain, match):
            return number(match.group("most") or match.group("value"))
    return None


def _ends_range(text: str, match: re.Match[str]) -> bool:
    """Whether the dash joins two numbers, as in "0 – 20", and is not a minus sign."""
    if match.group()[0] == "\n":
        return False
    line = text[max(0, match.start() - LONGEST_COUNTED) : match.start()].rsplit("\n", 1)[-1]
    counted = _COUNTED.search(line)
    is_spaced = re.match(r"\s*[-–−]\s", match.group()) is not None
    return counted is not None and (is_spaced or not line[: counted.start()].strip(" \t(["))


def without_multiplier(text: str) -> str:
    kept = _tidy(_TIMES.sub(" ", _BRACKETED_TIMES.sub(" ", text)))
    return kept.replace(" )", ")").replace(" ]", "]")


def _amount(match: re.Match[str]) -> Amount | None:
    low, high, one = match.group("low"), match.group("high"), match.group("one")
    if match.group("under") or match.group("less"):
        low, high = "0", one
    values = sorted([number(low), number(high)]) if low else [number(one)]
    if values[-1] > (LARGEST_GROUPED if is_grouped(high or one) else LARGEST):
        return None
    is_percent = bool(match.group("percent") or match.group("lowpercent"))
    unit = bool(match.group("unit")) or bool(re.search(UNIT, match.group(), re.IGNORECASE))
    return Amount(
        high=values[-1],
        low=values[0] if low else None,
        is_percent=is_percent,
        has_unit=unit,
        is_slashed=bool(match.group("slash")),
    )


@lru_cache(maxsize=512)
def _plain(text: str) -> str:
    """The text with ASCII signs, and with blanks and leaders cut to four, because the patterns try every length."""
    if _FULL_WIDTH.search(text):
        text = unicodedata.normalize("NFKC", text)
    return _LONG_RUNS.sub(lambda run: "\t" if "\t" in run.group() else run.group()[:4], text[:LONGEST])


def _without(text: str, match: re.Match[str]) -> str:
    return _tidy(text[: match.start()] + " " + text[match.end() :])


def _tidy(text: str) -> str:
    return re.sub(r"[ \t]+", " ", text).strip(" \t:：-–—")
