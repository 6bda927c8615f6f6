"""The old front end, as it goes about its work: it triggers, it polls, and it looks at no HTTP code and no header."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from rest_framework.test import APIClient

from rubric_jobs.errors import ScannedDocument
from rubric_jobs.models import Membership
from tests.conftest import Caller
from tests.web.conftest import PREFIXES, RESULT, extraction

pytestmark = pytest.mark.django_db

MOST_POLLS = 150


class OldFrontEnd:
    """`CreateAssignmentModal.tsx`, told again: what it sends, what it reads, when it stops."""

    def __init__(self, client: APIClient, prefix: str) -> None:
        self._client = client
        self._prefix = prefix
        self.messages: list[str] = []
        self.polls = 0

    def start(self, body: dict[str, Any]) -> dict[str, Any]:
        return self._json(self._client.post(self._prefix + "extract-rubric-trigger", body, format="json"))

    def poll(self, job_id: str) -> Iterator[dict[str, Any]]:
        """One status after the other until one is final; it gives up after 150."""
        for self.polls in range(1, MOST_POLLS + 1):
            status = self._json(self._client.get(f"{self._prefix}extract-rubric-status?jobId={job_id}"))
            yield status
            if status["status"] in {"completed", "failed"}:
                return

    def extract(self, body: dict[str, Any], *, meanwhile: Callable[[str, int], None]) -> dict[str, Any] | None:
        """The result, or None with a message for the teacher."""
        started = self.start(body)
        if not started.get("jobId"):
            self.messages.append(started.get("error") or started["message"])
            return None
        for status in self.poll(started["jobId"]):
            meanwhile(started["jobId"], self.polls)
            if status["status"] == "completed":
                return dict(status)
            if status["status"] == "failed":
                self.messages.append(status["error"])
        return None

    @staticmethod
    def _json(response: Any) -> dict[str, Any]:
        return dict(json.loads(response.content))


@pytest.fixture(params=["session", "bearer"])
def client(request: pytest.FixtureRequest, owner: Caller) -> APIClient:
    if request.param == "bearer":
        return owner.client
    account = get_user_model().objects.create_user("teacher", password="a long one")
    Membership.objects.create(account=account, tenant_id=owner.tenant_id, user_id=owner.user_id)
    browser = APIClient(enforce_csrf_checks=True)
    browser.login(username="teacher", password="a long one")
    browser.get("/admin/login/")
    browser.defaults["HTTP_X_CSRFTOKEN"] = browser.cookies["csrftoken"].value
    return browser


@pytest.fixture(params=PREFIXES)
def front_end(request: pytest.FixtureRequest, client: APIClient) -> OldFrontEnd:
    return OldFrontEnd(client, request.param)


def test_it_polls_until_completed_and_reads_the_rubric(front_end: OldFrontEnd, complete: Callable[..., None]) -> None:
    def meanwhile(job_id: str, polls: int) -> None:
        if polls == 3:
            complete(uuid.UUID(job_id))

    final = front_end.extract(extraction(), meanwhile=meanwhile)

    assert final
    assert front_end.polls == 4
    assert final["result"]["rubricText"] == RESULT["rubricText"]
    assert final["result"]["totalPoints"] == 4
    assert final["performance"]["duration_ms"] >= 0
    assert final["completedAt"] >= final["createdAt"]


def test_it_stops_at_a_failure_and_shows_its_sentence(front_end: OldFrontEnd, fail: Callable[..., None]) -> None:
    def meanwhile(job_id: str, polls: int) -> None:
        if polls == 2:
            fail(uuid.UUID(job_id), ScannedDocument())

    assert front_end.extract(extraction(), meanwhile=meanwhile) is None
    assert front_end.messages == [str(ScannedDocument())]
    assert front_end.polls == 3


def test_it_stops_at_a_trigger_that_was_refused(front_end: OldFrontEnd) -> None:
    assert front_end.extract(extraction(file="$$$"), meanwhile=lambda *_: None) is None
    assert "base64" in front_end.messages[0]
    assert front_end.polls == 0


@pytest.mark.parametrize("prefix", PREFIXES)
def test_it_stops_after_a_401_and_after_a_404(owner: Caller, prefix: str) -> None:
    for client in (APIClient(), owner.client):
        front_end = OldFrontEnd(client, prefix)
        answers = list(front_end.poll(str(uuid.uuid4())))
        assert len(answers) == 1
        assert answers[0]["status"] == "failed"
        assert answers[0]["error"]
