"""A trial: a database, clusters that work on it, jobs, and what the history checker says of them in the end."""

from __future__ import annotations

import os
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psycopg
from django.db import connection

from rubric_jobs.jobs import lifecycle
from tests import servers
from tests.worker import history
from tests.worker.clusters import Cluster, wait_until
from tests.worker.history import History

LEASE_S = 4.0
GRACE_S = 2.0
SILENCE_S = 5.0
RESCUE_SLACK_S = 5.0
"""A job is given back at most this long after its lease has ended."""

ENVIRON = {
    "PUMP_LEASE_SECONDS": str(LEASE_S),
    "PUMP_GRACE_SECONDS": str(GRACE_S),
    "PUMP_SILENCE_SECONDS": str(SILENCE_S),
    "WORKER_PROCESSES": "2",
    "WORKER_CONCURRENCY": "50",
    "WORKER_READERS": "1",  # each takes half a second of CPU time to start
    "RUBRIC_LOG_FORMAT": "json",
    "GEMINI_API_KEY": "gemini-test-key",
    "RUBRIC_LLM_FALLBACK": "",
}
WITHOUT_MODELS = {"GEMINI_API_KEY": ""}
"""For trials whose jobs ask no model: importing the vendor's SDK is a third of a cluster's start."""


@dataclass
class Trial:
    """`environ` are the settings of every cluster of this trial."""

    url: str
    logs: Path
    environ: dict[str, str] = field(default_factory=dict)
    marks: dict[uuid.UUID, str] = field(default_factory=dict)
    clusters: list[Cluster] = field(default_factory=list)
    tenants: list[uuid.UUID] = field(default_factory=lambda: [uuid.uuid4() for _ in range(5)])
    began: float = field(default_factory=time.monotonic)

    def cluster(self, **environ: str) -> Cluster:
        """A cluster that is not started yet; it ends with the trial."""
        given = {"DATABASE_URL": self.url, **ENVIRON, **self.environ, **environ}
        cluster = Cluster(given, self.logs / f"cluster-{len(self.clusters)}.log")
        self.clusters.append(cluster)
        return cluster

    def submit(self, count: int, *, provider: str = "local", say: str = "", timeout_s: float = 3600) -> list[uuid.UUID]:
        """So many enhancements, each with a mark that its result must bear; `say` is a wish for the model."""
        return [self._submit(provider, say, timeout_s) for _ in range(count)]

    def _submit(self, provider: str, say: str, timeout_s: float) -> uuid.UUID:
        mark = uuid.uuid4().hex[:12]
        job_id = lifecycle.submit(
            tenant_id=self.tenants[len(self.marks) % len(self.tenants)],
            user_id=uuid.UUID(int=1),
            kind="enhance",
            file_name="rules.txt",
            file_type="text/plain",
            parameters={"provider": provider, "total_points": "100", "instruction": say},
            data=f"- **Thesis {mark} (10 pts)**:\n- **Evidence (20 pts)**:\n- **Style (10 pts)**:".encode(),
            timeout_s=timeout_s,
        )
        self.marks[job_id] = mark
        return job_id

    def reach_database_through(self, port: int) -> None:
        """Clusters that are started from now on reach their database by TCP, at that port of this machine."""
        given = psycopg.conninfo.conninfo_to_dict(self.url)
        self.environ["DATABASE_URL"] = f"postgresql://{given['user']}@127.0.0.1:{port}/{given['dbname']}"

    def query(self, statement: str, *values: Any) -> list[tuple[Any, ...]]:
        with psycopg.connect(self.url, autocommit=True) as database:
            return database.execute(statement, values).fetchall()

    def change(self, statement: str) -> None:
        with psycopg.connect(self.url, autocommit=True) as database:
            database.execute(statement)

    def count(self, *statuses: str) -> int:
        ((jobs,),) = self.query(
            "SELECT count(*) FROM grader.rubric_extraction_jobs WHERE status = ANY(%s)", list(statuses)
        )
        return int(jobs)

    def all_ended(self) -> bool:
        try:
            return self.count("pending", "processing") == 0
        except psycopg.OperationalError:  # the trial may have taken the database away
            return False

    def wait_for_ends(self, *, within_s: float) -> None:
        try:
            wait_until(self.all_ended, within_s=within_s, what="the end of all jobs")
        except AssertionError as error:
            stuck = self.query(
                """SELECT job_id::text, status, crashes, error_code, lease_expires_at - now(), run_after - now()
                   FROM grader.rubric_extraction_jobs WHERE status IN ('pending', 'processing') LIMIT 5"""
            )
            raise AssertionError(f"{error}: {stuck}; logs in {self.logs}") from None

    def wait_for_processing(self, count: int, *, within_s: float = 15) -> None:
        wait_until(lambda: self.count("processing") >= count, within_s=within_s, what=f"{count} jobs running")

    def history(self) -> History:
        return history.read(self.url, self.marks)

    def verify(self, *, nobody_there_s: float = 0.0, **allowed: Any) -> History:
        """Raises AssertionError with the broken promises; the history, for further bounds.

        `nobody_there_s` is for how long there was no pump at all that could have given a job back.
        """
        told = self.history()
        problems = history.broken_promises(told, **allowed)
        assert not problems, "\n".join(problems[:20]) + f"\n({len(problems)} in all; logs in {self.logs})"
        late_s, allowed_s = told.latest_rescue_s, RESCUE_SLACK_S + nobody_there_s
        late = f"given back {late_s:.1f} s after its lease, {allowed_s:.1f} s allowed; logs in {self.logs}"
        assert late_s <= allowed_s, late
        return told

    def say(self, what: str, told: History, **more: object) -> None:
        """A line of figures, for whoever watches (`TRIAL_FIGURES=1 pytest -s`, `make soak`)."""
        facts = {
            "jobs": len(self.marks),
            "ends": dict(told.ends),
            "attempts": {str(outcome): count for outcome, count in told.outcomes.items()},
            "rescue after lease, s": round(told.latest_rescue_s, 2),
            "most crashes": told.most_crashes,
            "seconds": round(time.monotonic() - self.began, 1),
            **more,
        }
        if os.environ.get("TRIAL_FIGURES"):
            print(f"\n{what}: " + ", ".join(f"{name}: {value}" for name, value in facts.items()), flush=True)  # noqa: T201


