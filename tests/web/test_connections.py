"""A web process under connections that ask nothing, or never end: it goes on answering, and says little."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import pytest

from tests.web.conftest import Web, database_url

pytestmark = [pytest.mark.long, pytest.mark.usefixtures("rows")]

HASTY = "--http=tests.web.hasty_connections:Hasty"
WHOLE = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"
HALF_A_HEAD = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nX-"
HALF_A_BODY = b"POST /sign-in HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\nusername="


@contextmanager
def web(logs: Path, *options: str, descriptors: int | None = None) -> Iterator[Web]:
    served = Web(logs, *options, descriptors=descriptors, DATABASE_URL=database_url())
    try:
        yield served
    finally:
        served.stop()


def sent(served: Web, data: bytes) -> socket.socket:
    connection = socket.create_connection(("127.0.0.1", served.port), timeout=10)
    connection.sendall(data)
    return connection


def answer(connection: socket.socket) -> bytes:
    """All that comes until the other side closes."""
    parts = []
    while part := connection.recv(65536):
        parts.append(part)
    return b"".join(parts)


@pytest.mark.parametrize("half", [b"", HALF_A_HEAD, HALF_A_BODY], ids=["nothing", "half a head", "half a body"])
def test_a_request_that_does_not_come_is_given_up(other_web: Callable[..., Web], half: bytes) -> None:
    with sent(other_web(HASTY), half) as connection:
        began = time.monotonic()
        assert answer(connection).startswith(b"HTTP/1.1 408 ")
        assert time.monotonic() - began < 5


def test_a_second_request_of_a_connection_has_its_own_time(other_web: Callable[..., Web]) -> None:
    with sent(other_web(HASTY), WHOLE) as connection:
        assert connection.recv(65536).startswith(b"HTTP/1.1 200 ")
        time.sleep(0.8)  # at rest a connection may stay for longer
        connection.sendall(HALF_A_HEAD)
        assert b"HTTP/1.1 408 " in answer(connection)


def test_a_body_that_goes_on_coming_is_not_cut_off(other_web: Callable[..., Web]) -> None:
    head = b"POST /sign-in HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: 160000\r\n\r\n"
    with sent(other_web(HASTY), head) as connection:
        for _ in range(8):
            time.sleep(0.2)
            connection.sendall(b"x" * 20_000)
        assert not answer(connection).startswith(b"HTTP/1.1 408 ")


def test_with_all_its_connections_taken_a_web_process_answers_the_health_check(tmp_path: Path) -> None:
    with web(tmp_path, "--limit-concurrency=30") as served, ExitStack() as held:
        for _ in range(30):
            held.enter_context(sent(served, HALF_A_HEAD))
        assert served.ask("GET", "/healthz")[0] == 200
        assert served.ask("GET", "/")[0] == 503
        for _ in range(60):  # of these, all but a few are closed at once
            held.enter_context(sent(served, HALF_A_HEAD))
        said = served.log.read_text()
        assert said.count("connections are open") == 1


def test_a_crowd_of_connections_leaves_descriptors_for_the_health_check(tmp_path: Path) -> None:
    with web(tmp_path, descriptors=512) as served, ExitStack() as held:
        for _ in range(700):
            with suppress(OSError):
                held.enter_context(sent(served, HALF_A_HEAD))
        deadline = time.monotonic() + 10
        while True:
            try:
                assert served.ask("GET", "/healthz")[0] == 200
                break
            except OSError:
                assert time.monotonic() < deadline
                time.sleep(0.1)
        assert "out of system resource" not in served.log.read_text()


def test_an_upgrade_to_a_websocket_is_refused_plainly(other_web: Callable[..., Web]) -> None:
    upgrade = (
        b"GET /api/rubric-jobs/ HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
        b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
    )
    for option, status in (("--http=grader.web_connections:Connection", b"401"), ("--http=h11", b"403")):
        served = other_web(option)
        with sent(served, upgrade) as connection:
            assert connection.recv(65536).startswith(b"HTTP/1.1 " + status)
            assert "Traceback" not in served.log.read_text()
