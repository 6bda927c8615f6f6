"""Whether a page's text is letters at all: fonts that do not say which letter a glyph is yield numbers of glyphs."""

from __future__ import annotations

import re
import unicodedata

MOST_UNKNOWN = 0.05
"""Share of characters without a letter; on real pages it is below 0.002."""
FEWEST_VOWELS = 0.25
"""Share of vowels among Latin letters. Every language written in them has more than 0.34; letters that are shifted or
mixed up have 0.13 to 0.23."""
FEWEST_LETTERS = 80
_LATIN = re.compile(r"[a-z]{3,}")
_VOWELS = re.compile(r"[aeiouy]")
LONGEST = 20_000


def is_garbled(words: list[str], unknown: float) -> bool:
    """`unknown` is the share of the page's characters for which its fonts name no letter."""
    if unknown >= MOST_UNKNOWN:
        return True
    text = " ".join(words)[:LONGEST]
    letters = "".join(_LATIN.findall(unicodedata.normalize("NFKD", text).casefold()))
    return len(letters) >= FEWEST_LETTERS and len(_VOWELS.findall(letters)) < FEWEST_VOWELS * len(letters)
