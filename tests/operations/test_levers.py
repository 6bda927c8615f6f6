"""Operators' levers: pausing, a tenant's limits, erasure, and adoption of older rows."""

from __future__ import annotations

import asyncio
import datetime
import json
import uuid
from collections.abc import Callable
from io import StringIO
from typing import Any

import psycopg
import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from rubric_jobs import conf
from rubric_jobs.jobs import adoption, claims, controls, erasure, lifecycle, purge
from rubric_jobs.jobs.claims import Claim, Ending
from rubric_jobs.jobs.erasure import Owner
from rubric_jobs.models import Membership, RubricJob, RubricJobAttempt, RubricJobInput, TenantControl
from rubric_jobs.worker.runner import Runner
from rubric_jobs.worker.writer import Writer
from tests import claiming
from tests.operations.conftest import MakeJob, ago
from tests.races import waited_for

pytestmark = pytest.mark.usefixtures("rows")

Submit = Callable[..., uuid.UUID]


def run(command: str, *arguments: str) -> str:
    said = StringIO()
    call_command(command, *arguments, stdout=said)
    return said.getvalue()


def claim_all(**more: Any) -> list[Claim]:
    return claiming.claim(limit=10, **more)


@pytest.mark.parametrize("cap", [{}, {"tenant_cap": 5}])
def test_nothing_is_claimed_while_claiming_is_paused(submit: Submit, cap: dict[str, int]) -> None:
    submit()
    assert "paused" in run("pause_rubric_jobs", "--reason", "maintenance")
    assert claim_all(**cap) == []
    run("resume_rubric_jobs")
    assert len(claim_all(**cap)) == 1


def test_jobs_that_run_go_on_while_claiming_is_paused(submit: Submit) -> None:
    submit()
    (claim,) = claim_all()
    controls.pause(by="test")
    assert claims.heartbeat([claim], lease_s=30) == {claim.token}
    assert claims.end([Ending(claim=claim, result={})]) == {claim.token}


def test_resuming_wakes_the_workers() -> None:
    with psycopg.connect(conf.database_conninfo(), autocommit=True) as listener:
        listener.execute(f"LISTEN {lifecycle.PENDING_CHANNEL}")
        controls.resume(by="test")
        assert len(list(listener.notifies(timeout=0.2))) == 1


def test_a_tenant_without_limits_may_do_everything() -> None:
    assert not controls.allowance(uuid.uuid4()).forbids_models


@pytest.mark.parametrize(("cap", "left"), [(1000, 880), (120, 0), (50, 0), (0, 0), (None, None)])
def test_a_cap_counts_todays_tokens_of_this_tenant_alone(
    make_attempt: Callable[..., Any], cap: int | None, left: int | None
) -> None:
    tenant = uuid.uuid4()
    TenantControl.objects.create(tenant_id=tenant, daily_token_cap=cap)
    make_attempt(tenant_id=tenant, started_at=ago(seconds=0), prompt_tokens=100, completion_tokens=20)
    make_attempt(tenant_id=tenant, started_at=ago(seconds=0), prompt_tokens=None, completion_tokens=None)
    make_attempt(tenant_id=tenant, started_at=ago(days=1), prompt_tokens=5000)
    make_attempt(started_at=ago(seconds=0), prompt_tokens=5000)
    allowance = controls.allowance(tenant)
    assert allowance.tokens_left == left
    assert allowance.forbids_models == (left == 0)


def test_a_claim_says_whether_its_tenant_has_limits(submit: Submit) -> None:
    limited = uuid.uuid4()
    TenantControl.objects.create(tenant_id=limited)
    submit(tenant_id=limited)
    submit()
    assert {claim.tenant_id == limited: claim.is_controlled for claim in claim_all()} == {True: True, False: False}


RULES = "Thesis: 12 points\nStyle: 8 points"


def enhance(submit: Submit, tenant: uuid.UUID, *, rules: str, provider: str | None = None) -> Ending:
    """The ending of an enhancement that runs now."""
    parameters = {"total_points": "20", "provider": provider, "models": {}, "instruction": ""}
    submit(tenant_id=tenant, kind="enhance", file_name="rules.txt", file_type="text/plain", data=rules.encode(),
           parameters=parameters)  # fmt: skip
    (claim,) = claim_all()

    async def carry() -> Ending:
        writer = Writer()
        runner = Runner(writer)
        try:
            return await runner.run(claim, lambda _: None)
        finally:
            await runner.close()
            await writer.close()

    return asyncio.run(carry())


