"""Text properties of styles, with Word's inheritance."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from rubric_jobs.documents.docx_numbering import W, _value

LONGEST_CHAIN = 30
_HEADINGS = ("heading", "title", "subtitle", "überschrift", "titre", "título", "titulo")
_TOGGLES = (f"{W}vanish", f"{W}strike", f"{W}dstrike")
ALIGNMENT, BOLD, FONTS = f"{W}vertAlign", f"{W}b", f"{W}rFonts"
_STYLE = f"{W}rStyle"
_LOOKED_AT = (*_TOGGLES, ALIGNMENT, BOLD, FONTS, _STYLE)

Look = dict[str, Any]
"""Elements of run properties, by tag."""


@dataclass(frozen=True, slots=True)
class _Style:
    based_on: str
    toggles: dict[str, bool]
    alignment: str | None
    """`vertAlign`: superscript, subscript or baseline."""


@dataclass(frozen=True, slots=True)
class Styles:
    bold: frozenset[str] = frozenset()
    headings: frozenset[str] = frozenset()
    default: str = ""
    """The style of paragraphs that name none."""
    _known: dict[str, _Style] = field(default_factory=dict)
    _telling: set[str] = field(default_factory=set)
    """Styles that hide, strike through or raise text, directly or by inheritance. Most documents have none."""

    @classmethod
    def of(cls, root: Any | None) -> Styles:
        bold, headings, known, default = set(), set(), {}, ""
        for style in root.iterchildren(f"{W}style") if root is not None else ():
            key = style.get(f"{W}styleId", "")
            if _value(style.find(f"{W}name")).lower().startswith(_HEADINGS):
                headings.add(key)
            if is_on(style.find(f"{W}rPr/{W}b")):
                bold.add(key)
            if style.get(f"{W}type") == "paragraph" and style.get(f"{W}default") in ("1", "true", "on"):
                default = key
            known[key] = _read(style)
        found = cls(frozenset(bold), frozenset(headings), default, known)
        found._telling.update(key for key in known if any(s.toggles or s.alignment for s in found._chain(key)))
        return found

    def is_seen(self, look: Look, paragraph_style: str) -> bool:
        """Whether text with this look is visible: neither hidden nor struck through."""
        if not look and not self._telling:
            return True
        return not any(self._is_on(name, look, paragraph_style) for name in _TOGGLES)

    def alignment(self, look: Look, paragraph_style: str) -> str:
        """`superscript`, `subscript` or another value."""
        direct = _value(look.get(ALIGNMENT))
        if direct or not self._telling:
            return direct
        return self._alignment_of(_value(look.get(_STYLE))) or self._alignment_of(paragraph_style) or ""

    def _is_on(self, name: str, look: Look, paragraph_style: str) -> bool:
        direct = look.get(name)
        if direct is not None:
            return is_on(direct)
        if not self._telling:
            return False
        # These properties toggle: set in both styles, they cancel out (ISO/IEC 29500-1, 17.7.3).
        return self._toggle(_value(look.get(_STYLE)), name) != self._toggle(paragraph_style or self.default, name)

    def _toggle(self, key: str, name: str) -> bool:
        styles = self._chain(key) if key in self._telling else ()
        return next((style.toggles[name] for style in styles if name in style.toggles), False)

    def _alignment_of(self, key: str) -> str | None:
        styles = self._chain(key) if key in self._telling else ()
        return next((style.alignment for style in styles if style.alignment), None)

    def _chain(self, key: str) -> list[_Style]:
        chain: list[_Style] = []
        while key in self._known and len(chain) < LONGEST_CHAIN:
            chain.append(self._known[key])
            key = chain[-1].based_on
        return chain


def is_on(flag: Any | None) -> bool:
    return flag is not None and flag.get(f"{W}val", "true") not in ("0", "false", "off")


def look_of(properties: Any | None) -> Look:
    """The run properties (`w:rPr`) that matter here, by tag."""
    return {} if properties is None else {child.tag: child for child in properties.iterchildren(*_LOOKED_AT)}


def _read(style: Any) -> _Style:
    look = look_of(style.find(f"{W}rPr"))
    toggles = {name: is_on(look[name]) for name in _TOGGLES if name in look}
    return _Style(_value(style.find(f"{W}basedOn")), toggles, _value(look.get(ALIGNMENT)) or None)
