"""One tenant's heavy documents do not hold up another tenant's plain one, on real workers and without any cap."""

from __future__ import annotations

import time
import uuid

import pytest

from rubric_jobs.jobs import lifecycle
from rubric_jobs.jobs.claims import DOCUMENTS_AHEAD
from rubric_jobs.worker.job_pump import CLAIMED_AT_ONCE
from tests.reading.builders import as_docx
from tests.reading.hostile import packed_twice
from tests.reading.samples_grids import HEADER_POINTS
from tests.worker.clusters import wait_until
from tests.worker.trials import Trial

HEAVY = 250
"""More than both pumps have slots for."""
LONGEST_WAIT_S = 10.0


def _submit(tenant_id: uuid.UUID, data: bytes) -> uuid.UUID:
    return lifecycle.submit(
        tenant_id=tenant_id,
        user_id=uuid.UUID(int=1),
        kind="extract",
        file_name="document",
        file_type="",
        parameters={"provider": "local"},
        data=data,
        timeout_s=280,
    )


@pytest.mark.long
def test_a_plain_document_ends_soon_beside_hundreds_of_heavy_ones_of_another_tenant(trial: Trial) -> None:
    for number in range(HEAVY):
        _submit(trial.tenants[0], packed_twice(b"%d" % number))
    cluster = trial.cluster(WORKER_CONCURRENCY="100", WORKER_READERS="3")
    cluster.start()
    cluster.wait_for_pumps()
    trial.wait_for_processing(40)
    time.sleep(2)  # time for many a claim
    assert trial.count("processing") <= 2 * (CLAIMED_AT_ONCE + DOCUMENTS_AHEAD), "one tenant has all slots"

    plain, began = _submit(trial.tenants[1], as_docx(HEADER_POINTS)), time.monotonic()

    def is_completed() -> bool:
        return trial.query("SELECT status FROM grader.rubric_extraction_jobs WHERE job_id = %s", plain) == [
            ("completed",)
        ]

    wait_until(is_completed, within_s=LONGEST_WAIT_S, what="the plain document's end")
    assert trial.count("processing", "pending") > HEAVY / 2, "the heavy ones were not heavy"
    print(f"\nbeside {HEAVY} heavy documents: {time.monotonic() - began:.1f} s")  # noqa: T201
