"""Documents made to do harm end as one clear sentence, in time, and the next document is read."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

import pytest

from rubric_jobs.errors import DocumentError, DocumentTooLarge, UnreadableDocument
from rubric_jobs.reader import sandbox
from rubric_jobs.rubric.model import Rubric
from tests.reading.builders import as_docx
from tests.reading.hostile import HOSTILE, doctype_in_utf_16, inflates_to_a_gigabyte
from tests.reading.samples_grids import HEADER_POINTS

LONGEST_S = 20.0
EXPECTED = {inflates_to_a_gigabyte: DocumentTooLarge}
"""The child is killed by its memory limit."""


def end_of(data: bytes) -> tuple[DocumentError | None, float, sandbox.Reading]:
    """How a hostile document ended and how long it took; then a plain one through the same sandbox."""

    async def both() -> tuple[DocumentError | None, float, sandbox.Reading]:
        error = None
        async with sandbox.Sandbox() as box:
            began = time.monotonic()
            try:
                reading = await box.read(data)
                error = reading.local if isinstance(reading.local, DocumentError) else None
            except DocumentError as refused:
                error = refused
            took = time.monotonic() - began
            return error, took, await box.read(as_docx(HEADER_POINTS))

    return asyncio.run(both())


@pytest.mark.parametrize("maker", HOSTILE.values(), ids=HOSTILE)
def test_a_hostile_document_is_refused_in_time_and_the_next_one_is_read(maker: Callable[[], bytes]) -> None:
    error, took, after = end_of(maker())
    assert isinstance(error, EXPECTED.get(maker, DocumentError))
    assert str(error).endswith((".", "!"))
    assert "\n" not in str(error)
    assert took < LONGEST_S
    assert isinstance(after.local, Rubric)


def test_a_doctype_is_found_whatever_its_encoding() -> None:
    error, _, _ = end_of(doctype_in_utf_16())
    assert isinstance(error, UnreadableDocument)
    assert "Word never writes" in str(error)
