"""Numbers and units of points as people print them, in the languages of the vocabulary."""

from __future__ import annotations

import re
import unicodedata
from decimal import Decimal

UNIT = (
    r"(?:points?|pts?|marks?|mks|credits?|puntos?|puntaje|ptos?|pto|pontos?|punt[io]|punten|punts?|ptn|pnt|"
    r"punkte?n?|punkt(?:y|ów|ow)?|pkte?|pkt|poin|poäng|pistettä|poeng|баллов|балла|баллы|балл|балів|балу|бали|бала|бал(?!\w)|очков|очка|очко|б|puan|"
    r"bod[yů]?|puncte?(?!\w)|pont(?!\w)|βαθμ(?:ο[ίιύυ]ς?|ός)|điểm|分|點|点|점)"
)
GROUPED = r"[1-9]\d{0,2}[.,]\d{3}(?!\d)"
VULGAR = "½⅓⅔¼¾⅕⅖⅗⅘⅙⅚⅛⅜⅝⅞"
FRACTION = r"\d{1,2}⁄\d{1,2}(?!\d)|(?<![\d/])(?:1/[23468]|2/3|3/[48])(?![\d/])"
"""With the fraction slash any fraction; with a plain slash only those that nobody takes for "1 of 5"."""
NUMBER = (
    rf"(?:\d{{0,3}}\s?[{VULGAR}]|(?:\d{{1,3}}\s)?(?:{FRACTION})|{GROUPED}|0[.,]\d{{3}}(?!\d)"
    r"|\d{1,4}(?:[.,]\d{1,2})?|(?<![\d.,])\.\d{1,2}(?!\d))"
)
_IS_GROUPED = re.compile(rf"{GROUPED}$")
_FRACTIONAL = re.compile(rf"(?P<units>\d{{1,3}})?\s?(?P<part>[{VULGAR}]|\d{{1,2}}[⁄/]\d{{1,2}})$")
_FINEST = Decimal("0.0001")


def is_grouped(text: str) -> bool:
    """Whether a number has a sign between thousands: "1,000"."""
    return _IS_GROUPED.match(text) is not None


def number(text: str) -> Decimal:
    """ "2,5" and "0.125" have decimals; three digits behind a sign, and no zero before it, are thousands: "1,000"."""
    text = text.strip()
    if _IS_GROUPED.match(text):
        return Decimal(text.replace(",", "").replace(".", ""))
    if mixed := _FRACTIONAL.match(text):
        return Decimal(mixed["units"] or 0) + fraction(mixed["part"])
    return Decimal(text.replace(",", "."))


def fraction(part: str) -> Decimal:
    above, _, below = unicodedata.normalize("NFKC", part).replace("⁄", "/").partition("/")
    return (Decimal(above) / Decimal(below)).quantize(_FINEST).normalize() if int(below) else Decimal(0)
