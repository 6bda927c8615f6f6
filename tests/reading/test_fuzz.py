"""Five hundred mutated documents, through the real sandbox."""

from __future__ import annotations

import asyncio

from tests.fuzz_readers import fuzz


def test_mutated_documents_end_as_a_reading_or_a_clear_refusal() -> None:
    ends, faults = asyncio.run(fuzz(500, seed=20_000_000))
    assert not faults
    assert sum(ends.values()) == 500
    assert ends["rubric"] > 50
