"""What a style says about text, inherited as Word does."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from rubric_jobs.documents.docx_numbering import W, _value

LONGEST_CHAIN = 30
_HEADINGS = ("heading", "title", "subtitle", "überschrift", "titre", "título", "titulo")
_TOGGLES = ("vanish", "strike", "dstrike")


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
    """The style of a paragraph that names none."""
    _known: dict[str, _Style] = field(default_factory=dict)
    _telling: set[str] = field(default_factory=set)
    """Styles that hide, strike or raise, by themselves or by those they are based on: most documents have none."""

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

    def is_seen(self, properties: Any | None, paragraph_style: str) -> bool:
        """Whether text with these run properties is shown: neither hidden nor struck through."""
        if properties is None and not self._telling:
            return True
        return not any(self._is_on(name, properties, paragraph_style) for name in _TOGGLES)

    def alignment(self, properties: Any | None, paragraph_style: str) -> str:
        """`superscript`, `subscript` or something else."""
        direct = _value(properties.find(f"{W}vertAlign")) if properties is not None else ""
        if direct or not self._telling:
            return direct
        return self._alignment_of(_run_style(properties)) or self._alignment_of(paragraph_style) or ""

    def _is_on(self, name: str, properties: Any | None, paragraph_style: str) -> bool:
        direct = properties.find(f"{W}{name}") if properties is not None else None
        if direct is not None:
            return is_on(direct)
        if not self._telling:
            return False
        # A character style turns off again what its paragraph's style has turned on (ISO/IEC 29500-1, 17.7.3).
        return self._toggle(_run_style(properties), name) != self._toggle(paragraph_style or self.default, name)

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


def _run_style(properties: Any | None) -> str:
    return _value(properties.find(f"{W}rStyle")) if properties is not None else ""


def _read(style: Any) -> _Style:
    properties = style.find(f"{W}rPr")
    toggles = {}
    for name in _TOGGLES:
        flag = properties.find(f"{W}{name}") if properties is not None else None
        if flag is not None:
            toggles[name] = is_on(flag)
    alignment = _value(properties.find(f"{W}vertAlign")) if properties is not None else ""
    return _Style(_value(style.find(f"{W}basedOn")), toggles, alignment or None)
