"""What every test may ask for. Nothing here replaces a part of the service by a mock."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from django.conf import settings
from django.db import connection
from django.test.utils import setup_databases, teardown_databases
from hypothesis import settings as hypothesis_settings
from psycopg import sql
from rest_framework.test import APIClient
from xdist.scheduler import LoadFileScheduling

from rubric_jobs.web import auth
from rubric_jobs.web.sign_in import QuietPBKDF2
from tests import installed, servers
from tests.fake_llm import _fake_llm_server, fake_llm

__all__ = ["_fake_llm_server", "fake_llm"]

hypothesis_settings.register_profile("fuzz", max_examples=2_000)


BROWSER = "tests/browser/"
"""Its files share a service and a browser, which take seven seconds of CPU time to start."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: (not item.nodeid.startswith(BROWSER), item.get_closest_marker("long") is None))


class FilesTogether(LoadFileScheduling):
    """A file's tests run in one process, and those of the browser's files in the same one."""

    def _split_scope(self, nodeid: str) -> str:
        return BROWSER if nodeid.startswith(BROWSER) else super()._split_scope(nodeid)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> LoadFileScheduling | None:
    return FilesTogether(config, log) if config.getvalue("dist") == "loadfile" else None


@pytest.fixture(scope="session", autouse=True)
def _static_files_are_sought_when_asked_for(django_test_environment: None) -> None:
    """Else each client in a test would go through all of them at its first request, for 70 ms."""
    settings.WHITENOISE_AUTOREFRESH = True


@pytest.fixture(scope="session", autouse=True)
def _passwords_are_hashed_quickly(django_test_environment: None) -> None:
    """In this process; those of the services take the half second that they take everywhere."""
    QuietPBKDF2.iterations = 1_000


@dataclass(frozen=True)
class Caller:
    """A user of a tenant, and an HTTP client that speaks as them."""

    tenant_id: uuid.UUID
    user_id: uuid.UUID

    @property
    def token(self) -> str:
        return auth.issue(tenant_id=self.tenant_id, user_id=self.user_id, minutes=5)

    @property
    def client(self) -> APIClient:
        return APIClient(headers={"Authorization": f"Bearer {self.token}"})


@pytest.fixture
def owner() -> Caller:
    return Caller(uuid.uuid4(), uuid.uuid4())


@pytest.fixture
def team_mate(owner: Caller) -> Caller:
    return Caller(owner.tenant_id, uuid.uuid4())


@pytest.fixture
def stranger() -> Caller:
    return Caller(uuid.uuid4(), uuid.uuid4())


@pytest.fixture(scope="session")
def django_db_setup(
    django_test_environment: None, django_db_blocker: Any, django_db_modify_db_settings: None
) -> Iterator[None]:
    """The test database, for `rows` too: pytest-django's own makes it only for tests that it knows from its marker."""
    with django_db_blocker.unblock():
        made = setup_databases(verbosity=0, interactive=False, aliases={"default"})
        with connection.cursor() as cursor:
            cursor.execute(servers.UNHURRIED.format(sql.Identifier(connection.settings_dict["NAME"])))
        connection.close()
    yield
    with django_db_blocker.unblock():
        teardown_databases(made, verbosity=0)


@pytest.fixture
def rows(django_db_setup: None, django_db_blocker: Any) -> Any:
    """Committed rows, as other connections see them; all tables that tests write to are emptied afterwards.

    Not Django's transactional tests: their flush steps over tables whose name carries a schema.
    """
    with django_db_blocker.unblock():
        connection.close()  # an earlier test's
        yield
        connection.close()  # which the test may have ended in the database
        with connection.cursor() as cursor:
            cursor.execute(
                """SELECT format('%I.%I', schemaname, tablename) FROM pg_tables
                   WHERE schemaname = 'grader' OR tablename IN ('auth_user', 'django_session')
                   OR tablename LIKE 'django_q_%'"""
            )
            tables = [name for (name,) in cursor.fetchall()]
            # Much faster than TRUNCATE for a handful of rows; without triggers, the order does not matter.
            cursor.execute("SET session_replication_role = replica")
            cursor.execute("; ".join(f"DELETE FROM {table}" for table in tables))
            cursor.execute("SET session_replication_role = DEFAULT")
        connection.close()


@pytest.fixture
def submit(owner: Caller) -> Callable[..., uuid.UUID]:
    """Submit a job straight to the rows; what is not said is filled in."""
    from rubric_jobs.jobs import lifecycle

    def submit(**wanted: Any) -> uuid.UUID:
        job = {
            "tenant_id": owner.tenant_id,
            "user_id": owner.user_id,
            "kind": "extract",
            "file_name": "rubric.pdf",
            "file_type": "application/pdf",
            "parameters": {},
            "data": b"%PDF-",
            "timeout_s": 280,
        }
        return lifecycle.submit(**{**job, **wanted})

    return submit


@pytest.fixture(scope="session")
def embedded_server(django_db_blocker: Any) -> str:
    """The URL of the embedded server (PostgreSQL 18), or of the one that DATABASE_URL names."""
    given = settings.DATABASES["default"]
    if given["ENGINE"] == "grader.embedded_backend":
        settings.EMBEDDED_POSTGRES.ensure_running()
    return f"postgresql://{given['USER']}@/postgres?host={given['HOST']}"


@pytest.fixture(scope="session")
def debian_server() -> Any:
    """The URL of a server of Debian's PostgreSQL 15."""
    with servers.fresh_server(installed.postgres_15()) as server:
        yield server.url("postgres")


@pytest.fixture(params=["embedded_server", "debian_server"], ids=["PostgreSQL 18", "PostgreSQL 15"])
def empty_database(request: pytest.FixtureRequest) -> Any:
    """The URL of an empty database, on each supported server in turn."""
    with servers.fresh_database(request.getfixturevalue(request.param)) as url:
        yield url


@pytest.fixture
def migrate(django_db_blocker: Any) -> Callable[..., None]:
    def migrate(url: str, *arguments: str) -> None:
        with django_db_blocker.unblock():
            servers.migrate(url, *arguments)

    return migrate


@pytest.fixture(scope="session")
def migrated_database(embedded_server: str, django_db_blocker: Any) -> Iterator[str]:
    """The URL of a database in which nobody works: those of whole services are copies of it."""
    with servers.fresh_database(embedded_server) as url:
        with django_db_blocker.unblock():
            servers.migrate(url)
        yield url