def database_url() -> str:
    """Where Django's own connection goes, as a URL for processes of their own."""
    given: Mapping[str, Any] = connection.settings_dict
    user = quote(given["USER"]) + (f":{quote(given['PASSWORD'])}" if given["PASSWORD"] else "")
    return f"postgresql://{user}@/{given['NAME']}?host={given['HOST']}&port={given['PORT'] or 5432}"


@contextmanager
def read_only_database() -> Iterator[Callable[[], None]]:
    """All connections of now end, and new ones may only read, as on a standby; what is yielded promotes it."""
    name = connection.settings_dict["NAME"]
    connection.close()
    with psycopg.connect(database_url(), autocommit=True) as keeper:

        def promote() -> None:
            keeper.execute(f'ALTER DATABASE "{name}" RESET default_transaction_read_only')

        keeper.execute(f'ALTER DATABASE "{name}" SET default_transaction_read_only = on')
        keeper.execute(
            """SELECT pg_terminate_backend(pid) FROM pg_stat_activity
               WHERE datname = current_database() AND pid <> pg_backend_pid()"""
        )
        try:
            yield promote
        finally:
            promote()


@contextmanager
def trial_at(url: str, logs: Path, *, migrate: bool = False, **environ: str) -> Iterator[Trial]:
    """A trial on that database, which Django talks to meanwhile; its clusters are gone afterwards, whatever happens."""
    with ExitStack() as undo:
        undo.enter_context(servers.aimed_at(url))
        if migrate:
            servers.migrate(url)
        history.install(url)
        undo.callback(history.uninstall, url)
        trial = Trial(url, logs, environ)
        undo.callback(lambda: [cluster.kill_all() for cluster in trial.clusters])
        yield trial
