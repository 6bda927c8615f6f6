"""A rubric as a document for another program or for people. A new format is one module and one line here."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from rubric_jobs.rubric.exports import canonical, canvas, markdown, plain_text, spreadsheet, word
from rubric_jobs.rubric.exports.base import Export, Exporter, file_name
from rubric_jobs.rubric.level_points import CHOICES, Choice
from rubric_jobs.rubric.level_points import given as give_level_points
from rubric_jobs.rubric.model import Rubric

__all__ = ["CHOICES", "FORMATS", "Choice", "Export", "Exporter", "export", "file_name"]

FORMATS: Mapping[str, Exporter] = MappingProxyType(
    {
        "json": canonical,
        "text": plain_text,
        "markdown": markdown,
        "canvas-csv": canvas,
        "docx": word,
        "csv": spreadsheet,
    }
)


def export(rubric: Rubric, wanted: str, *, level_points: Choice | None = None) -> Export:
    """The rubric in one of FORMATS; `level_points` gives points to levels without any, in whatever format.

    Raises NotExportable where the document would be worth something else than the rubric, LevelPointsNeeded where
    the format needs points that the caller can choose.
    """
    if level_points is None:
        return FORMATS[wanted].export(rubric)
    given, said = give_level_points(rubric, level_points)
    exported = FORMATS[wanted].export(given)
    return Export(exported.data, exported.media_type, exported.file_name_suffix, [*said, *exported.losses])
