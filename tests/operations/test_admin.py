"""The admin: what an operator finds, reads and may do, and that none of it gets slow with the table."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission, User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django_q.models import Failure, OrmQ, Schedule

from rubric_jobs.errors import AnswerInvalid
from rubric_jobs.jobs import claims, controls
from rubric_jobs.models import FleetControl, RubricJob, TenantControl
from tests import claiming
from tests.operations.conftest import MakeJob, ago, failed_task

pytestmark = [pytest.mark.long, pytest.mark.usefixtures("rows")]

LIST = "/admin/rubric_jobs/rubricjob/"
RUBRIC = {
    "title": "Lab report",
    "total_points": 20,
    "criteria": [
        {
            "name": "Method & <b>data</b>",
            "points": 20,
            "levels": [{"name": "Full", "points": 20, "description": "All there"}, {"name": "None", "points": 0}],
        }
    ],
    "adjustments": [{"kind": "penalty", "reason": "Late", "points": -2}],
    "warnings": [{"code": "sum", "message": "Look at this", "path": "criteria[0]"}],
}


@pytest.fixture
def operator() -> Client:
    """A browser of somebody who may do everything."""
    client = Client()
    client.force_login(User.objects.create_superuser("operator"))
    return client


@pytest.fixture
def staff() -> Callable[..., Client]:
    """A browser of a member of staff with these rights alone."""

    def with_rights(*codenames: str) -> Client:
        account = User.objects.create_user(uuid.uuid4().hex, is_staff=True)
        account.user_permissions.set(Permission.objects.filter(codename__in=codenames))
        assert account.user_permissions.count() == len(codenames)
        client = Client()
        client.force_login(account)
        return client

    return with_rights


def shown(client: Client, query: str = "") -> list[str]:
    """The ids on a page of the list."""
    response = client.get(LIST + query, follow=True)
    assert response.status_code == 200
    return re.findall(r'value="([0-9a-f-]{36})" class="action-select"', response.content.decode())


def act(client: Client, action: str, *jobs: RubricJob) -> str:
    chosen = {"action": action, "_selected_action": [str(job.pk) for job in jobs], "confirmed": "yes"}
    return client.post(LIST, chosen, follow=True).content.decode()


def ids(*jobs: RubricJob) -> list[str]:
    return [str(job.pk) for job in jobs]


@pytest.mark.parametrize(
    ("query", "facts"),
    [
        ("?status__exact=failed", {"status": "failed"}),
        ("?error=timed_out", {"status": "failed", "error_code": "timed_out"}),
        ("?error=service", {"status": "failed", "error_code": "timed_out"}),
        ("?error=submission", {"status": "failed", "error_code": "no_rubric_found"}),
        ("?kind=enhance", {"kind": "enhance"}),
        ("?kind=none", {"kind": None}),
        ("?provider=gemini", {"performance_metrics": {"llm_provider": "gemini"}}),
        ("?age=hour", {"created_at": ago(minutes=5)}),
        ("?age=older", {"created_at": ago(days=8)}),
        (f"?tenant={uuid.UUID(int=7)}", {"tenant_id": uuid.UUID(int=7)}),
        (f"?q={uuid.UUID(int=7)}", {"tenant_id": uuid.UUID(int=7)}),
        (f"?q={uuid.UUID(int=7)}", {"user_id": uuid.UUID(int=7)}),
        (f"?q={uuid.UUID(int=7).hex}", {"job_id": uuid.UUID(int=7)}),
        ("?q=Essay%20r", {"file_name": "essay rubric.pdf"}),
        ("?q=100%25_", {"file_name": "100%_done.pdf"}),
    ],
)
def test_a_job_is_found_by_filter_and_search(
    operator: Client, make_job: MakeJob, query: str, facts: dict[str, Any]
) -> None:
    make_job(performance_metrics={"llm_provider": "local"})
    wanted = make_job(**facts)
    assert shown(operator, query) == ids(wanted)


@pytest.mark.parametrize("query", ["?tenant=nonsense", "?q=nothing-like-it", f"?q={uuid.UUID(int=1)}"])
def test_what_is_not_there_is_an_empty_list(operator: Client, make_job: MakeJob, query: str) -> None:
    make_job()
    assert shown(operator, query) == []


def test_pages_follow_each_other_without_gap_or_repetition(operator: Client, make_job: MakeJob) -> None:
    same_time = ago(hours=3)
    for _ in range(205):
        make_job(created_at=same_time)
    seen, query, pages = [], "?status__exact=completed", 0
    while query:
        page = operator.get(LIST + query).content.decode()
        seen += re.findall(r'value="([0-9a-f-]{36})" class="action-select"', page)
        older = re.search(r'<a href="([^"]+)" rel="next">', page)
        query, pages = (older[1].replace("&amp;", "&") if older else ""), pages + 1
    assert (len(seen), len(set(seen)), pages) == (205, 205, 3)


@pytest.mark.parametrize("mark", ["x", "2026-01-01_x", "_", "2026-01-01T00:00:00+00:00"])
def test_a_page_mark_that_is_none_leads_to_the_list(operator: Client, make_job: MakeJob, mark: str) -> None:
    job = make_job()
    assert shown(operator, f"?before={mark}") == ids(job)


@pytest.mark.parametrize("page", ["", "?status__exact=completed", "?q=rubric"])
def test_a_page_takes_as_many_queries_for_many_jobs_as_for_one(operator: Client, make_job: MakeJob, page: str) -> None:
    def queries() -> int:
        with CaptureQueriesContext(
            connection,
        ) as captured:
            operator.get(LIST + page)
        assert not [query["sql"] for query in captured if "COUNT(" in query["sql"].upper()]
        return len(captured)

    make_job()
    one = queries()
    for _ in range(60):
        make_job(performance_metrics={"llm_provider": "gemini", "duration_ms": 1200})
    assert queries() == one <= 6


@pytest.fixture
def many_jobs() -> None:
    """30,000 jobs of 300 tenants: enough that a plan by index wins over a scan."""
    with connection.cursor() as cursor:
        cursor.execute(
            """INSERT INTO grader.rubric_extraction_jobs
                 (tenant_id, user_id, file_name, file_type, status, kind, created_at, completed_at, performance_metrics)
               SELECT md5((n % 300)::text)::uuid, md5((n % 3000)::text)::uuid, 'file ' || n || '.pdf', 'pdf',
                 CASE WHEN n % 50 = 0 THEN 'failed' ELSE 'completed' END,
                 CASE WHEN n % 2 = 0 THEN 'extract' ELSE 'enhance' END,
                 now() - n * interval '1 minute', now() - n * interval '1 minute',
                 jsonb_build_object('llm_provider', CASE WHEN n % 100 = 0 THEN 'openai' ELSE 'gemini' END)
               FROM generate_series(1, 30000) AS n"""
        )
        cursor.execute("ANALYZE grader.rubric_extraction_jobs")


PAGES = [
    "",
    "?error=service",
    "?error=timed_out",
    "?status__exact=failed",
    "?kind=enhance",
    "?kind=none",
    "?provider=openai",
    "?provider=local",
    "?age=hour",
    "?age=older",
    "?tenant=cfcd2084-95d5-65ef-66e7-dff9f98764da",
    "?q=file+777",
    "?q=nothing",
    "?q=cfcd2084-95d5-65ef-66e7-dff9f98764da",
    "?q=00000000-0000-0000-0000-000000000001",
    "?before=2026-11-10T00:00:00%2B00:00_00000000-0000-0000-0000-000000000001",
]


def test_every_page_of_a_large_table_goes_by_an_index(operator: Client, many_jobs: None) -> None:
    for page in PAGES:
        with CaptureQueriesContext(connection) as captured:
            assert operator.get(LIST + page).status_code == 200
        asked = [query["sql"] for query in captured if "rubric_extraction_jobs" in query["sql"]]
        assert asked
        for statement in asked:
            with connection.cursor() as cursor:
                cursor.execute("EXPLAIN " + statement.replace("%", "%%"))
                plan = "\n".join(line for (line,) in cursor.fetchall())
            assert "Seq Scan" not in plan, f"{page}\n{statement}\n{plan}"


def test_a_jobs_page_shows_its_rubric_its_figures_and_its_attempts(
    operator: Client, make_job: MakeJob, make_attempt: Callable[..., Any]
) -> None:
    job = make_job(result={"rubric": RUBRIC}, performance_metrics={"duration_ms": 2030, "llm_provider": "gemini"})
    make_attempt(job_id=job.pk, outcome="retried", error_code="provider_timeout")
    make_attempt(job_id=job.pk, prompt_tokens=321, completion_tokens=45)
    page = operator.get(f"{LIST}{job.pk}/change/").content.decode()
    for text in ("Lab report", "Full", "(20)", "All there", "Late", "Look at this", "duration ms", "2030"):
        assert text in page
    for text in ("retried", "provider_timeout", "321 + 45", "gemini-3.5-flash", "<rect"):
        assert text in page
    assert "Method &amp; &lt;b&gt;data&lt;/b&gt;" in page
    assert page.index("retried") < page.index("321 + 45")


def test_a_jobs_page_takes_a_bounded_number_of_queries(
    operator: Client, make_job: MakeJob, make_attempt: Callable[..., Any], django_assert_max_num_queries: Any
) -> None:
    job = make_job(result={"rubric": RUBRIC})
    for _ in range(20):
        make_attempt(job_id=job.pk)
    with django_assert_max_num_queries(6):
        operator.get(f"{LIST}{job.pk}/change/")


@pytest.mark.parametrize("result", [{"anything": "else"}, ["a list"], "text", {"rubric": {"criteria": 3}}])
def test_a_result_of_another_shape_is_shown_as_it_is(operator: Client, make_job: MakeJob, result: Any) -> None:
    job = make_job(kind=None, result=result)
    assert "<pre>" in operator.get(f"{LIST}{job.pk}/change/").content.decode()


@pytest.mark.parametrize("status", ["pending", "processing", "failed"])
def test_a_job_without_result_has_a_page(operator: Client, make_job: MakeJob, status: str) -> None:
    job = make_job(status=status, progress={"stage": "reading"} if status == "processing" else None)
    page = operator.get(f"{LIST}{job.pk}/change/").content.decode()
    assert "No worker has taken it up." in page
    assert ("reading" in page) == (status == "processing")


def test_facts_cannot_be_changed_added_or_deleted(operator: Client, make_job: MakeJob) -> None:
    job = make_job()
    assert operator.post(f"{LIST}{job.pk}/change/", {"status": "failed"}).status_code == 403
    assert operator.get(f"{LIST}add/").status_code == 403
    assert operator.post(f"{LIST}{job.pk}/delete/", {"post": "yes"}).status_code == 403
    assert "delete_selected" not in operator.get(LIST).content.decode()


def test_failed_jobs_are_retried_and_the_others_left_alone(operator: Client, submit: Callable[..., uuid.UUID]) -> None:
    submit()
    (claim,) = claiming.claim(limit=1)
    claims.end([claims.Ending(claim=claim, error=AnswerInvalid())])
    failed, waiting = RubricJob.objects.get(), RubricJob.objects.get(pk=submit())
    page = act(operator, "retry_jobs", failed, waiting)
    assert "1 job retried; 1 left alone" in page
    assert RubricJob.objects.get(pk=failed.pk).status == "pending"
    assert LogEntry.objects.get(object_id=str(failed.pk)).change_message == "retried"


def test_waiting_jobs_are_cancelled(operator: Client, submit: Callable[..., uuid.UUID], make_job: MakeJob) -> None:
    waiting = RubricJob.objects.get(pk=submit())
    assert "1 job cancelled; 1 left alone" in act(operator, "cancel_jobs", waiting, make_job())
    assert RubricJob.objects.get(pk=waiting.pk).error_code == "cancelled"


def test_finished_jobs_are_purged_but_never_rows_from_before(operator: Client, make_job: MakeJob) -> None:
    kept = [make_job(status="pending"), make_job(kind=None)]
    assert "1 job purged; 2 left alone" in act(operator, "purge_jobs", make_job(), *kept)
    assert set(RubricJob.objects.all()) == set(kept)


def test_purging_asks_first(operator: Client, make_job: MakeJob) -> None:
    job = make_job()
    button = f"{LIST}{job.pk}/do/purge/"
    from_list = {"action": "purge_jobs", "_selected_action": [str(job.pk)]}
    for page in (operator.post(LIST, from_list), operator.post(button)):
        assert "will be deleted for good" in page.content.decode()
        assert RubricJob.objects.exists()
    page = operator.post(button, {"confirmed": "yes"}, follow=True)
    assert page.redirect_chain[-1][0] == LIST
    assert not RubricJob.objects.exists()


def test_a_jobs_page_offers_what_can_be_done_with_it(operator: Client, submit: Callable[..., uuid.UUID]) -> None:
    def offered() -> list[str]:
        return re.findall(rf"{job_id}/do/(\w+)/", operator.get(f"{LIST}{job_id}/change/").content.decode())

    job_id = submit()
    assert offered() == ["cancel"]
    (claim,) = claiming.claim(limit=1)
    claims.end([claims.Ending(claim=claim, error=AnswerInvalid())])
    assert offered() == ["retry", "purge"]
    page = operator.post(f"{LIST}{job_id}/do/retry/", follow=True).content.decode()
    assert "1 job retried." in page
    operator.post(f"{LIST}{job_id}/do/cancel/")
    assert RubricJob.objects.get().error_code == "cancelled"
    assert offered() == ["purge"]
    assert operator.get(f"{LIST}{job_id}/do/purge/").status_code == 403
    assert operator.post(f"{LIST}{job_id}/do/nonsense/").status_code == 404


def test_the_list_begins_with_created_and_a_short_id_and_names_tenants(operator: Client, make_job: MakeJob) -> None:
    job = make_job(status="failed")
    TenantControl.objects.create(tenant_id=job.tenant_id, name="North School")
    page = operator.get(LIST).content.decode()
    columns = re.findall(r'<th scope="col" class="column-(\w+)', page)
    assert columns[:3] == ["created", "short_id", "state"]
    assert f">{str(job.pk)[:8]}</a>" in page
    assert '<span class="rubric-status failed">Failed</span>' in page
    assert ">North School</a>" in page


@pytest.mark.parametrize("action", ["retry", "cancel", "purge"])
def test_each_action_asks_for_its_own_right(staff: Callable[..., Client], make_job: MakeJob, action: str) -> None:
    job = make_job(status="failed" if action != "cancel" else "pending")
    others = [f"{name}_rubricjob" for name in ("retry", "cancel", "purge") if name != action]
    without = staff("view_rubricjob", *others)
    assert f'value="{action}_jobs"' not in without.get(LIST).content.decode()
    act(without, f"{action}_jobs", job)
    assert RubricJob.objects.get(pk=job.pk).status == job.status
    assert f'value="{action}_jobs"' in staff("view_rubricjob", f"{action}_rubricjob").get(LIST).content.decode()


def test_staff_without_the_right_to_look_see_nothing(staff: Callable[..., Client], make_job: MakeJob) -> None:
    job, nobody = make_job(), staff()
    for address in (LIST, f"{LIST}{job.pk}/change/", f"{LIST}overview/", f"{LIST}overview/data"):
        assert nobody.get(address).status_code == 403
        assert Client().get(address).status_code == 302


def test_an_action_takes_on_no_more_than_was_chosen(operator: Client, make_job: MakeJob) -> None:
    jobs = [make_job() for _ in range(3)]
    chosen = {"action": "purge_jobs", "_selected_action": [str(jobs[0].pk)], "select_across": "0", "confirmed": "yes"}
    operator.post(LIST, chosen)
    assert RubricJob.objects.count() == 2


def test_claiming_is_paused_and_resumed_by_a_lever_that_everybody_sees(operator: Client) -> None:
    address = "/admin/rubric_jobs/fleetcontrol/"
    operator.post(f"{address}add/", {"is_claiming_paused": "on", "reason": "maintenance"})
    assert controls.is_paused()
    assert FleetControl.objects.get().changed_by == "operator"
    assert "Claiming is paused" in operator.get(LIST).content.decode()
    assert "Claiming is paused" in operator.get(f"{LIST}overview/").content.decode()
    operator.post(f"{address}1/change/", {"reason": ""})
    assert not controls.is_paused()
    assert "Claiming is paused" not in operator.get(LIST).content.decode()


def test_a_tenants_limits_are_set_and_seen(operator: Client, make_attempt: Callable[..., Any]) -> None:
    tenant = uuid.uuid4()
    make_attempt(tenant_id=tenant, prompt_tokens=100, completion_tokens=20, started_at=ago(seconds=1))
    address = "/admin/rubric_jobs/tenantcontrol/"
    operator.post(f"{address}add/", {"tenant_id": str(tenant), "is_local_only": "on", "daily_token_cap": "1000"})
    assert TenantControl.objects.get().is_local_only
    listed = operator.get(f"{address}?q={tenant}").content.decode()
    assert ">880<" in listed
    levers = {
        "form-TOTAL_FORMS": "1", "form-INITIAL_FORMS": "1", "form-0-tenant_id": str(tenant), "form-0-name": "North",
        "form-0-daily_token_cap": "500", "form-0-note": "by phone", "_save": "Save",
    }  # fmt: skip
    operator.post(address, levers)
    changed = TenantControl.objects.get()
    assert (changed.name, changed.is_local_only, changed.daily_token_cap) == ("North", False, 500)
    assert str(tenant) in operator.get(f"{address}?q=nor").content.decode()
    assert operator.get(f"{address}?q=nonsense").status_code == 200


def test_rows_of_the_other_tables_have_their_pages(operator: Client) -> None:
    for table in ("membership", "fleetcontrol", "tenantcontrol"):
        assert operator.get(f"/admin/rubric_jobs/{table}/").status_code == 200


@pytest.mark.parametrize("table", ["schedule", "success", "failure", "ormq"])
def test_schedules_and_tasks_are_looked_at_only(operator: Client, table: str) -> None:
    listed = f"/admin/django_q/{table}/"
    assert operator.get(listed).status_code == 200
    assert operator.get(f"{listed}add/").status_code == 403
    written = {"name": "evil", "func": "os.system", "args": "'id'", "schedule_type": "O", "repeats": "-1",
               "next_run_0": "2026-01-01", "next_run_1": "00:00:00"}  # fmt: skip
    assert operator.post(f"{listed}add/", written).status_code == 403
    assert not Schedule.objects.exists()


def test_a_schedule_is_not_changed_nor_deleted_nor_a_failed_task_run_again(operator: Client) -> None:
    schedule = Schedule.objects.create(name="purge", func="rubric_jobs.worker.purge", schedule_type=Schedule.ONCE)
    failed_task(stopped=ago(minutes=1))
    task = Failure.objects.get()
    change = f"/admin/django_q/schedule/{schedule.pk}/change/"
    assert operator.get(change).status_code == 200
    assert operator.post(change, {"func": "os.system"}).status_code == 403
    assert operator.post(f"/admin/django_q/schedule/{schedule.pk}/delete/", {"post": "yes"}).status_code == 403
    chosen = {"action": "resubmit_task", "_selected_action": [task.pk], "index": "0"}
    operator.post("/admin/django_q/failure/", chosen)
    assert Schedule.objects.get().func == "rubric_jobs.worker.purge"
    assert Failure.objects.count() == 1
    assert not OrmQ.objects.exists()
