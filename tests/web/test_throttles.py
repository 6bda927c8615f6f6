"""Rates of users and tenants hold for all web processes together, and say when to come back."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from django.db import connection

from rubric_jobs.web.auth import Identity
from rubric_jobs.web.throttles import TenantThrottle, UserThrottle
from tests.conftest import Caller
from tests.web.conftest import body_of, enhancement

pytestmark = pytest.mark.django_db
JOBS = "/api/rubric-jobs/"


def post(caller: Caller, route: str = JOBS + "enhancements") -> Any:
    return caller.client.post(route, enhancement(), format="json")


def test_a_user_who_asks_too_often_waits_and_nobody_else_does(settings: Any, owner: Caller, team_mate: Caller) -> None:
    settings.RUBRIC_THROTTLE_USER = "3/minute"
    assert [post(owner).status_code for _ in range(4)] == [202, 202, 202, 429]

    refused = post(owner)
    assert 0 < int(refused["Retry-After"]) <= 21
    assert body_of(refused)["code"] == "throttled"
    assert post(team_mate).status_code == 202


def test_a_tenants_users_share_its_rate(settings: Any, owner: Caller, team_mate: Caller, stranger: Caller) -> None:
    settings.RUBRIC_THROTTLE_TENANT = "2/minute"

    assert [post(owner).status_code, post(team_mate).status_code, post(owner).status_code] == [202, 202, 429]
    assert post(stranger).status_code == 202


def test_an_old_route_tells_it_in_its_own_shape(settings: Any, owner: Caller) -> None:
    settings.RUBRIC_THROTTLE_USER = "1/minute"
    post(owner)

    refused = post(owner, "/api/enhance-rubric-trigger")

    assert refused.status_code == 429
    assert (body_of(refused)["status"], body_of(refused)["errorCode"]) == ("failed", "throttled")
    assert int(refused["Retry-After"]) > 0


def test_polling_is_not_counted(settings: Any, owner: Caller) -> None:
    settings.RUBRIC_THROTTLE_USER = "1/minute"
    job_id = body_of(post(owner))["jobId"]

    for _ in range(5):
        assert owner.client.get(f"/api/enhance-rubric-status?jobId={job_id}").status_code == 200
        assert owner.client.get(JOBS + job_id).status_code == 200


def test_capacity_comes_back_at_the_rate(settings: Any) -> None:
    settings.RUBRIC_THROTTLE_USER = "2/minute"
    identity = Identity(tenant_id=uuid.uuid4(), user_id=uuid.uuid4())
    assert [UserThrottle().admits(identity) for _ in range(3)] == [True, True, False]

    with connection.cursor() as cursor:  # half a minute passes
        cursor.execute("UPDATE grader.request_rates SET paid_off_at = paid_off_at - interval '30 seconds'")

    assert [UserThrottle().admits(identity) for _ in range(2)] == [True, False]


def test_a_refused_request_makes_nobody_wait_longer(settings: Any) -> None:
    settings.RUBRIC_THROTTLE_USER = "1/minute"
    identity = Identity(tenant_id=uuid.uuid4(), user_id=uuid.uuid4())
    UserThrottle().admits(identity)
    waits = []
    for _ in range(3):
        throttle = UserThrottle()
        throttle.admits(identity)
        waits.append(throttle.wait())

    assert waits[0] >= waits[1] >= waits[2] > 50


@pytest.mark.parametrize("rate", ["", None])
def test_an_empty_rate_is_no_limit(settings: Any, rate: str | None) -> None:
    settings.RUBRIC_THROTTLE_TENANT = rate
    identity = Identity(tenant_id=uuid.uuid4(), user_id=uuid.uuid4())

    assert all(TenantThrottle().admits(identity) for _ in range(5))
