"""What broke the old service: answers that take as long as its whole limit, and longer."""

from __future__ import annotations

import os
import time

import pytest

from tests import cpu
from tests.acceptance.conftest import Service
from tests.warm import WarmService

pytestmark = pytest.mark.long

LATENCY_S = float(os.environ.get("SLOW_CALL_SECONDS", "6"))
"""`make soak` takes the 28 s of the old service's log."""
LONGEST_S = 1.25 * LATENCY_S
SLACK_S = 5.0
"""For submitting, claiming and ending on a busy machine."""
JOBS = 20


@pytest.fixture(scope="module")
def service_kind() -> type[WarmService]:
    return WarmService


def test_twenty_slow_calls_and_a_slower_one_run_side_by_side(service: Service) -> None:
    began, slack_s = time.monotonic(), SLACK_S * cpu.crowding()
    job_ids, answered_in_s = [], []
    for number in range(JOBS + 1):
        latency = LATENCY_S if number < JOBS else LONGEST_S
        asked = time.monotonic()
        job_ids.append(
            service.enhance(prompt=f"variant {number} [[fake latency_s={latency:g}]]", llmProvider="gemini", total=40)
        )
        answered_in_s.append(time.monotonic() - asked)
    assert sorted(answered_in_s)[JOBS // 2] < 0.2 * cpu.crowding()

    while {service.status(job_id)["status"] for job_id in job_ids} != {"processing"}:
        assert time.monotonic() - began < slack_s
        time.sleep(0.1)
    while service.llm.in_flight < JOBS + 1:
        assert time.monotonic() - began < slack_s
        time.sleep(0.1)

    ended = [service.ended(job_id, within_s=60) for job_id in job_ids]
    assert {answer["status"] for answer in ended} == {"completed"}
    assert max(answer["performance"]["duration_ms"] for answer in ended[:JOBS]) < (LATENCY_S + slack_s) * 1000
    assert ended[-1]["performance"]["duration_ms"] > LONGEST_S * 1000
    assert time.monotonic() - began < LONGEST_S + slack_s
