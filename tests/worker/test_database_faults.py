"""The database goes away, or seems to be there: workers wait, come back, and nothing is lost."""

from __future__ import annotations

from pathlib import Path

import pytest
from psycopg.conninfo import conninfo_to_dict

from tests import servers
from tests.fake_llm import FakeLLM
from tests.worker import faults
from tests.worker.proxy import proxy_to
from tests.worker.trials import Trial, database_url, trial_at

pytestmark = pytest.mark.long


@pytest.fixture
def _database_access(django_db_setup: None, django_db_blocker: pytest.FixtureRequest) -> object:
    """Django may talk to the servers that these trials start."""
    with django_db_blocker.unblock():
        yield


@pytest.mark.usefixtures("_database_access")
def test_a_database_that_crashes_while_jobs_run_loses_none_of_them(tmp_path: Path, fake_llm: FakeLLM) -> None:
    with (
        servers.fresh_server() as server,
        trial_at(server.url(), tmp_path, migrate=True, GEMINI_BASE_URL=fake_llm.url) as trial,
    ):
        told = faults.crash_database(trial, server, jobs=200, crashes=2)
    assert told.ends["completed"] == len(trial.marks) >= 200


def test_connections_that_swallow_everything_are_given_up(trial: Trial) -> None:
    """Half-open: the other end is gone, TCP still takes every byte, and no answer ever comes."""
    given = conninfo_to_dict(database_url())
    with proxy_to(f"{given['host']}/.s.PGSQL.5432") as proxy:
        trial.reach_database_through(proxy.port)
        told = faults.freeze_connections(trial, proxy, jobs=100)
    assert told.ends == {"completed": 100}
