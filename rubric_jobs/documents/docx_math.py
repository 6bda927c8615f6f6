"""Word's equations (Office Math) as one line of text: 1/2, x^2, √(x)."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from rubric_jobs.documents import raised

M = "{http://schemas.openxmlformats.org/officeDocument/2006/math}"
DEEPEST = 30
_PROPERTIES = re.compile(r"\w+Pr$")


def is_equation(tag: str) -> bool:
    return tag in (f"{M}oMath", f"{M}oMathPara")


def linear(element: Any, depth: int = 0) -> str:
    """The equation's text. Fractions and powers use superscript and subscript digits, as `raised.settled` expects."""
    if depth > DEEPEST:
        return ""
    if element.tag == f"{M}t":
        return str(element.text or "")
    name = element.tag.rpartition("}")[2] if isinstance(element.tag, str) else ""
    if name in _FORMS:
        return _FORMS[name](_Parts(element, depth))
    return "".join(linear(child, depth + 1) for child in element.iterchildren() if not _is_properties(child))


def _is_properties(element: Any) -> bool:
    return not isinstance(element.tag, str) or bool(_PROPERTIES.search(element.tag))


class _Parts:
    def __init__(self, element: Any, depth: int) -> None:
        self._element, self._depth = element, depth

    def __getitem__(self, name: str) -> str:
        part = self._element.find(f"{M}{name}")
        return "" if part is None else linear(part, self._depth + 1).strip()

    def all(self, name: str) -> list[str]:
        return [linear(part, self._depth + 1) for part in self._element.iterchildren(f"{M}{name}")]

    def sign(self, name: str, otherwise: str) -> str:
        """A character that the properties of this element set, such as a bracket."""
        stated = self._element.find(f"{M}*/{M}{name}")
        return otherwise if stated is None else stated.get(f"{M}val", otherwise)


def _fraction(parts: _Parts) -> str:
    above, below = parts["num"], parts["den"]
    if above.isdecimal() and below.isdecimal():
        return f"{raised.up(above)}/{raised.down(below)}"
    return f"{_grouped(above)}/{_grouped(below)}"


def _grouped(text: str) -> str:
    return text if re.fullmatch(r"[\w.,]*", text) else f"({text})"


def _power(text: str) -> str:
    if text.isdecimal():
        return raised.up(text)
    return f"^{_grouped(text)}" if text else ""


def _index(text: str) -> str:
    if text.isdecimal():
        return raised.down(text)
    return f"_{_grouped(text)}" if text else ""


def _root(parts: _Parts) -> str:
    return f"{_power(parts['deg'])}√({parts['e']})"


def _delimited(parts: _Parts) -> str:
    inner = parts.sign("sepChr", "|").join(parts.all("e"))
    return f"{parts.sign('begChr', '(')}{inner}{parts.sign('endChr', ')')}"


def _sum(parts: _Parts) -> str:
    return f"{parts.sign('chr', '∫')}{_index(parts['sub'])}{_power(parts['sup'])} {parts['e']}"


_FORMS: dict[str, Callable[[_Parts], str]] = {
    "f": _fraction,
    "sSup": lambda parts: parts["e"] + _power(parts["sup"]),
    "sSub": lambda parts: parts["e"] + _index(parts["sub"]),
    "sSubSup": lambda parts: parts["e"] + _index(parts["sub"]) + _power(parts["sup"]),
    "rad": _root,
    "d": _delimited,
    "nary": _sum,
    "func": lambda parts: f"{parts['fName']} {parts['e']}",
    "m": lambda parts: "; ".join(parts.all("mr")),
    "mr": lambda parts: ", ".join(parts.all("e")),
    "eqArr": lambda parts: "; ".join(parts.all("e")),
}
