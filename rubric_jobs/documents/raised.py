"""Raised and lowered numbers: fractions, powers and footnote marks. They must not join the number before them.

While a page or paragraph is read, they are Unicode superscript and subscript digits. `settled` then sees the whole
document and decides what each one is.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace

from rubric_jobs.documents.model import Block, Paragraph, Table

_DIGITS, _RAISED, _LOWERED = "0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹", "₀₁₂₃₄₅₆₇₈₉"
_UP = str.maketrans(_DIGITS + "()", _RAISED + "⁽⁾")
_DOWN = str.maketrans(_DIGITS, _LOWERED)
_PLAIN = str.maketrans(_RAISED + _LOWERED, _DIGITS + _DIGITS)

_ANY = re.compile(f"[{_RAISED}{_LOWERED}]")
_IS_NUMBER = re.compile(r"[\s\d,;()/⁄∕*]*")
_FRACTION = re.compile(rf"(\d?)([{_RAISED}]{{1,3}})\s?[/⁄∕]\s?([{_RAISED}{_LOWERED}]{{1,3}})")
_MARKS = re.compile(rf"(?<=\S)(?<![{_RAISED}])⁽?[{_RAISED}]+(?:[,;]\s?[{_RAISED}]+)*⁾?")
_MARK = re.compile(rf"[{_RAISED}]+")
_BELOW = re.compile(rf"(?<=\d)[{_LOWERED}]+")
_RAISED_NOTE = re.compile(rf"^\s*⁽?([{_RAISED}]{{1,2}})⁾?\s*[^\W\d_]")
_PLAIN_NOTE = re.compile(r"^\s*([1-9]\d?)\s+[^\W\d_]")
MOST_NOTES = 99


def up(text: str) -> str:
    """The text with superscript digits, if it is a number. Words such as the "st" of 1st do not change."""
    return text.translate(_UP) if _IS_NUMBER.fullmatch(text) else text


def down(text: str) -> str:
    return text.translate(_DOWN) if _IS_NUMBER.fullmatch(text) else text


def settled(blocks: Iterable[Block]) -> list[Block]:
    """The blocks with fractions as "2 1/2" and powers as "10^2", without the marks of footnotes."""
    found = list(blocks)
    if not any(_ANY.search(text) for block in found for text in _texts(block)):
        return found
    notes = _explained(found)
    return [_settled_block(block, notes) for block in found]


def _settled_block(block: Block, notes: frozenset[int]) -> Block:
    if isinstance(block, Paragraph):
        return replace(block, text=_settled_text(block.text, notes), lead=_settled_text(block.lead, notes))
    cells = (replace(c, text=_settled_text(c.text, notes), lead=_settled_text(c.lead, notes)) for c in block.cells)
    return replace(block, cells=tuple(cells))


def _settled_text(text: str, notes: frozenset[int]) -> str:
    if not _ANY.search(text):
        return text

    def fraction(match: re.Match[str]) -> str:
        whole, above, below = match.groups()
        return f"{whole}{' ' if whole else ''}{above.translate(_PLAIN)}/{below.translate(_PLAIN)}"

    def mark(match: re.Match[str]) -> str:
        numbers = [int(number.translate(_PLAIN)) for number in _MARK.findall(match.group())]
        if notes.issuperset(numbers):
            return ""
        is_behind_digit = text[match.start() - 1].isdigit()
        return "^" + match.group().translate(_PLAIN).strip("⁽⁾") if is_behind_digit else match.group()

    text = _FRACTION.sub(fraction, text)
    text = _MARKS.sub(mark, text)
    return _BELOW.sub(lambda match: "_" + match.group().translate(_PLAIN), text)


def _explained(blocks: list[Block]) -> frozenset[int]:
    """The numbers of footnotes, from 1 without a gap: raised after a text, and at the start of a later note."""
    waiting: set[int] = set()
    noted: set[int] = set()
    for block in blocks:
        for text in _texts(block):
            for line in text.split("\n"):
                noted |= _notes_of(line, waiting)
            waiting |= {
                int(number.translate(_PLAIN)[:3]) for marks in _MARKS.findall(text) for number in _MARK.findall(marks)
            }
    last = next((number for number in range(1, MOST_NOTES + 1) if number not in noted), MOST_NOTES)
    return frozenset(range(1, last))


def _notes_of(line: str, waiting: set[int]) -> set[int]:
    """The numbers of the notes on a line: "1 Half of it.  2 Only for groups."."""
    match = _RAISED_NOTE.match(line) or _PLAIN_NOTE.match(line)
    if match is None:
        return set()
    number, at, found = int(match.group(1).translate(_PLAIN)), match.end(1), set()
    while number in waiting:
        found.add(number)
        number += 1
        following = re.compile(rf"\s[⁽]?(?:{number}|{str(number).translate(_UP)})[⁾]?\s*(?=[^\W\d_])").search(line, at)
        if following is None:
            break
        at = following.end()
    return found


def _texts(block: Block) -> Iterable[str]:
    if isinstance(block, Table):
        return [cell.text for cell in block.cells]
    return [f"{block.marker} {block.text}"]