@pytest.fixture
def _gemini(fake_llm: Any, settings: Any) -> None:
    settings.GEMINI_API_KEY, settings.GEMINI_BASE_URL = "test-key", fake_llm.url


@pytest.mark.parametrize("limits", [{"is_local_only": True}, {"daily_token_cap": 0}], ids=str)
@pytest.mark.parametrize("chosen", ["auto", "gemini"])
@pytest.mark.usefixtures("_gemini")
def test_nothing_of_a_local_only_tenant_is_sent_to_a_model(
    submit: Submit, fake_llm: Any, settings: Any, limits: dict[str, Any], chosen: str
) -> None:
    settings.RUBRIC_LLM_PROVIDER, settings.RUBRIC_LLM_FALLBACK = chosen, ["gemini"]
    tenant = uuid.uuid4()
    TenantControl.objects.create(tenant_id=tenant, **limits)
    forced = enhance(submit, tenant, rules="An essay about whales.", provider="gemini")
    assert forced.error is not None
    assert (forced.error.code, forced.error.retryable) == ("models_forbidden", True)
    few_rules = enhance(submit, tenant, rules="An essay about whales.")
    assert few_rules.error is not None
    assert few_rules.error.code == "needs_model"
    assert list(fake_llm.history) == []


@pytest.mark.usefixtures("_gemini")
def test_a_tenant_without_limits_is_answered_by_the_model(submit: Submit, fake_llm: Any) -> None:
    ending = enhance(submit, uuid.uuid4(), rules="An essay about whales.", provider="gemini")
    assert ending.error is None
    assert len(fake_llm.history) >= 1


def test_erasing_counts_first_and_deletes_when_told_to(
    make_job: MakeJob, make_attempt: Callable[..., Any], submit: Submit
) -> None:
    tenant, user, other = uuid.uuid4(), uuid.uuid4(), uuid.uuid4()
    for status in ("completed", "failed", "processing"):
        make_job(tenant_id=tenant, user_id=user, status=status)
    submit(tenant_id=tenant, user_id=user)
    kept = [make_job(tenant_id=tenant, user_id=other), make_job(tenant_id=tenant, user_id=user, kind=None)]
    make_attempt(tenant_id=tenant, user_id=user)
    whose = ("--tenant", str(tenant), "--user", str(user))
    assert "There are 4 jobs, 1 rows from before" in run("erase_rubric_data", *whose)
    assert RubricJob.objects.count() == 6
    assert "1 rows from before this service stay" in run("erase_rubric_data", *whose, "--yes")
    assert set(RubricJob.objects.all()) == set(kept)
    assert not RubricJobInput.objects.exists()
    run("erase_rubric_data", *whose, "--rows-from-before", "--yes")
    assert list(RubricJob.objects.all()) == kept[:1]


def test_the_ledger_keeps_its_figures_and_forgets_whose_they_were(make_attempt: Callable[..., Any]) -> None:
    tenant, user = uuid.uuid4(), uuid.uuid4()
    make_attempt(tenant_id=tenant, user_id=user, trace_id="a-trace-1")
    other = make_attempt(tenant_id=tenant)
    erasure.erase(Owner(user_id=user))
    line = RubricJobAttempt.objects.exclude(pk=other.pk).get()
    assert (line.user_id, line.tenant_id, line.trace_id) == (erasure.NOBODY, tenant, None)
    assert line.prompt_tokens == 100
    erasure.erase(Owner(tenant_id=tenant))
    assert RubricJobAttempt.objects.get(pk=other.pk).tenant_id == erasure.NOBODY
    assert erasure.count(Owner(tenant_id=tenant)).ledger_lines == 0


def test_erasing_a_tenant_forgets_at_what_rate_its_users_asked(submit: Submit, make_attempt: Any) -> None:
    tenant, submitted, in_ledger, stranger = (uuid.uuid4() for _ in range(4))
    submit(tenant_id=tenant, user_id=submitted)
    make_attempt(tenant_id=tenant, user_id=in_ledger)
    make_attempt(user_id=stranger)
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO grader.request_rates SELECT 'user', unnest(%s), now() + interval '1 hour'",
            [[tenant, submitted, in_ledger, stranger]],
        )
        erasure.erase(Owner(tenant_id=tenant))
        cursor.execute("SELECT caller FROM grader.request_rates")
        assert cursor.fetchall() == [(stranger,)]


