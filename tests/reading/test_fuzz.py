"""A few hundred mutated documents, through the real sandbox; `make fuzz` takes a hundred thousand."""

from __future__ import annotations

import asyncio

from tests.fuzz_readers import fuzz

COUNT = 250


def test_mutated_documents_end_as_a_reading_or_a_clear_refusal() -> None:
    ends, faults = asyncio.run(fuzz(COUNT, seed=20_000_000))
    assert not faults
    assert sum(ends.values()) == COUNT
    assert ends["rubric"] > COUNT / 10
