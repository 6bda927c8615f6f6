"""Behind a PgBouncer that gives each transaction another connection, by polling alone."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

from grader.embedded_postgres import Server
from rubric_jobs.web import job_reads
from tests import servers
from tests.fake_llm import FakeLLM
from tests.worker import faults
from tests.worker.trials import Trial, trial_at

POOL_SIZE = 5
BY_POLLING = {"RUBRIC_LISTEN": "false"}


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with servers.fresh_server() as server:
        yield server


@pytest.fixture(scope="module")
def pooler(server: Server) -> Iterator[str]:
    with servers.pooled(server, pool_size=POOL_SIZE) as url:
        yield url


@pytest.fixture
def trial(pooler: str, django_db_setup: None, django_db_blocker: Any, tmp_path: Path, fake_llm: FakeLLM) -> Any:
    """A trial that reaches its database through the pooler alone, migrations included."""
    environ = {"GEMINI_BASE_URL": fake_llm.url, **BY_POLLING}
    with django_db_blocker.unblock(), trial_at(pooler, tmp_path, migrate=True, **environ) as trial:
        yield trial
    trial.query("DELETE FROM grader.rubric_extraction_jobs RETURNING 1")


def test_workers_end_each_job_once_by_polling_and_lose_none_when_the_server_crashes(
    server: Server, trial: Trial
) -> None:
    told = faults.work_behind_a_pooler(trial, server, jobs=30)
    assert told.ends == {"completed": 60, "failed": 1}


def test_a_status_is_read_again_and_again(trial: Trial, settings: Any) -> None:
    settings.RUBRIC_LISTEN = False
    (job_id,) = trial.submit(1)
    mine = {"tenant_id": trial.tenants[0], "user_id": uuid.UUID(int=1), "job_id": job_id}

    async def read_often() -> None:
        try:
            for _ in range(10):
                together = [job_reads.aread_all([job_id]) for _ in range(2 * POOL_SIZE)]
                assert all(len(found) == 1 for found in await asyncio.gather(*together))
                assert (await job_reads.aread(**mine)) is not None
        finally:
            await job_reads.close_pool()

    asyncio.run(read_often())
    assert job_reads.read(**mine) is not None
    assert job_reads.read(**{**mine, "tenant_id": uuid.uuid4()}) is None


READS_IN_PARTS = """
from django.contrib.auth.models import Permission
from django.db import connection
rows = Permission.objects.order_by("pk").iterator(chunk_size=2)
next(rows)
between = connection.copy()
between.set_autocommit(False)
between.cursor().execute("SELECT 1")  # keeps the connection on which the first rows were read
print(1 + len(list(rows)) == Permission.objects.count())
"""


def test_rows_that_are_read_in_parts_need_no_connection_of_their_own(trial: Trial) -> None:
    done = subprocess.run(
        [sys.executable, "manage.py", "shell", "--no-imports", "--command", READS_IN_PARTS],
        cwd=settings.BASE_DIR,
        env={**os.environ, **BY_POLLING, "DATABASE_URL": trial.url},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout.strip() == "True", done.stderr
