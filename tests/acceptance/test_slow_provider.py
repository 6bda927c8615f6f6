"""What broke the old service: answers that take as long as its whole limit, and longer."""

from __future__ import annotations

import time

import pytest

from tests.acceptance.conftest import Service

pytestmark = pytest.mark.long

LATENCY_S = 28.0
BEYOND_THE_OLD_LIMIT_S = 35.0
JOBS = 20


def test_twenty_calls_of_28_s_and_one_of_35_s_run_side_by_side(service: Service) -> None:
    began = time.monotonic()
    job_ids, answered_in_s = [], []
    for number in range(JOBS + 1):
        latency = LATENCY_S if number < JOBS else BEYOND_THE_OLD_LIMIT_S
        asked = time.monotonic()
        job_ids.append(
            service.enhance(prompt=f"variant {number} [[fake latency_s={latency:g}]]", llmProvider="gemini", total=40)
        )
        answered_in_s.append(time.monotonic() - asked)
    assert sorted(answered_in_s)[JOBS // 2] < 0.2

    while {service.status(job_id)["status"] for job_id in job_ids} != {"processing"}:
        assert time.monotonic() - began < LATENCY_S / 2
        time.sleep(0.5)
    while service.llm.in_flight < JOBS + 1:
        assert time.monotonic() - began < LATENCY_S / 2
        time.sleep(0.1)

    ended = [service.ended(job_id, within_s=60) for job_id in job_ids]
    assert {answer["status"] for answer in ended} == {"completed"}
    assert max(answer["performance"]["duration_ms"] for answer in ended[:JOBS]) < 1.25 * LATENCY_S * 1000
    assert ended[-1]["performance"]["duration_ms"] > BEYOND_THE_OLD_LIMIT_S * 1000
    assert time.monotonic() - began < 1.5 * LATENCY_S
