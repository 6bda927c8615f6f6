"""Nobody sees a foreign job: by the filter of every read, and, were it forgotten, by the database itself."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.db import ProgrammingError, connection

from rubric_jobs.models import RubricJob, RubricJobInput, RubricJobQuerySet
from rubric_jobs.web import isolation, job_reads
from tests.conftest import Caller

Submit = Callable[..., uuid.UUID]


def of(caller: Caller) -> dict[str, uuid.UUID]:
    return {"tenant_id": caller.tenant_id, "user_id": caller.user_id}


async def _async_read(**wanted: Any) -> job_reads.Snapshot | None:
    try:
        return await job_reads.aread(**wanted)
    finally:
        await job_reads.close_pool()


def async_read(**wanted: Any) -> job_reads.Snapshot | None:
    return asyncio.run(_async_read(**wanted))


@pytest.fixture
def filter_forgotten(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(RubricJobQuerySet, "visible_to", lambda jobs, *, tenant_id, user_id: jobs)
    job_reads._statement.cache_clear()
    yield
    job_reads._statement.cache_clear()


@pytest.mark.parametrize("read", [job_reads.read, async_read], ids=["sync", "async"])
@pytest.mark.usefixtures("rows")
class TestReads:
    def test_a_caller_reads_their_own_job(self, owner: Caller, submit: Submit, read: Any) -> None:
        job_id = submit()

        snapshot = read(**of(owner), job_id=job_id)

        assert snapshot
        assert (snapshot.job_id, snapshot.status, snapshot.queue_place) == (job_id, "pending", 1)

    def test_nobody_else_does(self, team_mate: Caller, stranger: Caller, submit: Submit, read: Any) -> None:
        job_id = submit()

        assert read(**of(team_mate), job_id=job_id) is None
        assert read(**of(stranger), job_id=job_id) is None

    @pytest.mark.usefixtures("filter_forgotten")
    def test_nobody_else_does_even_when_the_filter_is_forgotten(
        self, owner: Caller, team_mate: Caller, stranger: Caller, submit: Submit, read: Any
    ) -> None:
        job_id = submit()

        assert read(**of(owner), job_id=job_id)
        assert read(**of(team_mate), job_id=job_id) is None
        assert read(**of(stranger), job_id=job_id) is None


@pytest.mark.django_db
class TestRoles:
    def test_a_whole_table_read_shows_one_users_rows(self, owner: Caller, team_mate: Caller, submit: Submit) -> None:
        mine = submit()
        submit(**of(team_mate))

        with isolation.as_caller(**of(owner)):
            assert [job.job_id for job in RubricJob.objects.all()] == [mine]

    def test_documents_and_changes_are_out_of_a_requests_reach(self, owner: Caller, submit: Submit) -> None:
        submit()
        for attempt in (
            RubricJobInput.objects.first,
            lambda: RubricJob.objects.update(file_name="taken"),
            lambda: RubricJob.objects.all().delete(),
        ):
            with pytest.raises(ProgrammingError, match="permission denied"), isolation.as_caller(**of(owner)):
                attempt()

    def test_everybody_else_goes_on_seeing_every_row(self, owner: Caller, stranger: Caller, submit: Submit) -> None:
        submit()
        submit(**of(stranger))
        with isolation.as_caller(**of(owner)):
            pass

        assert RubricJob.objects.count() == 2
        with connection.cursor() as cursor:
            cursor.execute("CREATE ROLE rubric_test_report")
            cursor.execute("GRANT USAGE ON SCHEMA grader TO rubric_test_report")
            cursor.execute("GRANT SELECT ON grader.rubric_extraction_jobs TO rubric_test_report")
            cursor.execute("SET LOCAL ROLE rubric_test_report")
            cursor.execute("SELECT count(*) FROM grader.rubric_extraction_jobs")
            assert cursor.fetchone() == (2,)
            cursor.execute("RESET ROLE")

    def test_the_service_may_act_in_between(self, owner: Caller, stranger: Caller, submit: Submit) -> None:
        with isolation.as_caller(**of(owner)):
            with isolation.as_service():
                submit(**of(stranger))
            assert not RubricJob.objects.exists()
        assert RubricJob.objects.count() == 1

    def test_an_identity_does_not_outlive_its_transaction(self, owner: Caller, submit: Submit) -> None:
        submit()
        with isolation.as_caller(**of(owner)):
            pass
        with connection.cursor() as cursor:
            cursor.execute("SELECT current_user")
            assert cursor.fetchone() != (isolation.WEB_ROLE,)


@pytest.mark.django_db
def test_without_the_policies_the_service_reads_as_itself(owner: Caller, team_mate: Caller, submit: Submit) -> None:
    job_id = submit()
    with connection.cursor() as cursor:
        cursor.execute("DROP POLICY web_requests ON grader.rubric_extraction_jobs")
    isolation.is_on.cache_clear()
    try:
        assert not isolation.is_on()
        assert job_reads.read(**of(owner), job_id=job_id)
        assert job_reads.read(**of(team_mate), job_id=job_id) is None
    finally:
        isolation.is_on.cache_clear()


@pytest.mark.usefixtures("rows")
def test_a_wsgi_servers_thread_keeps_its_connection_from_request_to_request(owner: Caller, submit: Submit) -> None:
    job_id = submit()
    connection.ensure_connection()
    before = connection.connection

    assert owner.client.get(f"/api/rubric-jobs/{job_id}").status_code == 200
    assert owner.client.post(f"/api/rubric-jobs/{job_id}/cancel").status_code == 200

    assert connection.connection is before
