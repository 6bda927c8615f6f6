"""The kinds of words in a short text, as feature names."""

from __future__ import annotations

import re
from functools import lru_cache

from rubric_jobs.reader import amounts, cell_values
from rubric_jobs.vocabulary import words

LONGEST = 200
MOSTLY = 0.75
"""If at least this share of a text names a concept, the text means only that."""
_INDEX = frozenset(
    ("#", "no", "nr", "n", "nº", "n°", "num", "item #", "序号", "编号", "s/n", "sl", "sl no", "s.no", "№", "lp")
)


_BROKEN = re.compile(r"(?<=[^\W\d_]{3})-[ \n]?(?=[^\W\d_]{3})")
_SIGNS = re.compile(r"^(?:[+]{1,3}|[-–−]{1,3}|[+]/[-–−]|[oO○●◐]|☺|☹|🙂|😐|🙁|😀)$")


@lru_cache(8192)
def tags_of(text: str) -> frozenset[str]:
    """`only:concept` if the text without its amount means hardly anything else, `has:concept`, and others."""
    if not text:
        return frozenset(("blank",))
    if len(text) > LONGEST:
        return frozenset(("long",))
    core = _unbroken(cell_values.core_of(text))
    found = {f"has:{concept}" for concept in words.concepts(core)}
    found |= {f"only:{concept}" for concept, share in words.concepts(core).items() if share >= MOSTLY}
    if text.strip(" .").casefold() in _INDEX:
        found.add("index")
    if words.level_rank(core) is not None or _SIGNS.match(text):
        found.add("level")
        if len(core) <= 30:
            found.add("shortlevel")
        if re.fullmatch(r"\W*[a-fA-F]\s*[+\-−–]?\W*", core):
            found.add("letter")
    if re.match(r"^[\W\d_]*(?=[^\W\d_])", text) and begins_with_total(text):
        found.add("begins:total")
    if (told := re.findall(r"[^\W\d_]+", core)) and words.share("total", told[-1]) >= MOSTLY:
        found.add("ends:total")
    return frozenset(found | _amount_tags(text, core)) or frozenset(("plain",))


def _unbroken(text: str) -> str:
    """Removes a hyphen that was typed into a long word in a narrow column, if the joined word is known."""
    whole = _BROKEN.sub("", text)
    return whole if whole != text and sum(words.concepts(whole).values()) > sum(words.concepts(text).values()) else text


def _amount_tags(text: str, core: str) -> set[str]:
    amount = cell_values.whole(text)
    if amount is None:
        return {"counted"} if core != " ".join(text.split()) else set()
    kind = "percent" if amount.is_percent else "unit" if amount.has_unit else "bare"
    return {"amount", f"amount:{kind}", *(("amount:range",) if amount.low is not None else ())}


@lru_cache(4096)
def begins_with_total(text: str) -> bool:
    """Whether the text begins with a word for total."""
    told = re.findall(r"[^\W\d_]+", text)[:3]
    return any(words.share("total", " ".join(told[:n])) >= MOSTLY for n in (1, 2, 3) if len(told) >= n)


@lru_cache(4096)
def opens_with_points(text: str) -> bool:
    first = text.split("\n", 1)[0]
    found = amounts.leading(first)
    amount = found[0] if found else cell_values.whole(first)
    return amount is not None and (amount.has_unit or amount.is_percent)
