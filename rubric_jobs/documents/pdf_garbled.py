"""Detects garbled text. Fonts without a mapping from glyphs to letters yield glyph numbers instead of text."""

from __future__ import annotations

import re
import unicodedata

MOST_UNKNOWN = 0.05
"""Share of unmapped characters. On real pages it is below 0.002."""
FEWEST_VOWELS = 0.25
"""Share of vowels among Latin letters. Every language in Latin script has more than 0.34; shifted or shuffled letters
have 0.13 to 0.23."""
FEWEST_LETTERS = 80
_LATIN = re.compile(r"[a-z]{3,}")
_VOWELS = re.compile(r"[aeiouy]")
LONGEST = 20_000


def is_garbled(words: list[str], unknown: float) -> bool:
    """`unknown` is the share of the page's characters that its fonts map to no letter."""
    if unknown >= MOST_UNKNOWN:
        return True
    text = " ".join(words)[:LONGEST]
    letters = "".join(_LATIN.findall(unicodedata.normalize("NFKD", text).casefold()))
    return len(letters) >= FEWEST_LETTERS and len(_VOWELS.findall(letters)) < FEWEST_VOWELS * len(letters)
