"""HTML → Word paragraphs and tables: text, headings, lists, tables, bold and struck-through text."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from lxml import etree, html

from rubric_jobs.documents.docx_numbering import W
from rubric_jobs.errors import DocumentTooLarge

DEEPEST = 60
WIDEST = 63
_SPACES = re.compile(r"[ \t\r\n\f]+")
_SKIPPED = frozenset(
    ("head", "script", "style", "title", "template", "noscript", "iframe", "object", "del", "rt", "rp")
)
_BLOCKS = frozenset((
    "address", "article", "aside", "blockquote", "body", "center", "dd", "div", "dl", "dt", "fieldset", "figcaption",
    "figure", "footer", "form", "h1", "h2", "h3", "h4", "h5", "h6", "header", "hr", "li", "main", "nav", "ol", "p",
    "pre", "section", "ul",
))  # fmt: skip
_FORMATS = {"s": "strike", "strike": "strike", "sup": "sup", "sub": "sub"}
_FORMATS |= dict.fromkeys(("b", "strong", "th", "h1", "h2", "h3", "h4", "h5", "h6"), "b")
_STYLES = (
    (re.compile(r"font-weight\s*:\s*(?:bold|[6-9]00)"), "b"),
    (re.compile(r"text-decoration[\w-]*\s*:[^;]*line-through"), "strike"),
    (re.compile(r"vertical-align\s*:\s*super"), "sup"),
    (re.compile(r"vertical-align\s*:\s*sub"), "sub"),
)
_HIDDEN = re.compile(r"(?:display\s*:\s*none|visibility\s*:\s*hidden)")
_PROPERTIES = {
    "b": ("b", None),
    "strike": ("strike", None),
    "sup": ("vertAlign", "superscript"),
    "sub": ("vertAlign", "subscript"),
}


def items(text: str) -> list[Any]:
    """The page's paragraphs and tables as `w:p` and `w:tbl`."""
    parser = html.HTMLParser(no_network=True, huge_tree=False, remove_comments=True, remove_pis=True)
    try:
        root = html.document_fromstring(re.sub(r"^\s*<\?xml[^>]*\?>", "", text), parser=parser)
    except (etree.ParserError, etree.XMLSyntaxError, ValueError):
        return plain_items(re.sub(r"<[^>]*>", " ", text))
    writer = _Writer(_Budget())
    writer.element(root, frozenset(), 0)
    return writer.items


def plain_items(text: str) -> list[Any]:
    writer = _Writer(_Budget())
    for line in text.splitlines():
        writer.text(line, frozenset())
        writer.end()
    return writer.items


@dataclass(slots=True)
class _Budget:
    """How many elements may still be written. A short row of HTML can ask for many cells."""

    left: int = 60_000

    def take(self) -> None:
        self.left -= 1
        if self.left < 0:
            raise DocumentTooLarge("The DOCX holds more text than this service reads.")


