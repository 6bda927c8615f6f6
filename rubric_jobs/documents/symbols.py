"""Maps characters of symbol fonts to what they show. Word's smileys, ticks and arrows are letters in such a font."""

from __future__ import annotations

_WINGDINGS = {
    "A": "✌", "C": "👍", "D": "👎", "J": "☺", "K": "😐", "L": "☹", "M": "💣", "Q": "✈", "R": "☀", "Y": "✡",
    "l": "●", "m": "☐", "n": "■", "o": "☐", "p": "☐", "q": "☐", "r": "☐", "s": "◆", "t": "◆", "u": "◆", "w": "◆",
    "\x9f": "•", "\xa1": "○", "\xa2": "○", "\xa4": "◉", "\xa7": "▪", "\xa8": "☐", "\xaa": "✦", "\xab": "★",
    "\xac": "★", "\xad": "★", "\xb6": "☆", "\xb7": "•", "\xd8": "➢", "\xdf": "←", "\xe0": "→", "\xe1": "↑",
    "\xe2": "↓", "\xe8": "→", "\xef": "←", "\xf0": "→", "\xf1": "↑", "\xf2": "↓", "\xfb": "✗", "\xfc": "✓",
    "\xfd": "☒", "\xfe": "☑",
}  # fmt: skip
_WINGDINGS |= {chr(0x80 + i): "⓪①②③④⑤⑥⑦⑧⑨⑩"[i] for i in range(11)}
_WINGDINGS |= {chr(0x8B + i): "⓿❶❷❸❹❺❻❼❽❾❿"[i] for i in range(11)}
_WINGDINGS_2 = {
    "O": "✗", "P": "✓", "Q": "☒", "R": "☑", "S": "☒", "T": "☒", "\x97": "•", "\x98": "●", "\x99": "●", "\xa2": "■",
    "\xa3": "☐", "\xea": "★", "\xeb": "★", "\xec": "★",
}  # fmt: skip
_SYMBOL = {
    "\xa3": "≤", "\xb3": "≥", "\xb4": "×", "\xb1": "±", "\xb0": "°", "\xb9": "≠", "\xbb": "≈", "\xae": "→", "\xac": "←",
    "\xad": "↑", "\xaf": "↓", "\xb7": "•", "\xb8": "÷", "\xbc": "…", "\xd6": "√", "\xd7": "·", "\xde": "⇒", "\xa5": "∞",
    "\xa8": "♦", "\xa7": "♣", "\xa9": "♥", "\xaa": "♠",
}  # fmt: skip
_FONTS = {"wingdings": _WINGDINGS, "wingdings 2": _WINGDINGS_2, "symbol": _SYMBOL}
_GREEK = dict(zip("abgdezhqiklmnxoprstufcywABGDEZHQIKLMNXOPRSTUFCYW", "αβγδεζηθικλμνξοπρστυφχψωΑΒΓΔΕΖΗΘΙΚΛΜΝΞΟΠΡΣΤΥΦΧΨΩ", strict=True))  # fmt: skip  # noqa: E501
_SYMBOL |= _GREEK
BULLET = "•"


def is_symbol_font(font: str) -> bool:
    return font.lower() in _FONTS


def printed(font: str, text: str) -> str:
    """The text as this font shows it. Private-use characters stand for single bytes."""
    table = _FONTS.get(font.lower(), {})
    return "".join(_printed_sign(sign, table) for sign in text)


def private(code: int) -> str:
    """What a private-use character of an unknown font most likely shows: the Wingdings character."""
    return _WINGDINGS.get(chr(code - 0xF000), BULLET) if 0xF020 <= code <= 0xF0FF else BULLET


def picture(code: int) -> str:
    """A smiley, a star or a thumb if the private-use character is one in Wingdings; else a bullet."""
    sign = private(code)
    return sign if sign in _PICTURES else BULLET


_PICTURES = frozenset("☺😐☹👍👎★☆")


def _printed_sign(sign: str, table: dict[str, str]) -> str:
    code = ord(sign)
    if 0xF020 <= code <= 0xF0FF:
        plain = chr(code - 0xF000)
        return table.get(plain, BULLET) if table else private(code)
    return table.get(sign, sign)
