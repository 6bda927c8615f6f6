"""The labels that Word computes for automatically numbered paragraphs."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
DEEPEST = 9


@dataclass(slots=True)
class _Level:
    format: str = "decimal"
    text: str = ""
    start: int = 1


@dataclass(slots=True)
class Numbering:
    """Computes labels in document order. `label` advances the counters: call it once per paragraph."""

    _lists: dict[str, dict[int, _Level]] = field(default_factory=dict)
    _counters: dict[str, list[int]] = field(default_factory=lambda: defaultdict(lambda: [0] * DEEPEST))
    _styles: dict[str, tuple[str, int]] = field(default_factory=dict)

    @classmethod
    def of(cls, numbering: Any | None, styles: Any | None) -> Numbering:
        found = cls()
        if numbering is not None:
            found._lists = _lists(numbering)
        if styles is not None:
            found._styles = _style_lists(styles)
        return found

    def label(self, paragraph: Any) -> tuple[str, int]:
        """The paragraph's printed number or bullet, and its list level; ("", 0) if it is not a list item."""
        number, depth = self._list_of(paragraph)
        levels = self._lists.get(number)
        if not levels or depth not in levels:
            return "", 0
        counters = self._counters[number]
        counters[depth] = counters[depth] + 1 if counters[depth] else levels[depth].start
        counters[depth + 1 :] = [0] * (DEEPEST - depth - 1)
        if levels[depth].format == "bullet":
            return "•", depth
        if levels[depth].format == "none":
            return "", depth
        return _printed(levels, counters, depth), depth

    def _list_of(self, paragraph: Any) -> tuple[str, int]:
        properties = paragraph.find(f"{W}pPr")
        if properties is None:
            return "", 0
        numbered = properties.find(f"{W}numPr")
        style = properties.find(f"{W}pStyle")
        inherited = self._styles.get(style.get(f"{W}val", ""), ("", 0)) if style is not None else ("", 0)
        if numbered is None:
            return inherited
        number = _value(numbered.find(f"{W}numId")) or inherited[0]
        depth = _value(numbered.find(f"{W}ilvl"))
        return ("" if number == "0" else number), min(_whole(depth, inherited[1]), DEEPEST - 1)


def _value(element: Any | None) -> str:
    return element.get(f"{W}val", "") if element is not None else ""


def _whole(text: str, otherwise: int) -> int:
    return int(text) if re.fullmatch(r"\d{1,6}", text or "") else otherwise


def _lists(root: Any) -> dict[str, dict[int, _Level]]:
    abstract: dict[str, dict[int, _Level]] = {}
    for item in root.iterchildren(f"{W}abstractNum"):
        levels = {}
        for level in item.iterchildren(f"{W}lvl"):
            levels[_whole(level.get(f"{W}ilvl", ""), 0)] = _Level(
                format=_value(level.find(f"{W}numFmt")) or "decimal",
                text=_value(level.find(f"{W}lvlText")),
                start=_whole(_value(level.find(f"{W}start")), 1),
            )
        abstract[item.get(f"{W}abstractNumId", "")] = levels
    return {
        item.get(f"{W}numId", ""): abstract.get(_value(item.find(f"{W}abstractNumId")), {})
        for item in root.iterchildren(f"{W}num")
    }


def _style_lists(root: Any) -> dict[str, tuple[str, int]]:
    found = {}
    for style in root.iterchildren(f"{W}style"):
        numbered = style.find(f"{W}pPr/{W}numPr")
        if numbered is not None:
            depth = _whole(_value(numbered.find(f"{W}ilvl")), 0)
            found[style.get(f"{W}styleId", "")] = (_value(numbered.find(f"{W}numId")), min(depth, DEEPEST - 1))
    return found


def _printed(levels: dict[int, _Level], counters: list[int], depth: int) -> str:
    def number(match: re.Match[str]) -> str:
        index = int(match.group(1)) - 1
        shown = levels.get(index, _Level())
        return _formatted(max(counters[index], shown.start if index < depth else 1), shown.format)

    return re.sub(r"%([1-9])", number, levels[depth].text).strip()


def _formatted(number: int, kind: str) -> str:
    if kind in ("lowerLetter", "upperLetter"):
        letter = chr(ord("a") + (number - 1) % 26) * ((number - 1) // 26 % 5 + 1)
        return letter if kind == "lowerLetter" else letter.upper()
    if kind in ("lowerRoman", "upperRoman"):
        roman = _roman(number)
        return roman.lower() if kind == "lowerRoman" else roman
    if "chinese" in kind.lower() or kind in ("japaneseCounting", "ideographDigital"):
        return _chinese(number)
    return str(number)


def _roman(number: int) -> str:
    parts = ((100, "C"), (90, "XC"), (50, "L"), (40, "XL"), (10, "X"), (9, "IX"), (5, "V"), (4, "IV"), (1, "I"))
    text, rest = "", number % 1000
    for value, sign in parts:
        text += sign * (rest // value)
        rest %= value
    return text


def _chinese(number: int) -> str:
    digits = "零一二三四五六七八九"
    if number < 10:
        return digits[number]
    if number < 100:
        tens, ones = divmod(number, 10)
        return ("" if tens == 1 else digits[tens]) + "十" + (digits[ones] if ones else "")
    return str(number)
