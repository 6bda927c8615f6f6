"""Documents made to do harm end as one clear sentence, in time, and the next document is read."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator

import pytest

from rubric_jobs.errors import DocumentError, DocumentTooLarge, UnreadableDocument
from rubric_jobs.reader import sandbox
from rubric_jobs.rubric.model import Rubric
from tests import cpu
from tests.reading.builders import as_docx
from tests.reading.hostile import HOSTILE, doctype_in_utf_16, inflates_to_a_gigabyte
from tests.reading.samples_grids import HEADER_POINTS

LONGEST_S = 20.0
EXPECTED = {inflates_to_a_gigabyte: DocumentTooLarge}
"""The child is killed by its memory limit."""


Read = Callable[[bytes], sandbox.Reading]


@pytest.fixture(scope="module")
def read() -> Iterator[Read]:
    """Read a document in the module's sandbox; a child that dies is replaced, the others are used again."""
    with asyncio.Runner() as runner:
        box = sandbox.Sandbox()
        yield lambda data: runner.run(box.read(data))
        runner.run(box.close())


def end_of(read: Read, data: bytes) -> tuple[DocumentError | None, float, sandbox.Reading]:
    """How a hostile document ended and how long it took; then a plain one through the same sandbox."""
    began = time.monotonic()
    try:
        local = read(data).local
        error = local if isinstance(local, DocumentError) else None
    except DocumentError as refused:
        error = refused
    return error, time.monotonic() - began, read(as_docx(HEADER_POINTS))


@pytest.mark.parametrize("maker", HOSTILE.values(), ids=HOSTILE)
def test_a_hostile_document_is_refused_in_time_and_the_next_one_is_read(read: Read, maker: Callable[[], bytes]) -> None:
    error, took, after = end_of(read, maker())
    assert isinstance(error, EXPECTED.get(maker, DocumentError))
    assert str(error).endswith((".", "!"))
    assert "\n" not in str(error)
    assert took < LONGEST_S * cpu.crowding()
    assert isinstance(after.local, Rubric)


def test_a_doctype_is_found_whatever_its_encoding(read: Read) -> None:
    error, _, _ = end_of(read, doctype_in_utf_16())
    assert isinstance(error, UnreadableDocument)
    assert "Word never writes" in str(error)
