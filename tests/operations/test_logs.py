"""Log lines: what a machine finds in them, what a person reads, and the one trace from request to ledger."""

from __future__ import annotations

import asyncio
import json
import logging
import logging.config
import subprocess
import sys
import uuid
from collections.abc import Callable, Iterator
from io import StringIO
from typing import Any

import pytest
from django.conf import settings
from django.test import AsyncClient, Client

from rubric_jobs import conf, logs
from rubric_jobs.errors import NoRubricFound
from rubric_jobs.jobs import lifecycle
from rubric_jobs.jobs.claims import Claim, Ending
from rubric_jobs.models import RubricJob, RubricJobAttempt
from rubric_jobs.worker.job_pump import Pump, PumpLimits, ReportProgress
from rubric_jobs.worker.writer import Writer
from tests import claiming
from tests.conftest import Caller

Lines = Callable[[], list[dict[str, Any]]]


@pytest.fixture
def lines() -> Iterator[Lines]:
    """What the app has logged, as JSON, since the test began."""
    written = StringIO()
    handler = logging.StreamHandler(written)
    handler.setFormatter(logs.formatter(is_watched=False))
    logger = logging.getLogger("rubric_jobs")
    logger.addHandler(handler)
    yield lambda: [json.loads(line) for line in written.getvalue().splitlines()]
    logger.removeHandler(handler)


def test_a_line_is_json_with_its_facts(lines: Lines) -> None:
    with logs.bound(trace_id="t" * 8):
        logging.getLogger("rubric_jobs.x").info("%s started", "it", extra={"file": "a.pdf", "job_id": uuid.UUID(int=1)})
    (line,) = lines()
    assert line["event"] == "it started"
    assert (line["level"], line["logger"], line["file"]) == ("info", "rubric_jobs.x", "a.pdf")
    assert (line["trace_id"], line["job_id"]) == ("tttttttt", str(uuid.UUID(int=1)))
    assert line["timestamp"].endswith("Z")


@pytest.mark.parametrize("is_watched", [False, True])
def test_an_exception_is_logged_with_its_place_and_name_but_without_words_and_values(is_watched: bool) -> None:
    secret = "the student's " + "own words"
    try:
        try:
            int(secret)
        except ValueError as error:
            raise ExceptionGroup(f"about {secret}", [KeyError(secret)]) from error
    except ExceptionGroup as error:
        given = error
    record = logging.LogRecord(
        "rubric_jobs", logging.ERROR, "", 0, "it broke", None, (ExceptionGroup, given, given.__traceback__)
    )
    text = logs.formatter(is_watched=is_watched).format(record)
    for told in ("builtins.ValueError", "builtins.ExceptionGroup", "builtins.KeyError", "int(secret)", "test_logs.py"):
        assert told in text
    assert secret not in text


def test_on_a_terminal_a_line_is_for_a_person() -> None:
    record = logging.LogRecord("rubric_jobs", logging.INFO, "", 0, "started", None, None)
    record.__dict__["file"] = "a.pdf"
    text = logs.formatter(is_watched=True).format(record)
    assert "started" in text
    assert "file=a.pdf" in text
    assert not text.startswith("{")


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({"X-Request-ID": "abc-1234.X_y"}, "abc-1234.X_y"),
        ({"traceparent": f"00-{'a' * 32}-{'b' * 16}-01", "X-Request-ID": "other-one"}, "a" * 32),
        ({"X-Request-ID": "short"}, None),
        ({"X-Request-ID": 'x" injected": "'}, None),
        ({"X-Request-ID": "x" * 65}, None),
        ({"traceparent": "00-zz-1-01"}, None),
        ({}, None),
    ],
)
def test_a_callers_trace_is_taken_when_it_is_fit_to_be_written_down(
    headers: dict[str, str], expected: str | None
) -> None:
    taken = logs.read_trace(headers)
    assert taken == expected if expected else uuid.UUID(hex=taken)


def test_an_answer_names_its_trace_and_is_logged_once(lines: Lines) -> None:
    response = Client().get("/api/no-such-route?secret=1", headers={"X-Request-ID": "abcdefgh"})
    assert response.headers["X-Request-ID"] == "abcdefgh"
    (line,) = [line for line in lines() if line["event"] == "answered"]
    assert (line["trace_id"], line["method"], line["status"]) == ("abcdefgh", "GET", 404)
    assert line["path"] == "/api/no-such-route"
    assert logs.trace_id() is None


def test_traces_are_kept_apart_where_requests_are_answered_side_by_side() -> None:
    async def ask(trace: str) -> str:
        response = await AsyncClient().get("/api/no-such-route", headers={"X-Request-ID": trace})
        return response.headers["X-Request-ID"]

    async def all_of_them() -> list[str]:
        return await asyncio.gather(*(ask(f"trace-{number}-0") for number in range(8)))

    assert asyncio.run(all_of_them()) == [f"trace-{number}-0" for number in range(8)]


