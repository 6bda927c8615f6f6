"""Both sign-ins under somebody who guesses: slowed down by name and by address, and no burden to others."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.test import Client

from rubric_jobs.web import sign_in
from tests import cpu
from tests.conftest import Caller
from tests.web.conftest import Web

pytestmark = pytest.mark.usefixtures("rows")

DOORS = ["/sign-in", "/admin/login/"]
FORM = "application/x-www-form-urlencoded"
RIGHT = "a-long-and-right-password"


@pytest.fixture(autouse=True)
def teacher(rows: None) -> User:
    return User.objects.create_superuser("teacher", password=RIGHT)


def knock(door: str, password: str, *, name: str = "teacher", address: str = "192.0.2.1") -> Any:
    return Client(REMOTE_ADDR=address).post(door, {"username": name, "password": password})


@pytest.mark.parametrize("door", DOORS)
def test_after_some_wrong_passwords_for_a_name_the_right_one_has_to_wait(settings: Any, door: str) -> None:
    settings.RUBRIC_THROTTLE_SIGN_IN_NAME = "3/h"
    for number in range(3):
        assert knock(door, "wrong", address=f"192.0.2.{number}").status_code == 200
    refused = knock(door, RIGHT, address="192.0.2.9")
    assert refused.status_code == 429
    assert 0 < int(refused["Retry-After"]) <= 1201
    assert "Too many attempts" in refused.content.decode()
    assert knock(door, "wrong", name="another").status_code == 200


@pytest.mark.parametrize("door", DOORS)
def test_one_address_does_not_try_name_after_name(settings: Any, door: str) -> None:
    settings.RUBRIC_THROTTLE_SIGN_IN_ADDRESS = "3/h"
    network = "2001:db8:1:2"
    for number in range(3):
        assert knock(door, "wrong", name=f"name{number}", address=f"{network}::{number}").status_code == 200
    assert knock(door, "wrong", name="name4", address=f"{network}::4").status_code == 429
    assert knock(door, "wrong", name="name4", address="2001:db8:1:3::1").status_code == 200


def test_right_passwords_are_not_counted(settings: Any) -> None:
    settings.RUBRIC_THROTTLE_SIGN_IN_NAME = settings.RUBRIC_THROTTLE_SIGN_IN_ADDRESS = "2/h"
    assert {knock("/sign-in", RIGHT).status_code for _ in range(5)} == {302}


@pytest.fixture
def no_room() -> Iterator[None]:
    """As many passwords wait to be hashed as may."""
    with ExitStack() as held:
        for _ in range(1 + sign_in.MOST_WAITING):
            held.enter_context(sign_in._room)
        yield


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.usefixtures("no_room")
def test_where_many_passwords_wait_to_be_hashed_others_are_asked_to_come_again(door: str) -> None:
    refused = knock(door, RIGHT)
    assert refused.status_code == 503
    assert int(refused["Retry-After"]) > 0
    assert "try again" in refused.content.decode()


def test_passwords_are_hashed_behind_all_other_work() -> None:
    assert knock("/sign-in", RIGHT).status_code == 302
    (thread,) = (thread for thread in threading.enumerate() if thread.name.startswith("hashing"))
    assert thread.native_id is not None
    assert os.getpriority(os.PRIO_PROCESS, thread.native_id) >= sign_in.NICENESS


@pytest.mark.parametrize("door", DOORS)
def test_a_charset_that_is_no_texts_is_refused_plainly(door: str) -> None:
    answer = Client().generic("POST", door, b"a=b", content_type=f"{FORM}; charset=zip")
    assert answer.status_code == 400
    assert b"charset" in answer.content


def test_a_nul_in_a_filter_of_the_admin_is_refused_plainly() -> None:
    client = Client()
    client.force_login(User.objects.get())
    assert client.get("/admin/rubric_jobs/membership/?account=%00").status_code == 400
    assert client.get("/admin/rubric_jobs/rubricjob/?tenant=%00&q=a").status_code == 400


def test_a_crowd_that_guesses_slows_no_request_down_and_breaks_nothing(
    other_web: Callable[..., Web], owner: Caller
) -> None:
    unlimited = {"RUBRIC_THROTTLE_SIGN_IN_NAME": "", "RUBRIC_THROTTLE_SIGN_IN_ADDRESS": ""}
    production = {"DJANGO_DEBUG": "false", "DJANGO_SECRET_KEY": "x" * 60, "DJANGO_ALLOWED_HOSTS": "127.0.0.1"}
    web = other_web(JWT_SIGNING_KEY=settings.JWT_SIGNING_KEY, **unlimited, **production)
    _, headers, page = web.ask("GET", "/sign-in")
    token = page.decode().partition('name="csrfmiddlewaretoken" value="')[2].partition('"')[0]
    form = {
        "Cookie": headers["set-cookie"].partition(";")[0],
        "Content-Type": FORM,
        "X-Forwarded-Proto": "https",
        "Referer": f"https://127.0.0.1:{web.port}/sign-in",
    }
    body = f"csrfmiddlewaretoken={token}&username=teacher&password=wrong"
    statuses: list[int] = []
    waits: list[float] = []

    def guess() -> int:
        # Hashing has the lowest priority: other tests' processes come first, too.
        return web.ask("POST", "/sign-in", body=body, headers=form, timeout=300)[0]

    with ThreadPoolExecutor(10) as crowd:
        guesses = [crowd.submit(guess) for _ in range(10)]
        while not all(each.done() for each in guesses):
            began = time.monotonic()
            assert web.ask("GET", "/api/rubric-jobs/", owner)[0] == 200
            waits.append(time.monotonic() - began)
            time.sleep(0.05)
        statuses = [each.result() for each in guesses]
    assert set(statuses) <= {200, 503}
    assert 200 in statuses
    assert sorted(waits)[len(waits) // 2] < 0.5 * cpu.crowding()
