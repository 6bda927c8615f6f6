"""Two tenants × two users × every route × every method: a foreign job is answered as a job that never was."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

import pytest

from tests.conftest import Caller
from tests.web.conftest import PREFIXES, body_of, enhancement

pytestmark = pytest.mark.django_db

JOBS = "/api/rubric-jobs/"
METHODS = ("get", "head", "post", "put", "patch", "delete", "options", "trace")
OF_A_JOB = [
    *(f"{prefix}{kind}-rubric-status?jobId={{job_id}}" for prefix in PREFIXES for kind in ("extract", "enhance")),
    *(
        JOBS + "{job_id}" + end
        for end in ("", "?wait=1", "/events", "/cancel", "/retry", "/export?format=text", "/pages/1", "/reading")
    ),
]
WITHOUT_A_JOB = [JOBS, *(JOBS + route for route in ("extractions", "enhancements", "exports"))]


@pytest.fixture
def people(owner: Caller, team_mate: Caller, stranger: Caller) -> dict[str, Caller]:
    """Two tenants with two users each. The last one carries the owner's user id into another tenant."""
    return {
        "team mate": team_mate,
        "stranger": stranger,
        "namesake": Caller(stranger.tenant_id, owner.user_id),
        "owner": owner,
    }


def ask(caller: Caller, method: str, path: str) -> tuple[int, bytes, dict[str, str]]:
    answer: Any = getattr(caller.client, method)(path)
    body = b"" if answer.streaming else answer.content
    return answer.status_code, body, {name: value for name, value in answer.items() if name != "X-Request-ID"}


@pytest.mark.parametrize("who", ["team mate", "stranger", "namesake"])
@pytest.mark.parametrize("path", OF_A_JOB)
@pytest.mark.parametrize("state", ["pending", "completed"])
def test_a_foreign_job_is_a_job_that_never_was(
    people: dict[str, Caller],
    submit: Callable[..., uuid.UUID],
    complete: Callable[..., None],
    who: str,
    path: str,
    state: str,
) -> None:
    job_id = submit(kind="enhance" if "enhance" in path else "extract")
    if state == "completed":
        complete(job_id)
    for method in METHODS:
        foreign = ask(people[who], method, path.format(job_id=job_id))
        unknown = ask(people[who], method, path.format(job_id=uuid.uuid4()))

        assert foreign == unknown, method
        assert foreign[0] in {404, 405, 503}, method
    still = body_of(people["owner"].client.get(f"{JOBS}{job_id}"))
    assert still["status"] == state


@pytest.mark.parametrize("path", [*OF_A_JOB, *WITHOUT_A_JOB])
def test_nobody_gets_in_without_saying_who_they_are(client: Any, submit: Callable[..., uuid.UUID], path: str) -> None:
    path = path.format(job_id=submit())
    for method in METHODS:
        assert getattr(client, method)(path).status_code in {401, 405}, method


def test_everybody_lists_their_own_jobs(people: dict[str, Caller]) -> None:
    made = {
        who: body_of(caller.client.post(JOBS + "enhancements", enhancement(), format="json"))["jobId"]
        for who, caller in people.items()
    }

    listed = {
        who: [job["jobId"] for job in body_of(caller.client.get(JOBS))["results"]] for who, caller in people.items()
    }
    assert listed == {who: [job_id] for who, job_id in made.items()}