def test_a_liveness_probe_is_not_logged(lines: Lines) -> None:
    Client().get("/healthz")
    assert lines() == []


@pytest.mark.usefixtures("rows")
def test_one_trace_goes_from_the_request_to_the_row_to_the_worker_to_the_ledger(lines: Lines, owner: Caller) -> None:
    body = {"simple_rules": "Essay, 20 points", "rubric_prompt": "", "total_points": 20, "llmProvider": "local"}
    headers = {"Authorization": f"Bearer {owner.token}", "X-Request-ID": "from-the-caller"}
    accepted = Client().post(
        "/api/enhance-rubric-trigger", json.dumps(body), content_type="application/json", headers=headers
    )
    job_id = accepted.json()["jobId"]
    asyncio.run(carry_one(NoRubricFound(), conf.database_conninfo()))
    assert RubricJob.objects.get().trace_id == "from-the-caller"
    assert RubricJobAttempt.objects.get().trace_id == "from-the-caller"
    told = {line["event"]: line for line in lines() if line.get("trace_id") == "from-the-caller"}
    assert set(told) == {"submitted", "answered", "started", "at work", "failed"}
    for event in ("submitted", "started", "at work", "failed"):
        assert (told[event]["job_id"], told[event]["tenant_id"]) == (job_id, str(owner.tenant_id))
    assert told["started"]["file"] == "rules.txt"
    assert (told["failed"]["attempt"], told["failed"]["error"]) == (1, "no_rubric_found")


@pytest.mark.usefixtures("rows")
def test_the_end_of_a_job_is_logged_with_its_figures(lines: Lines, submit: Callable[..., uuid.UUID]) -> None:
    submit()
    asyncio.run(carry_one(None, conf.database_conninfo()))
    (line,) = [line for line in lines() if line["event"] == "completed"]
    assert (line["ms"], line["categories"], line["tokens"]) == (7, 3, 11)


async def carry_one(error: Any, conninfo: str) -> None:
    """Let a pump carry the one job that waits."""
    writer = Writer()
    metrics = {"extraction_time_ms": 7, "categories_extracted": 3, "token_usage": 11}

    async def run(claim: Claim, report: ReportProgress) -> Ending:
        logging.getLogger("rubric_jobs.test").info("at work")
        asyncio.get_running_loop().call_later(0.05, pump.stop)
        return Ending(claim=claim, result=None if error else {}, error=error, metrics=metrics)

    limits = PumpLimits(concurrency=1, max_attempts=1, lifetime_s=30)
    pump = Pump(run=run, writer=writer, limits=limits, name="test", conninfo=conninfo, is_listening=False)
    await pump.run()
    await writer.close()


@pytest.mark.usefixtures("rows")
def test_a_job_that_nobody_took_up_stands_in_the_ledger(submit: Callable[..., uuid.UUID]) -> None:
    job_id = submit(timeout_s=-1)
    lifecycle.expire()
    line = RubricJobAttempt.objects.get()
    assert (line.job_id, line.outcome, line.error_code, line.worker) == (job_id, "failed", "timed_out", "")


@pytest.mark.usefixtures("rows")
def test_a_job_that_crashed_too_often_stands_in_the_ledger_as_failed(submit: Callable[..., uuid.UUID]) -> None:
    submit()
    for _ in range(lifecycle.CRASHES_ALLOWED):
        claiming.claim(limit=1, lease_s=-1)
        lifecycle.rescue()
    assert sorted(RubricJobAttempt.objects.values_list("outcome", flat=True), key=str) == ["failed", "lost", "lost"]


def test_a_process_whose_output_is_piped_writes_json() -> None:
    code = "import django, logging; django.setup(); logging.getLogger('rubric_jobs').info('hello')"
    environ = {"DJANGO_SETTINGS_MODULE": "grader.settings", "PATH": "/usr/bin:/bin"}
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=settings.BASE_DIR, env=environ, capture_output=True, check=True
    )
    assert json.loads(done.stderr)["event"] == "hello"


def test_a_crowd_of_equal_lines_is_said_once_a_minute() -> None:
    once = logs.OnceAMinute()

    def passes(words: str, at: float) -> bool:
        record = logging.makeLogRecord({"msg": words, "created": at})
        return once.filter(record)

    said = [passes(f"socket.accept() out of system resource\nsocket {number}", 100.0 + number) for number in range(61)]
    assert said == [True, *[False] * 59, True]
    assert passes("another thing", 101.0)
