"""What kinds of words a short text is made of, as names of features."""

from __future__ import annotations

import re
from functools import lru_cache

from rubric_jobs.reader import amounts, cell_values, lexicon

LONGEST = 200
KINDS = {
    "criterion": lexicon.CRITERION,
    "points": lexicon.POINTS,
    "weight": lexicon.WEIGHT,
    "earned": lexicon.EARNED,
    "notes": lexicon.NOTES,
    "description": lexicon.DESCRIPTION,
    "total": lexicon.TOTAL,
    "penalty": lexicon.PENALTY,
    "bonus": lexicon.BONUS,
    "measure": lexicon.MEASURE,
    "commerce": lexicon.COMMERCE,
    "schedule": lexicon.SCHEDULE,
    "yesno": lexicon.YES_NO,
    "course": lexicon.COURSE_PART,
    "rubric": lexicon.RUBRIC,
    "grading": lexicon.GRADING,
}
_INDEX = frozenset(
    ("#", "no", "nr", "n", "nº", "n°", "no.", "num", "item #", "序号", "编号", "s/n", "sl", "sl no", "s.no", "№")
)
RATINGS = re.compile(
    r"^(?:ratings?|rating scale|scale|scoring|levels?(?: of .*)?|performance(?: levels?)?|achievement levels?|grades?"
    r"|niveles?(?: de .*)?|escala(?: de .*)?|niveis(?: de .*)?|niveaux(?: de .*)?|stufen|niveaustufen"
    r"|livelli(?: di .*)?|等级|评分等级|评价等级)$"
)


@lru_cache(4096)
def tags_of(text: str) -> frozenset[str]:
    """`only:kind` where nothing but words of the kind makes up the text without its amount, `has:kind`, and others."""
    if not text:
        return frozenset(("blank",))
    if len(text) > LONGEST:
        return frozenset(("long",))
    core = cell_values.core_of(text)
    found = set()
    for kind, pattern in KINDS.items():
        if lexicon.has(pattern, core):
            found.add(f"has:{kind}")
            if len(core) <= 60 and lexicon.is_only(pattern, core):
                found.add(f"only:{kind}")
    plain = lexicon.plain(text).strip(" .")
    amount = cell_values.whole(text)
    if plain in _INDEX:
        found.add("index")
    if RATINGS.match(lexicon.plain(core)):
        found.add("ratings")
    if lexicon.is_level_name(core):
        found.add("level")
        if len(core) <= 30:
            found.add("shortlevel")
    if lexicon.LETTER_GRADE.match(plain):
        found.add("letter")
    if re.match(lexicon.TOTAL, re.sub(r"^[\d_/%.,:：()\s]+", "", plain)):
        found.add("begins:total")
    if amount is not None:
        found.add("amount")
        found.add("amount:percent" if amount.is_percent else "amount:unit" if amount.has_unit else "amount:bare")
        if amount.low is not None:
            found.add("amount:range")
    elif core != " ".join(text.split()):
        found.add("counted")
    if not found:
        found.add("plain")
    return frozenset(found)


@lru_cache(4096)
def opens_with_points(text: str) -> bool:
    first = text.split("\n", 1)[0]
    found = amounts.leading(first)
    amount = found[0] if found else cell_values.whole(first)
    return amount is not None and (amount.has_unit or amount.is_percent)
