"""The text of a paragraph as Word shows it, run by run."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from unicodedata import is_normalized, normalize

from rubric_jobs.documents import raised, symbols
from rubric_jobs.documents.docx_math import is_equation, linear
from rubric_jobs.documents.docx_numbering import W, _value
from rubric_jobs.documents.docx_styles import BOLD, FONTS, Styles, is_on, look_of

DEEPEST = 12
MC = "{http://schemas.openxmlformats.org/markup-compatibility/2006}"
_W14 = "{http://schemas.microsoft.com/office/word/2010/wordml}"
_SYMEX = "{http://schemas.microsoft.com/office/word/2015/wordml/symex}"
_GONE = frozenset(
    f"{W}{name}" for name in ("del", "moveFrom", "instrText", "delText", "pPr", "rPr", "sdtPr", "sdtEndPr", "rt")
)
_SHORT = {f"{W}tab": "\t", f"{W}ptab": "\t", f"{W}br": "\n", f"{W}cr": "\n", f"{W}noBreakHyphen": "-"}
_EQ_FRACTION = re.compile(r"^\s*EQ\s+\\f\s*\(([^();,]{1,20})[,;]([^();,]{1,20})\)\s*$", re.IGNORECASE)
LONGEST_INSTRUCTION = 200
_RUN, _TEXT, _PROPERTIES = f"{W}r", f"{W}t", f"{W}rPr"


@dataclass(slots=True)
class Run:
    text: str
    is_bold: bool


def style_of(paragraph: Any) -> str:
    properties = next(paragraph.iterchildren(f"{W}pPr"), None)
    return "" if properties is None else _value(properties.find(f"{W}pStyle"))


def runs_of(paragraph: Any, styles: Styles, style: str) -> list[Run]:
    """The visible runs of a paragraph of this style: nothing hidden or deleted, one choice of each alternative."""
    found = _Reading(styles, style)
    found.walk(paragraph, 0)
    return found.runs


def chosen(alternatives: Any) -> Any | None:
    """The choice of `mc:AlternateContent` for current programs. The fallback repeats its text for older ones."""
    choice = alternatives.find(f"{MC}Choice")
    return choice if choice is not None and len(choice) else alternatives.find(f"{MC}Fallback")


@dataclass(slots=True)
class _Reading:
    styles: Styles
    style: str
    runs: list[Run] = field(default_factory=list)
    instruction: str = ""
    """Instruction of the innermost open field."""

    def walk(self, parent: Any, depth: int) -> None:
        for child in parent.iterchildren():
            tag = child.tag
            if tag == _RUN:
                self._run(child)
            elif is_equation(tag):
                self._equation(child)
            elif tag in _GONE or depth >= DEEPEST:
                continue
            elif tag == f"{MC}AlternateContent":
                part = chosen(child)
                if part is not None:
                    self.walk(part, depth + 1)
            elif tag == f"{W}sdt" and child.find(f"{W}sdtPr/{_W14}checkbox") is not None:
                self.runs.append(Run(_content_tick(child), False))
            elif tag == f"{W}fldSimple" and (text := _eq_fraction(child.get(f"{W}instr", ""))):
                self.runs.append(Run(text, False))
            else:
                self.walk(child, depth + 1)

    def _equation(self, element: Any) -> None:
        text = linear(element)
        before = self.runs[-1].text if self.runs else ""
        # "2" followed by the equation "1/2" must not become "21/2".
        apart = " " if before[-1:].isdigit() and text[:1] in "0123456789" else ""
        if text:
            self.runs.append(Run(apart + text, False))

    def _run(self, run: Any) -> None:
        look = look_of(run.find(_PROPERTIES))
        if not self.styles.is_seen(look, self.style):
            return
        text = "".join(self._pieces(run, _symbol_font(look.get(FONTS)), 0))
        if not text:
            return
        alignment = self.styles.alignment(look, self.style)
        if alignment in ("superscript", "subscript"):
            text = raised.up(text) if alignment == "superscript" else raised.down(text)
        is_bold = is_on(look.get(BOLD))
        self.runs.append(Run(text if is_normalized("NFC", text) else normalize("NFC", text), is_bold))

    def _pieces(self, run: Any, font: str, depth: int) -> Iterator[str]:
        for child in run.iterchildren():
            tag = child.tag
            if tag == _TEXT:
                yield symbols.printed(font, child.text or "") if font else child.text or ""
            elif tag in _SHORT:
                yield _SHORT[tag]
            elif tag == f"{W}sym":
                yield _symbol(child)
            elif tag == f"{_SYMEX}symEx":
                yield _sign(child.get(f"{_SYMEX}char", ""))
            elif tag in (f"{W}fldChar", f"{W}instrText"):
                yield self._field(child)
            elif depth < DEEPEST:
                for inner in _inner(child):
                    yield from self._pieces(inner, font, depth + 1)

    def _field(self, element: Any) -> str:
        if element.tag == f"{W}instrText":
            self.instruction = (self.instruction + (element.text or ""))[:LONGEST_INSTRUCTION]
            return ""
        kind, told = element.get(f"{W}fldCharType"), self.instruction
        self.instruction = ""
        return _form_field(element.find(f"{W}ffData")) if kind == "begin" else _eq_fraction(told)


def _inner(element: Any) -> list[Any]:
    """Elements within a run that hold its text: the base of ruby text (not the reading aid `w:rt`), an alternative."""
    if element.tag == f"{W}ruby":
        return list(element.iterfind(f"{W}rubyBase/{W}r"))
    part = chosen(element) if element.tag == f"{MC}AlternateContent" else None
    return [] if part is None else [part]


def _eq_fraction(instruction: str) -> str:
    """The fraction that a field such as `EQ \\f(1;2)` draws. Such a field stores no result text."""
    match = _EQ_FRACTION.match(instruction)
    if match is None:
        return ""
    return f"{raised.up(match.group(1).strip())}/{raised.down(match.group(2).strip())}"


def _form_field(data: Any | None) -> str:
    """What a Word 97 form field shows: a tick box, or the selected entry of a list."""
    if data is None:
        return ""
    box, choices = data.find(f"{W}checkBox"), data.find(f"{W}ddList")
    if box is not None:
        state = box.find(f"{W}checked")
        return "☑" if is_on(box.find(f"{W}default") if state is None else state) else "☐"
    if choices is not None:
        entries = [_value(entry) for entry in choices.iterchildren(f"{W}listEntry")]
        index = _value(choices.find(f"{W}result")) or _value(choices.find(f"{W}default")) or "0"
        return entries[int(index)] if index.isdecimal() and len(index) < 4 and int(index) < len(entries) else ""
    return ""


def _content_tick(control: Any) -> str:
    state = control.find(f"{W}sdtPr/{_W14}checkbox/{_W14}checked")
    return "☑" if state is not None and state.get(f"{_W14}val") in ("1", "true") else "☐"


def _symbol_font(fonts: Any | None) -> str:
    if fonts is None:
        return ""
    font = fonts.get(f"{W}ascii") or fonts.get(f"{W}hAnsi") or ""
    return font if symbols.is_symbol_font(font) else ""


def _symbol(element: Any) -> str:
    sign = _sign(element.get(f"{W}char", ""))
    return symbols.printed(element.get(f"{W}font", ""), sign) if sign else symbols.BULLET


def _sign(code: str) -> str:
    """The character of a hexadecimal code; "" if the code is invalid."""
    value = int(code, 16) if re.fullmatch(r"[0-9A-Fa-f]{1,6}", code) else 0
    return chr(value) if 32 <= value < 0x110000 and not 0xD800 <= value < 0xE000 else ""
