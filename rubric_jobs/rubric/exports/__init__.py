"""A rubric as a document for another program or for people. A new format is one module and one line here."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from rubric_jobs.rubric.exports import canonical, canvas, markdown, plain_text
from rubric_jobs.rubric.exports.base import Export, Exporter

__all__ = ["FORMATS", "Export", "Exporter"]

FORMATS: Mapping[str, Exporter] = MappingProxyType(
    {"json": canonical, "text": plain_text, "markdown": markdown, "canvas-csv": canvas}
)
