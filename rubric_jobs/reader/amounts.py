"""Points, ranges, percents and multipliers as people print them, in the languages of the lexicon."""

from __future__ import annotations

import itertools
import re
import unicodedata
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache

LARGEST = Decimal(2000)
LARGEST_GROUPED = Decimal(20_000)
"""No year is written with a separator, so that larger amounts with one are points."""
LONGEST = 4000
"""Letters of a text that are looked at."""

UNIT = (
    r"(?:points?|pts?|marks?|mks|credits?|puntos?|puntaje|ptos?|pto|pontos?|punt[io]|punten|pnt|punkte?n?|pkte?|pkt|"
    r"poäng|pistettä|poeng|баллов|балла|балл|б|puan|分|點|点|점)"
)
_UNIT_TAIL = rf"(?:{UNIT}(?![^\W\d_])\.?|p\.|P\.?(?=\W|$))"
GROUPED = r"[1-9]\d{0,2}[.,]\d{3}(?!\d)"
NUMBER = rf"(?:{GROUPED}|0[.,]\d{{3}}(?!\d)|\d{{1,4}}(?:[.,]\d{{1,2}})?|\d?[½¼¾])"
_DASH = r"(?:\s*[-–—−~～‐‑]\s*|\s+(?:to|a|à|bis|hasta|até|tot|through|ou|or)\s+|\s*[至到]\s*)"
_RANGE = rf"(?P<low>{NUMBER})\s*(?P<lowpercent>[%％])?\s*(?:{UNIT}\.?)?{_DASH}[<>≤≥]?\s*(?P<high>{NUMBER})"
_CORE = rf"(?:{_RANGE}|(?:(?P<under>[<≤])\s*|[>≥]\s*)?(?P<one>{NUMBER})(?P<plus>\s*\+)?)"
_LEADING = (
    r"(?:(?:up to|max(?:imum|imal|\.)?|maximal|hasta|até|jusqu['’]à|bis zu|worth|score|points?|pts\.?|marks?|value|"
    r"puntos|puntaje|puntuaci[oó]n|pontos|pontua[cç][aã]o|punkte|punti|punten|weight|total|valor|peso|nota|note|"
    r"满分|分值|共|[_.…]{2,80})\s*[:：=]?\s*)"
)
_BLANK = r"[_.…\s]*[/／]\s*"
_EACH = r"(?:\s*(?:each|per \w+|max(?:imum|\.)?|maximal|possible|total|ea\.|chacun|cada un[oa]?|je|jeweils))?"

_BODY = rf"{_LEADING}?(?P<slash>{_BLANK})?(?:\+\s*)?{_CORE}\s*(?P<percent>[%％])?\s*(?P<unit>{_UNIT_TAIL})?{_EACH}"
_OPEN, _CLOSE = r"[(\[（【{]", r"[)\]）】}]"

_WHOLE = re.compile(rf"^\s*{_OPEN}?\s*{_BODY}\s*{_CLOSE}?\s*[.:：]?\s*$", re.IGNORECASE)
_BRACKET = re.compile(rf"\s*{_OPEN}\s*{_BODY}\s*{_CLOSE}", re.IGNORECASE)
_TAIL = re.compile(
    rf"(?:\s*[:：=–—\-,;·.]\s*|\s+|(?<=[^\W\d_])(?=\d)|(?=[_/]))(?:[._…]{{2,80}}\s*)?{_BODY}\s*[.;]?\s*$", re.IGNORECASE
)
_HEAD = re.compile(rf"^\s*{_OPEN}?\s*{_BODY}\s*{_CLOSE}?\s*(?P<sep>[:：.)\-–—=]|\s|$)\s*", re.IGNORECASE)
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
_FULL_WIDTH = re.compile("[\uff00-\uffef]")
_IS_GROUPED = re.compile(rf"{GROUPED}$")
_FRACTIONS = {"½": ".5", "¼": ".25", "¾": ".75"}


