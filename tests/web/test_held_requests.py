"""Streams and waiting requests: so many of a user and of a tenant, and none beyond its token."""

from __future__ import annotations

import datetime
import json
import time
import uuid
from collections.abc import Callable
from contextlib import ExitStack, closing
from typing import Any

import jwt
import pytest
from django.conf import settings

from tests.conftest import Caller
from tests.web.conftest import Web

JOBS = "/api/rubric-jobs/"
Submit = Callable[..., uuid.UUID]


@pytest.fixture
def web(other_web: Callable[..., Web]) -> Web:
    return other_web(RUBRIC_HELD_REQUESTS_USER="2", RUBRIC_HELD_REQUESTS_TENANT="3")


def refused(web: Web, path: str, caller: Caller) -> bool:
    with closing(web.open("GET", path, caller)) as connection:
        answer = connection.getresponse()
        if answer.status == 200:
            return False
        assert answer.status == 429
        assert answer.headers["Content-Type"] == "application/problem+json"
        assert int(answer.headers["Retry-After"]) > 0
        assert json.loads(answer.read())["code"] == "throttled"
        return True


def test_a_user_and_a_tenant_have_so_many_streams_and_get_their_places_back(
    web: Web, owner: Caller, team_mate: Caller, stranger: Caller, submit: Submit
) -> None:
    def stream_of(caller: Caller) -> str:
        return f"{JOBS}{submit(tenant_id=caller.tenant_id, user_id=caller.user_id)}/events"

    mine, theirs, foreign = stream_of(owner), stream_of(team_mate), stream_of(stranger)
    with ExitStack() as streams:
        for path, caller in ((mine, owner), (mine, owner), (theirs, team_mate)):
            connection = streams.enter_context(closing(web.open("GET", path, caller)))
            assert connection.getresponse().status == 200
        assert refused(web, mine, owner)
        assert refused(web, mine.replace("/events", "?wait=5"), owner)
        assert refused(web, theirs, team_mate)  # the tenant's third is open
        assert not refused(web, foreign, stranger)
        assert web.ask("GET", mine.replace("/events", ""), owner)[0] == 200
    deadline = time.monotonic() + 10
    while refused(web, mine, owner):
        assert time.monotonic() < deadline, "the places were not given back"
        time.sleep(0.05)


def test_a_refused_stream_keeps_no_place(web: Web, owner: Caller, submit: Submit) -> None:
    for _ in range(4):
        assert web.ask("GET", f"{JOBS}{uuid.uuid4()}/events", owner)[0] == 404
    assert not refused(web, f"{JOBS}{submit()}/events", owner)


def test_a_stream_ends_with_its_token(web: Web, owner: Caller, submit: Submit) -> None:
    job_id = submit()
    assert web.ask("GET", JOBS, owner)[0] == 200  # the first request of a process takes long
    until = datetime.datetime.now(datetime.UTC) + datetime.timedelta(seconds=4)
    claims = {"sub": str(owner.user_id), "tenant_id": str(owner.tenant_id), "exp": until}
    token = jwt.encode(claims, settings.JWT_SIGNING_KEY, algorithm="HS256")
    headers = {"Authorization": f"Bearer {token}"}
    began = time.monotonic()
    with closing(web.open("GET", f"{JOBS}{job_id}/events", headers=headers)) as connection:
        assert b"pending" in connection.getresponse().read()
    assert time.monotonic() - began < 15
    assert web.ask("GET", JOBS, headers=headers)[0] == 401


def test_what_a_caller_reads_is_kept_by_nobody_in_between(web: Web, owner: Caller, complete: Any, submit: Any) -> None:
    job_id = submit()
    complete(job_id)
    for path in ("", "?limit=5", f"{job_id}/export?format=text"):
        assert "no-store" in web.ask("GET", JOBS + path, owner)[1]["cache-control"]


def test_the_short_way_of_programs_checks_the_host_and_asks_for_https(
    other_web: Callable[..., Web], owner: Caller, submit: Submit
) -> None:
    web = other_web(DJANGO_DEBUG="false", DJANGO_SECRET_KEY="x" * 60, DJANGO_ALLOWED_HOSTS="rubrics.example",
                    JWT_SIGNING_KEY=settings.JWT_SIGNING_KEY)  # fmt: skip
    path = f"{JOBS}{submit()}"
    assert web.ask("GET", path, owner, headers={"Host": "evil.example"})[0] == 400
    known = {"Host": "rubrics.example", "X-Forwarded-Proto": "https"}
    status, headers, _ = web.ask("GET", path, owner, headers=known)
    assert (status, headers["strict-transport-security"]) == (200, "max-age=2592000")
