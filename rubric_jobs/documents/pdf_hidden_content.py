"""Removes the content of hidden PDF layers with pypdf.

Only painting operators are removed. Operators that move or set fonts stay, as ISO 32000-2, 8.11.3.2 requires.
"""

from __future__ import annotations

import io
from dataclasses import dataclass, field
from typing import Any

from pypdf import PdfReader, PdfWriter
from pypdf.generic import ArrayObject, ContentStream, DictionaryObject, NameObject, StreamObject

LARGEST_CONTENT = 2 * 1024 * 1024
MOST_STREAMS = 500
DEEPEST = 6
_PAINTING = frozenset(b"Tj TJ Do sh S s f F f* B B* b b*".split()) | {b"INLINE IMAGE"}
_PATHS = frozenset(b"S s f F f* B B* b b*".split())


def taken_out(data: bytes) -> bytes:
    """The PDF without hidden layers; unchanged if no layer is hidden or pypdf cannot parse it."""
    try:
        reader = PdfReader(io.BytesIO(data))
        if reader.is_encrypted:
            reader.decrypt("")
        writer = PdfWriter(clone_from=reader)
        hidden = _Hidden.of(writer)
        if not hidden.off:
            return data
        for page in writer.pages:
            hidden.clean_page(page, writer)
        out = io.BytesIO()
        writer.write(out)
        return out.getvalue()
    except MemoryError:
        raise
    except Exception:
        # PDFium may read what pypdf cannot.
        return data


@dataclass(slots=True)
class _Hidden:
    """`off` are the object numbers of hidden layers."""

    off: set[int]
    seen: set[int] = field(default_factory=set)

    @classmethod
    def of(cls, writer: PdfWriter) -> _Hidden:
        properties = writer.root_object.get("/OCProperties", DictionaryObject()).get_object()
        config = properties.get("/D", DictionaryObject()).get_object()
        off = _numbers(config.get("/OFF"))
        if config.get("/BaseState") == "/OFF":
            off |= _numbers(properties.get("/OCGs")) - _numbers(config.get("/ON"))
        return cls(off)

    def is_off(self, layer: Any) -> bool:
        """Whether a layer is hidden. A membership of several groups is visible by default if any of them is on."""
        if layer is None:
            return False
        number = getattr(layer, "idnum", None) or _number_of(layer.get_object())
        group = layer.get_object()
        if not isinstance(group, DictionaryObject):
            return False
        if group.get("/Type") != "/OCMD":
            return number in self.off
        members = group.raw_get("/OCGs") if "/OCGs" in group else None
        states = [number not in self.off for number in _numbers(members)]
        policy = group.get("/P", "/AnyOn")
        if not states:
            return False
        is_seen = {"/AllOn": all(states), "/AnyOff": not all(states), "/AllOff": not any(states)}
        return not is_seen.get(policy, any(states))

    def clean_page(self, page: Any, writer: PdfWriter) -> None:
        contents = page.get_contents()
        resources = page.get("/Resources", DictionaryObject()).get_object()
        if contents is not None:
            cleaned = self._cleaned(contents, resources, writer)
            if cleaned is not None:
                page[NameObject("/Contents")] = writer._add_object(cleaned)
        self._clean_forms(resources, writer, 0)
        if "/Annots" in page:
            kept = [note for note in page["/Annots"] if not self.is_off(_raw(note.get_object(), "/OC"))]
            page[NameObject("/Annots")] = ArrayObject(kept)

    def _clean_forms(self, resources: Any, writer: PdfWriter, depth: int) -> None:
        forms = resources.get("/XObject", DictionaryObject()).get_object()
        for name in list(forms):
            form = forms[name].get_object()
            number = _number_of(forms.raw_get(name))
            if not isinstance(form, StreamObject) or number in self.seen or len(self.seen) >= MOST_STREAMS:
                continue
            self.seen.add(number)
            if self.is_off(_raw(form, "/OC")):
                form.set_data(b"") if form.get("/Subtype") == "/Form" else None
            elif form.get("/Subtype") == "/Form" and depth < DEEPEST:
                own = form.get("/Resources", DictionaryObject()).get_object()
                cleaned = self._cleaned(form, own, writer)
                if cleaned is not None:
                    form.set_data(cleaned.get_data())
                self._clean_forms(own, writer, depth + 1)

    def _cleaned(self, stream: Any, resources: Any, writer: PdfWriter) -> ContentStream | None:
        """The stream without what hidden layers paint; None if it holds nothing hidden."""
        data = stream.get_data()
        if b"/OC" not in data or len(data) > LARGEST_CONTENT:
            return None
        properties = resources.get("/Properties", DictionaryObject()).get_object()
        content = ContentStream(stream, writer)
        nested: list[bool] = []  # for each marked content around an operation: whether it is off
        kept = []
        for operands, operator in content.operations:
            if operator in (b"BDC", b"BMC"):
                nested.append(_is_layer(operands) and self.is_off(_raw(properties, str(operands[1]))))
            elif operator == b"EMC" and nested:
                nested.pop()
            kept.append(_unpainted(operands, operator) if any(nested) else (operands, operator))
        content.operations = [operation for operation in kept if operation is not None]
        return content


def _is_layer(operands: Any) -> bool:
    return len(operands) == 2 and operands[0] == "/OC" and isinstance(operands[1], NameObject)


def _unpainted(operands: Any, operator: bytes) -> tuple[Any, bytes] | None:
    if operator in (b"'", b'"'):
        return ([], b"T*")
    if operator in _PATHS:
        return ([], b"n")
    return None if operator in _PAINTING else (operands, operator)


def _raw(dictionary: Any, key: str) -> Any:
    """The unresolved value. Its reference identifies the layer."""
    return dictionary.raw_get(key) if isinstance(dictionary, DictionaryObject) and key in dictionary else None


def _number_of(value: Any) -> int:
    reference = value if hasattr(value, "idnum") else getattr(value, "indirect_reference", None)
    return int(reference.idnum) if reference is not None else 0


def _numbers(layers: Any) -> set[int]:
    found = layers.get_object() if layers is not None else ()
    items = found if isinstance(found, ArrayObject) else [layers] if isinstance(found, DictionaryObject) else []
    return {_number_of(item) for item in items}
