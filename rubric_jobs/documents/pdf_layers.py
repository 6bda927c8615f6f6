"""Removes hidden optional content (layers) from a PDF before PDFium reads it.

PDFium extracts such text although no viewer shows it.
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
    """The PDF without the content of hidden layers; unchanged if it has no layers or cannot be parsed."""
    if not _has_layers(data):
        return data
    # Imported here because few documents have layers and pypdf takes 0.1 s to import.
    from rubric_jobs.documents import pdf_hidden_content

    return pdf_hidden_content.taken_out(data)


def _has_layers(data: bytes) -> bool:
    """Whether the catalogue names layers, in plain objects or in a compressed object stream."""
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
