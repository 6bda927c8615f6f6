"""How the server carries out what a pump asks all day, on each supported version."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any, LiteralString, cast

import psycopg
import pytest
from django.db import connections

from rubric_jobs import conf
from rubric_jobs.jobs import claim_queries, claims

PENDING = 5_000


@pytest.fixture
def pumps_connection(
    empty_database: str, migrate: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> Iterator[psycopg.Connection[Any]]:
    """As a pump's is set up, to a migrated database with many pending jobs, whose statistics know of no others."""
    migrate(empty_database)
    monkeypatch.setitem(connections["default"].settings_dict, "OPTIONS", {})
    conf.prepare_statements()
    options = connections["default"].settings_dict["OPTIONS"]["options"]
    with psycopg.connect(empty_database, options=options, autocommit=True) as connection:
        connection.execute(
            """WITH job AS (
                 INSERT INTO grader.rubric_extraction_jobs
                   (tenant_id, user_id, file_name, file_type, status, kind, queue_tag, queued_at, deadline_at)
                 SELECT gen_random_uuid(), gen_random_uuid(), 'rules.txt', 'text/plain', 'pending', 'enhance', n, now(),
                   now() + interval '1 day'
                 FROM generate_series(1, %s) n RETURNING job_id)
               INSERT INTO grader.rubric_job_inputs (job_id, parameters, data) SELECT job_id, '{}', 'x' FROM job""",
            [PENDING],
        )
        connection.execute("ANALYZE")
        yield connection


def test_a_claim_goes_by_indexes_and_is_not_compiled(pumps_connection: psycopg.Connection[Any]) -> None:
    explained = explain(pumps_connection, claim_queries.CLAIM, limit=10, worker="test", lease_s=30)
    scanned = {step["Relation Name"] for step in steps_of(explained["Plan"]) if step["Node Type"] == "Seq Scan"}
    assert scanned <= {"rubric_fleet_controls"}  # of one row at the most
    assert "JIT" not in explained


def test_a_claim_beside_documents_that_wait_looks_at_the_head_of_the_queue_alone(
    pumps_connection: psycopg.Connection[Any],
) -> None:
    room = {"tenants": [], "rooms": [], "room": 10}
    explained = explain(pumps_connection, claim_queries.CLAIM_WITH_ROOM, limit=10, worker="test", lease_s=30, **room)
    read = [step for step in steps_of(explained["Plan"]) if step.get("Relation Name") == "rubric_extraction_jobs"]
    assert {step["Node Type"] for step in read} <= {"Index Scan", "ModifyTable", "LockRows"}
    assert max(step["Actual Rows"] for step in read) <= claim_queries.LOOKED_AT
    assert "JIT" not in explained


def test_a_job_that_runs_is_found_by_its_key_however_many_others_do(pumps_connection: psycopg.Connection[Any]) -> None:
    claim = {"limit": PENDING, "worker": "test", "lease_s": 30}
    job_id, token, *_ = pumps_connection.execute(claim_queries.CLAIM, claim).fetchall()[-1]
    news = json.dumps([{"job_id": str(job_id), "token": token, "result": {}, "reply": {}}])
    reply = explain(pumps_connection, claims._KEEP, news=news)
    ending = explain(pumps_connection, claims._END, news=news, late="timed_out", channel="changed")
    for explained in (reply, ending):
        steps = [step for step in steps_of(explained["Plan"]) if step.get("Relation Name") == "rubric_extraction_jobs"]
        assert {step["Index Name"] for step in steps if "Scan" in step["Node Type"]} == {"rubric_extraction_jobs_pkey"}


def explain(connection: psycopg.Connection[Any], statement: str, **values: Any) -> dict[str, Any]:
    row = connection.execute(cast("LiteralString", "EXPLAIN (ANALYZE, FORMAT JSON) " + statement), values).fetchone()
    assert row is not None
    (explained,) = row[0]
    return dict(explained)


def test_a_second_pump_of_a_process_finds_its_settings_made(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(connections["default"].settings_dict, "OPTIONS", {"options": "-c lock_timeout=5000"})
    conf.prepare_statements()
    once = dict(connections["default"].settings_dict["OPTIONS"])
    conf.prepare_statements()
    assert connections["default"].settings_dict["OPTIONS"] == once
    assert once["options"].startswith("-c lock_timeout=5000 -c plan_cache_mode=")


def steps_of(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for part in plan.get("Plans", []):
        yield from steps_of(part)