def test_a_worker_hears_that_its_job_was_erased_and_its_result_never_lands(submit: Submit) -> None:
    submit()
    (claim,) = claim_all()
    with psycopg.connect(conf.database_conninfo(), autocommit=True) as listener:
        listener.execute(f"LISTEN {lifecycle.CANCELLED_CHANNEL}")
        erasure.erase(Owner(tenant_id=claim.tenant_id))
        assert [heard.payload for heard in listener.notifies(timeout=0.2)] == [str(claim.job_id)]
    assert claims.end([Ending(claim=claim, result={"late": True})]) == set()
    assert not RubricJob.objects.exists()


def test_erasing_goes_on_where_others_delete_at_the_same_time(
    make_job: MakeJob, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(erasure, "BATCH", 2)
    tenant = uuid.uuid4()
    first, *_ = [make_job(tenant_id=tenant) for _ in range(5)]
    waited_for(lambda: lifecycle.delete(job_id=first.job_id), lambda: erasure.erase(Owner(tenant_id=tenant)))
    assert erasure.count(Owner(tenant_id=tenant)).jobs == 0


def test_memberships_go_with_their_user(django_user_model: Any) -> None:
    user = uuid.uuid4()
    account = django_user_model.objects.create_user("somebody")
    Membership.objects.create(account=account, tenant_id=uuid.uuid4(), user_id=user)
    assert erasure.erase(Owner(user_id=user)).memberships == 1


def test_erasing_asks_whose_data() -> None:
    with pytest.raises(CommandError, match="--tenant, --user"):
        run("erase_rubric_data", "--yes")


def test_finished_rows_from_before_are_adopted_with_the_kind_of_their_file(make_job: MakeJob) -> None:
    extract = make_job(kind=None, result={"old": True})
    enhance = make_job(kind=None, status="failed", file_name="rules.txt", file_type="text/plain")
    assert "Would adopt 2 rows (1 completed, 1 failed)" in run("adopt_rubric_jobs", "--dry-run")
    assert "Adopted 2 rows" in run("adopt_rubric_jobs")
    kinds = dict(RubricJob.objects.values_list("pk", "kind"))
    assert kinds == {extract.pk: "extract", enhance.pk: "enhance"}
    assert json.loads(json.dumps(RubricJob.objects.get(pk=extract.pk).result)) == {"old": True}


def test_adopted_rows_without_times_are_purged(make_job: MakeJob) -> None:
    with connection.cursor() as cursor:  # as in a table that was made with fewer constraints than ours
        for column in ("created_at", "updated_at"):
            cursor.execute(f"ALTER TABLE grader.rubric_extraction_jobs ALTER {column} DROP NOT NULL")
        for status in ("completed", "failed", "processing"):
            job = make_job(kind=None, status=status)
            cursor.execute(
                """UPDATE grader.rubric_extraction_jobs SET created_at = NULL, updated_at = NULL, completed_at = NULL
                   WHERE job_id = %s""",
                [job.pk],
            )
    assert adoption.adopt(unfinished_after=datetime.timedelta(hours=2)).total() == 3
    assert purge.purge_jobs(purge.Selection(older_than=datetime.timedelta(0)), rest=0).total() == 3


def test_unfinished_rows_from_before_stay_unless_they_are_stale(make_job: MakeJob) -> None:
    stale = [make_job(kind=None, status=status, completed_at=None) for status in ("pending", "processing")]
    fresh = make_job(kind=None, status="processing", completed_at=None, updated_at=ago(minutes=1))
    assert adoption.adopt().total() == 0
    assert adoption.adopt(unfinished_after=datetime.timedelta(hours=2)).total() == 2
    assert {RubricJob.objects.get(pk=job.pk).error_code for job in stale} == {"timed_out"}
    assert RubricJob.objects.get(pk=fresh.pk).kind is None
    assert claim_all() == []


def test_adoption_can_be_narrowed_to_a_tenant(make_job: MakeJob) -> None:
    mine, other = make_job(kind=None), make_job(kind=None)
    run("adopt_rubric_jobs", "--tenant", str(mine.tenant_id))
    assert RubricJob.objects.get(pk=mine.pk).kind == "extract"
    assert RubricJob.objects.get(pk=other.pk).kind is None
