"""Optional content of a PDF (layers) that is switched off, taken out before PDFium reads it.

PDFium's text holds such content although no viewer shows it.
"""

from __future__ import annotations

import re
import zlib
from itertools import islice

_OBJECT_STREAM = re.compile(rb"/ObjStm\b.{0,400}?stream\r?\n", re.DOTALL)
_MOST_OBJECT_STREAMS = 200
_LARGEST_PACKED = 1024 * 1024
_LARGEST_OBJECT_STREAM = 4 * 1024 * 1024


def without_hidden_layers(data: bytes) -> bytes:
    """The same PDF without the content of layers that are off; as it is where it has none or cannot be taken apart."""
    if not _has_layers(data):
        return data
    # Few documents have layers, and pypdf takes a tenth of a second to import.
    from rubric_jobs.documents import pdf_hidden_content

    return pdf_hidden_content.taken_out(data)


def _has_layers(data: bytes) -> bool:
    """Whether the catalogue names layers, in the open or in a compressed stream of objects."""
    if b"/OCProperties" in data:
        return True
    for match in islice(_OBJECT_STREAM.finditer(data), _MOST_OBJECT_STREAMS):
        packed = memoryview(data)[match.end() : match.end() + _LARGEST_PACKED]
        try:
            if b"/OCProperties" in zlib.decompressobj().decompress(packed, _LARGEST_OBJECT_STREAM):
                return True
        except zlib.error:
            continue
    return False
