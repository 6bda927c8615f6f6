"""Points that one line gives to several criteria: "Each section is worth 2 points", "(10 points each)", "1-5 scale"."""

from __future__ import annotations

import re
from decimal import Decimal
from functools import lru_cache

from rubric_jobs.reader import penalties
from rubric_jobs.reader.amounts import NUMBER, UNIT, Amount, number

LONGEST = 300
REMEMBERED = 4096
_SPELLED = {"one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "ten": 10}
_COUNT = rf"(?P<n>{NUMBER}|\b(?:{'|'.join(_SPELLED)})\b)"
_WORTH = rf"{_COUNT}\s*[)）]?\s*(?P<unit>{UNIT}(?![^\W\d_])\.?|[%％])"
_EVERY = (
    r"each|every|apiece|jede[nrs]?|jeweils|chacune?|chaque|cada|ciascun[oa]?|ogni|elke?|ieder|każd\w+|кажд\w+|hver[t]?"
    r"|varje|每|各|각"
)
_AFTER = re.compile(rf"{_WORTH}\s*(?:(?:for|per|pour|para|por|für|za|за)\s+)?(?:{_EVERY})", re.IGNORECASE)
_BEFORE = re.compile(rf"(?:\b|(?=[每各각]))(?:{_EVERY})[^.!?。]{{0,60}}?{_WORTH}", re.IGNORECASE)
_STEPS = rf"(?:{NUMBER})\s*(?:[-–—~]|to|through|bis|a|à|do|tot|до|至|到)\s*(?P<n>{NUMBER})"
_SCALE_WORD = r"(?:scale|rating|skala|skali|escala|[ée]chelle|scala|schaal|шкал\w+|分制)"
_SCALE = re.compile(
    rf"{_SCALE_WORD}[^.\d]{{0,24}}{_STEPS}|{_STEPS.replace('?P<n>', '?P<m>')}[-\s]*(?:point )?{_SCALE_WORD}",
    re.IGNORECASE,
)


@lru_cache(REMEMBERED)
def told(text: str) -> Amount | None:
    """The points of each criterion that the line states."""
    if len(text) > LONGEST or penalties.told(text) is not None:
        return None
    said = _AFTER.search(text) or _BEFORE.search(text)
    if said:
        return Amount(_number(said["n"]), is_percent=said["unit"] in "%％", has_unit=True)
    scale = _SCALE.search(text)
    return Amount(_number(scale["n"] or scale["m"]), has_unit=True) if scale else None


def _number(text: str) -> Decimal:
    spelled = _SPELLED.get(text.casefold())
    return number(text) if spelled is None else Decimal(spelled)
