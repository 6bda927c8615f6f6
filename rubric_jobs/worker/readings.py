"""The document model and plan of a job, stored when it ends, so that a teacher can mend the reading."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace

from rubric_jobs.jobs import readings
from rubric_jobs.jobs.claims import Claim
from rubric_jobs.jobs.readings import StoredReading
from rubric_jobs.pipelines.outcome import Outcome
from rubric_jobs.reader import mending
from rubric_jobs.reader.plan import Plan
from rubric_jobs.reader.sandbox import Reading
from rubric_jobs.rubric.model import Rubric
from rubric_jobs.worker.writer import Writer

LARGEST = 1_000_000
"""Characters of a document's JSON. A longer document is not kept: its reading can be seen but not mended."""
NAMED_IN_RESULT = "hasReading"


async def keep(claim: Claim, reading: Reading, outcome: Outcome, *, read: Rubric, writer: Writer) -> Outcome:
    """Store the reading; the outcome's result then says that there is one.

    The plan is the one that the result was assembled from or, as a proposal, the likeliest one, which does not read
    `read`: the rubric that the result was made from.
    """
    if not reading.document.blocks:
        return outcome
    # A long document takes a while to be assembled; the loop's other jobs go on.
    stored = await asyncio.to_thread(_stored, reading, outcome.plan, read)
    if stored is None:
        return outcome
    await writer.batched(readings.keep, (claim, stored))
    return replace(outcome, result={**outcome.result, NAMED_IN_RESULT: True})


def _stored(reading: Reading, known: Plan | None, read: Rubric) -> StoredReading | None:
    document = json.dumps(reading.document.as_json(), separators=(",", ":"))
    if len(document) > LARGEST:
        return None
    plan = known or (reading.plans[0] if reading.plans else Plan())
    return StoredReading(
        document=document,
        plan=plan.to_json(),
        others=[other.to_json() for other in reading.plans if other != plan],
        is_proposal=not mending.is_read_by(plan, reading.document, read),
    )