@dataclass(slots=True)
class _Writer:
    budget: _Budget
    items: list[Any] = field(default_factory=list)
    paragraph: Any | None = None

    def element(self, node: Any, formats: frozenset[str], depth: int, number: int = 0) -> None:
        """`number` is the item's number in its list."""
        name = node.tag if isinstance(node.tag, str) else ""
        if name in _SKIPPED or _is_hidden(node):
            return
        formats = formats | _formats_of(node, name)
        if depth >= DEEPEST:
            self.text("".join(node.itertext()), formats)
        elif name == "table":
            self._table(node, depth)
        elif name == "br":
            etree.SubElement(etree.SubElement(self._open(), f"{W}r"), f"{W}br")
        elif name == "input":
            self.text(_tick(node), formats)
        else:
            self._content(node, name, formats, depth, number)

    def _content(self, node: Any, name: str, formats: frozenset[str], depth: int, number: int) -> None:
        is_block = name in _BLOCKS
        if is_block:
            self.end()
        if name == "li":
            self.text(_bullet(node, number), formats)
        self.inside(node, formats, depth)
        if is_block:
            self.end()

    def inside(self, node: Any, formats: frozenset[str], depth: int) -> None:
        self.text(node.text or "", formats)
        number = 0
        for child in node.iterchildren():
            number += child.tag == "li"
            self.element(child, formats, depth + 1, number)
            self.text(child.tail or "", formats)

    def text(self, text: str, formats: frozenset[str]) -> None:
        text = _SPACES.sub(" ", text)
        if not text or (text == " " and self.paragraph is None):
            return
        self.budget.take()
        run = etree.SubElement(self._open(), f"{W}r")
        properties = etree.SubElement(run, f"{W}rPr")
        for name in formats:
            tag, value = _PROPERTIES[name]
            element = etree.SubElement(properties, f"{W}{tag}")
            if value:
                element.set(f"{W}val", value)
        etree.SubElement(run, f"{W}t").text = _CONTROLS.sub("", text)

    def end(self) -> None:
        self.paragraph = None

    def _open(self) -> Any:
        if self.paragraph is None:
            self.budget.take()
            self.paragraph = etree.Element(f"{W}p")
            self.items.append(self.paragraph)
        return self.paragraph

    def _table(self, node: Any, depth: int) -> None:
        self.end()
        table = etree.Element(f"{W}tbl")
        taken: dict[int, int] = {}  # column → rows that a cell above still spans
        for source in _rows_of(node):
            row = etree.SubElement(table, f"{W}tr")
            self._row(row, source, taken, depth)
        self.items.append(table)

    def _row(self, row: Any, source: Any, taken: dict[int, int], depth: int) -> None:
        column = 0
        for node in [child for child in source.iterchildren() if child.tag in ("td", "th")]:
            column = self._covered(row, column, taken)
            across, down = _span(node, "colspan", WIDEST), _span(node, "rowspan", 1000)
            if column + across > WIDEST:
                raise DocumentTooLarge("A table of the document has more columns than Word allows.")
            cell = self._cell(row, across, "restart" if down > 1 else "")
            inner = _Writer(self.budget)
            inner.inside(node, _formats_of(node, node.tag), depth + 1)
            cell.extend(inner.items or [etree.Element(f"{W}p")])
            if down > 1:
                taken.update(dict.fromkeys(range(column, column + across), down - 1))
            column += across
        self._covered(row, column, taken)

    def _covered(self, row: Any, column: int, taken: dict[int, int]) -> int:
        """Adds the continuation of cells that span rows; returns the next free column."""
        while taken.get(column, 0) > 0:
            taken[column] -= 1
            self._cell(row, 1, "continue").append(etree.Element(f"{W}p"))
            column += 1
        return column

    def _cell(self, row: Any, across: int, merge: str) -> Any:
        self.budget.take()
        cell = etree.SubElement(row, f"{W}tc")
        properties = etree.SubElement(cell, f"{W}tcPr")
        etree.SubElement(properties, f"{W}gridSpan").set(f"{W}val", str(across))
        if merge:
            etree.SubElement(properties, f"{W}vMerge").set(f"{W}val", merge)
        return cell


_CONTROLS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]")


def _rows_of(table: Any) -> list[Any]:
    """The table's own rows, also those in row groups, but not those of nested tables."""
    groups = [child for child in table.iterchildren() if child.tag in ("thead", "tbody", "tfoot")]
    return [row for group in [table, *groups] for row in group.iterchildren("tr") if not _is_hidden(row)]


def _span(node: Any, name: str, most: int) -> int:
    stated = node.get(name, "1").strip()
    return min(max(int(stated), 1), most) if re.fullmatch(r"\d{1,9}", stated) else 1


def _is_hidden(node: Any) -> bool:
    return node.get("hidden") is not None or bool(_HIDDEN.search(node.get("style", "").lower()))


def _formats_of(node: Any, name: str) -> frozenset[str]:
    style = node.get("style", "").lower()
    stated = {value for pattern, value in _STYLES if style and pattern.search(style)}
    return frozenset(stated | ({_FORMATS[name]} if name in _FORMATS else set()))


def _bullet(node: Any, number: int) -> str:
    parent = node.getparent()
    return f"{number}. " if parent is not None and parent.tag == "ol" else "• "


def _tick(node: Any) -> str:
    if node.get("type", "").lower() not in ("checkbox", "radio"):
        return node.get("value", "") if node.get("type", "text").lower() in ("text", "number") else ""
    return "☑" if node.get("checked") is not None else "☐"
