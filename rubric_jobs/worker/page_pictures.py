"""Pictures of the pages that an extraction's rubric was read from, stored beside the job when it ends."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from rubric_jobs import documents
from rubric_jobs.jobs import pictures
from rubric_jobs.jobs.claims import Ending
from rubric_jobs.reader.sandbox import Sandbox
from rubric_jobs.rubric.model import items
from rubric_jobs.worker.writer import Writer

NAMED_IN_RESULT = "pagePictures"


async def add_to(ending: Ending, data: bytes, *, sandbox: Sandbox, writer: Writer) -> Ending:
    """Store the pictures, if the submission asked for them, and list them in the ending's result.

    A result copied from an identical job lists that job's pictures; this replaces them by the job's own.
    """
    if ending.result is None or ending.claim.kind != "extract":
        return ending
    result = {name: value for name, value in ending.result.items() if name != NAMED_IN_RESULT}
    if ending.claim.parameters.get("page_pictures") and documents.sniff(data) != documents.DOCX:
        pages = sorted(set(_pages(result.get("rubric"))))
        drawn = await sandbox.pictures(data, pages, tenant=ending.claim.tenant_id)
        await writer.change(pictures.keep, ending.claim, {picture.page: picture.png for picture in drawn})
        result[NAMED_IN_RESULT] = [
            {"page": picture.page, "width": picture.width, "height": picture.height} for picture in drawn
        ]
    return replace(ending, result=result)


def _pages(rubric: Any) -> Iterator[int]:
    criteria = items(rubric, "criteria")
    levels = [level for criterion in criteria for level in items(criterion, "levels")]
    for part in [*criteria, *levels, *items(rubric, "unread")]:
        page = (part.get("source") or {}).get("page")
        if isinstance(page, int):
            yield page