@dataclass(frozen=True, slots=True)
class Amount:
    """`low` is set where a range is printed; `has_unit` where points were named or a blank stands before a slash."""

    high: Decimal
    low: Decimal | None = None
    is_percent: bool = False
    has_unit: bool = False
    is_slashed: bool = False

    @property
    def is_bare(self) -> bool:
        return not (self.has_unit or self.is_percent or self.is_slashed)


def number(text: str) -> Decimal:
    """ "2,5" and "0.125" have decimals; three digits behind a sign, and no zero before it, are thousands: "1,000"."""
    text = text.strip()
    if _IS_GROUPED.match(text):
        return Decimal(text.replace(",", "").replace(".", ""))
    for sign, value in _FRACTIONS.items():
        text = text.replace(sign, value)
    return Decimal(text.replace(",", ".") or "0")


def whole(text: str) -> Amount | None:
    """The amount that is all of this text: "15", "3-4 points", "___/10", "(25%)", "0 to 20 points"."""
    if len(text) > 60:
        return None
    match = _WHOLE.match(_plain(text))
    if match:
        return _amount(match)
    return _to_be_circled(text)


def _to_be_circled(text: str) -> Amount | None:
    """ "1 2 3 4 5": numbers in a row, one of which is circled."""
    numbers = [int(part) for part in text.split() if part.isdecimal() and len(part) <= 2]
    if len(numbers) < 3 or len(numbers) != len(text.split()):
        return None
    steps = {b - a for a, b in itertools.pairwise(numbers)}
    return Amount(Decimal(max(numbers))) if steps in ({1}, {-1}) else None


def bracketed(text: str) -> tuple[Amount, str] | None:
    """The last amount in brackets and the text without it."""
    found = None
    for match in _BRACKET.finditer(_plain(text)):
        if _amount(match):
            found = match
    if found is None:
        return None
    amount = _amount(found)
    return (amount, _without(_plain(text), found)) if amount else None


def trailing(text: str) -> tuple[Amount, str] | None:
    """The amount at the end and the text before it; a bare number counts only after a tab or a colon."""
    plain = _plain(text)
    match = _BRACKET.search(plain, max(0, plain.rstrip().rfind(" ", 0, -30)))
    if match and not plain[match.end() :].strip(" .;:,、。"):
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


def leading(text: str) -> tuple[Amount, str] | None:
    """The amount at the start and the text after it: "(50%) Delivery", "10 pts - Style", "4: Excellent"."""
    plain = _plain(text)
    match = _HEAD.match(plain)
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
    match = _TIMES.search(text[:LONGEST])
    if not match:
        return None
    value = number(match.group("after") or match.group("before"))
    return value if 0 < value <= 20 else None


def negative(text: str) -> Decimal | None:
    """The first negative amount, as a positive number: "-5", "-1 per figure"; of a range the end that costs most."""
    plain = _plain(text)
    for match in _NEGATIVE.finditer(plain):
        if not _ends_range(plain, match):
            return number(match.group("most") or match.group("value"))
    return None


def _ends_range(text: str, match: re.Match[str]) -> bool:
    """Whether the dash stands between two numbers, as in "0 – 20": a sign belongs to the one behind it alone."""
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
    if match.group("under"):
        low, high = "0", one
    values = sorted([number(low), number(high)]) if low else [number(one)]
    is_grouped = _IS_GROUPED.match(high or one) is not None
    if values[-1] > (LARGEST_GROUPED if is_grouped else LARGEST):
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
    """Full-width signs made narrow, long blanks and leaders cut to four: the patterns try each length of them."""
    if _FULL_WIDTH.search(text):
        text = unicodedata.normalize("NFKC", text)
    return _LONG_RUNS.sub(lambda run: "\t" if "\t" in run.group() else run.group()[:4], text[:LONGEST])


def _without(text: str, match: re.Match[str]) -> str:
    return _tidy(text[: match.start()] + " " + text[match.end() :])


def _tidy(text: str) -> str:
    return re.sub(r"[ \t]+", " ", text).strip(" \t:：-–—")
