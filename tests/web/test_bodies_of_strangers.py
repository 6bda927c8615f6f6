"""Who is it? comes before the body: nothing long is taken in from somebody whom the service does not know."""

from __future__ import annotations

import json
import os
import socket
import time
from contextlib import ExitStack, suppress
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.test import Client

from rubric_jobs.models import Membership
from tests.conftest import Caller
from tests.web.conftest import Web, as_base64, extraction, pdf

MB = 1024 * 1024
LONG = extraction(file=as_base64(pdf(4 * MB)))
TRIGGERS = [
    ("/api/extract-rubric-trigger", "application/json"),
    ("/.netlify/functions/extract-rubric-trigger", "application/json"),
    ("/api/rubric-jobs/extractions", "application/problem+json"),
]


def stored_mb(web: Web) -> float:
    """What the process holds in temporary files, which have no name any more."""
    size = 0
    for descriptor in Path(f"/proc/{web.process.pid}/fd").iterdir():
        with suppress(OSError):
            if "(deleted)" in os.readlink(descriptor):
                size += descriptor.stat().st_size
    return size / MB


def head(path: str, *lines: str) -> bytes:
    return "\r\n".join([f"POST {path} HTTP/1.1", "Host: localhost", *lines, "", ""]).encode()


@pytest.mark.parametrize("chunked", [False, True])
def test_nothing_of_a_strangers_long_body_is_stored(web: Web, chunked: bool) -> None:
    length = "Transfer-Encoding: chunked" if chunked else f"Content-Length: {5 * MB}"
    with ExitStack() as held:
        for path, _ in TRIGGERS:
            connection = held.enter_context(socket.create_connection(("127.0.0.1", web.port), timeout=20))
            connection.sendall(head(path, "Content-Type: application/json", length))
            data = b" " * (4 * MB)
            connection.sendall(b"%x\r\n%b\r\n" % (len(data), data) if chunked else data)
        deadline = time.monotonic() + 1.5
        while time.monotonic() < deadline:
            assert stored_mb(web) < 0.5
            time.sleep(0.05)


@pytest.mark.parametrize(("path", "content_type"), TRIGGERS)
def test_a_stranger_is_told_so_in_the_routes_shape(web: Web, path: str, content_type: str) -> None:
    status, headers, told = web.ask("POST", path, body=LONG)
    assert (status, headers["content-type"]) == (401, content_type)
    assert headers["www-authenticate"] == "Bearer"
    assert json.loads(told)
    bad = {"Authorization": "Bearer nonsense"}
    assert web.ask("POST", path, body=LONG, headers=bad)[0] == 401


def test_a_stranger_who_asks_before_sending_need_not_send(web: Web) -> None:
    lines = f"Content-Length: {5 * MB}", "Expect: 100-continue"
    with socket.create_connection(("127.0.0.1", web.port), timeout=20) as connection:
        connection.sendall(head(TRIGGERS[0][0], *lines))
        assert connection.recv(65536).startswith(b"HTTP/1.1 401 ")


@pytest.mark.parametrize("path", ["/sign-in", "/admin/login/"])
def test_a_form_for_strangers_is_short(web: Web, path: str) -> None:
    assert web.ask("POST", path, body="x" * MB)[0] == 413


def test_members_send_their_documents(web: Web, owner: Caller) -> None:
    assert web.ask("POST", TRIGGERS[0][0], owner, body=LONG)[0] == 202
    account = User.objects.create_user("teacher")
    Membership.objects.create(account=account, tenant_id=owner.tenant_id, user_id=owner.user_id)
    client = Client()
    client.force_login(account)
    session = f"{settings.SESSION_COOKIE_NAME}={client.cookies[settings.SESSION_COOKIE_NAME].value}"
    token = "a" * 32
    known = {"Cookie": f"{session}; csrftoken={token}", "X-CSRFToken": token}
    assert web.ask("POST", TRIGGERS[0][0], body=LONG, headers=known)[0] == 202
    assert web.ask("POST", TRIGGERS[0][0], body=LONG, headers={"Cookie": session})[0] == 403
