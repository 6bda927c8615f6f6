"""The doors around the page: who gets in, what may be loaded, and how a newcomer gets an account."""

from __future__ import annotations

import asyncio
import subprocess
from collections.abc import Iterator
from io import StringIO

import psutil
import pytest
from django.contrib.auth import authenticate, get_user_model
from django.core.management import CommandError, call_command
from django.test import AsyncClient, Client, override_settings

from grader import local_service
from grader.content_security import POLICY
from rubric_jobs.management.commands.run_local import Command as RunLocal
from rubric_jobs.models import Membership

SCRIPT = "/static/rubric_jobs/rubric-jobs.js"

pytestmark = pytest.mark.django_db


def make_account(*options: str) -> tuple[str, str]:
    """The name and the password that the command prints."""
    told = StringIO()
    call_command("create_local_user", *options, stdout=told)
    name, password = (line.partition(":")[2].strip() for line in told.getvalue().splitlines())
    return name, password


def test_the_page_asks_a_stranger_to_sign_in(client: Client) -> None:
    answer = client.get("/")
    assert (answer.status_code, answer["Location"]) == (302, "/sign-in?next=/")


def test_signing_out_takes_a_post(client: Client) -> None:
    client.force_login(get_user_model().objects.create_user("teacher"))
    assert client.get("/sign-out").status_code == 405
    assert client.post("/sign-out").status_code == 302
    assert client.get("/").status_code == 302


def test_after_signing_in_nobody_is_sent_to_another_host(client: Client) -> None:
    name, password = make_account()
    answer = client.post("/sign-in?next=https://evil.example/", {"username": name, "password": password})
    assert (answer.status_code, answer["Location"]) == (302, "/")


@pytest.mark.parametrize("target", ["/sign-in", "/sign-in?next=/sign-in", "//sign-in", "http://testserver/sign-in"])
def test_who_is_signed_in_and_sent_back_to_sign_in_comes_to_the_page(client: Client, target: str) -> None:
    client.force_login(get_user_model().objects.create_user("teacher"))
    answer = client.get("/sign-in", {"next": target}, follow=True)
    assert answer.redirect_chain[-1] == ("/", 302)
    assert answer.status_code == 200


@pytest.mark.parametrize("path", ["/sign-in", SCRIPT, "/api/rubric-jobs/", "/admin/login/", "/no-such-page"])
def test_every_answer_carries_the_policy(client: Client, path: str) -> None:
    answer = client.get(path)
    answer.close()
    assert answer["Content-Security-Policy"] == POLICY


def test_the_policy_lets_nothing_in_line_and_nothing_from_elsewhere() -> None:
    assert "unsafe" not in POLICY
    assert POLICY.startswith("default-src 'none'")
    assert "http" not in POLICY


@override_settings(RUBRIC_LLM_PROVIDER="openai", RUBRIC_LLM_FALLBACK=["gemini"], OPENAI_API_KEY="a", GEMINI_API_KEY="b")
def test_the_page_knows_who_reads_when_nobody_chooses(client: Client) -> None:
    client.force_login(get_user_model().objects.create_user("teacher"))
    page = client.get("/").content.decode()
    assert 'providers="gemini openai" usual-provider="openai" fallback-providers="gemini"' in page


@pytest.fixture(params=[False, True], ids=["as in service", "as in development"])
def _static_files(request: pytest.FixtureRequest) -> Iterator[None]:
    with override_settings(WHITENOISE_AUTOREFRESH=request.param):
        yield


@pytest.mark.usefixtures("_static_files")
def test_static_files_are_served_with_and_without_an_event_loop(client: Client) -> None:
    threaded = client.get(SCRIPT)
    looped = asyncio.run(AsyncClient().get(SCRIPT))  # type: ignore[arg-type]
    assert threaded.status_code == looped.status_code == 200
    assert b"".join(threaded) == looped.content  # type: ignore[arg-type]
    threaded.close()
    assert looped["Content-Type"] == threaded["Content-Type"] == 'text/javascript; charset="utf-8"'


@pytest.mark.usefixtures("_static_files")
def test_a_static_file_that_has_not_changed_is_not_sent_again() -> None:
    first = asyncio.run(AsyncClient().get(SCRIPT))  # type: ignore[arg-type]
    again = asyncio.run(AsyncClient().get(SCRIPT, headers={"If-Modified-Since": first["Last-Modified"]}))  # type: ignore[arg-type]
    assert (again.status_code, again.content) == (304, b"")


def test_a_local_account_is_a_tenants_user() -> None:
    name, password = make_account("--username", "frau.kessler")
    account = authenticate(username=name, password=password)
    assert account
    assert Membership.objects.filter(account_id=account.pk).exists()


def test_an_account_is_not_made_twice_but_gets_a_new_password() -> None:
    name, first = make_account()
    identity = Membership.objects.get().user_id
    with pytest.raises(CommandError, match="already"):
        make_account()
    _, second = make_account("--new-password")
    assert authenticate(username=name, password=second)
    assert not authenticate(username=name, password=first)
    assert Membership.objects.get().user_id == identity


def test_a_newcomer_is_shown_a_way_in_once() -> None:
    def greeting() -> str:
        told = StringIO()
        RunLocal(stdout=told)._show_the_way_in()
        return told.getvalue()

    assert "Password:" in greeting()
    assert "Password:" not in (later := greeting())
    assert "--new-password" in later


def test_a_process_of_a_local_service_is_ended_though_ctrl_c_came_while_it_was_looked_at() -> None:
    process = subprocess.Popen(["sleep", "60"])
    process._waitpid_lock.acquire()  # type: ignore[attr-defined]  # as an interrupt inside of poll() leaves it
    local_service._end(process)
    assert not psutil.pid_exists(process.pid)
    process._waitpid_lock.release()  # type: ignore[attr-defined]
    assert process.poll() is not None


def test_a_process_of_a_local_service_that_takes_no_hint_is_killed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(local_service, "STOP_S", 0.2)
    process = subprocess.Popen(["sh", "-c", "trap '' TERM; echo; sleep 60"], stdout=subprocess.PIPE)
    with process:
        assert process.stdout is not None
        process.stdout.readline()  # it ignores the hint from here on
        local_service._end(process)
    assert not psutil.pid_exists(process.pid)
