"""The embedded server: started once, stopped for good, closed to strangers, whoever runs it from wherever."""

from __future__ import annotations

import os
import shutil
import stat
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
import pytest

from grader import embedded_idle, embedded_postgres
from grader.embedded_postgres import EmbeddedPostgresError, Server
from tests import servers

pytestmark = pytest.mark.long

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root drops to another account")


@pytest.fixture(scope="module")
def _server() -> Iterator[Server]:
    with servers.fresh_server() as running:
        yield running


@pytest.fixture
def server(_server: Server) -> Server:
    """Running, whatever the test before left; to make its data takes a second of CPU time."""
    _server.ensure_running()
    return _server


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_it_is_a_postgresql_18_that_listens_on_no_network_port(server: Server) -> None:
    with psycopg.connect(server.url()) as connection:
        assert connection.info.server_version // 10000 == 18
        assert connection.execute("SHOW listen_addresses").fetchone() == ("",)


def test_data_survive_a_stop_and_a_start(server: Server) -> None:
    with psycopg.connect(server.url()) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 42 AS answer")
    server.stop()
    assert not server.is_running()
    assert server.ensure_running()
    with psycopg.connect(server.url()) as connection:
        assert connection.execute("SELECT answer FROM kept").fetchone() == (42,)


def test_it_ends_when_nobody_has_used_it_for_a_while(server: Server) -> None:
    idle_s = 0.5
    with ThreadPoolExecutor(1) as apart:
        watcher = apart.submit(embedded_idle.watch, server, idle_s)
        with psycopg.connect(server.url()), pytest.raises(TimeoutError):  # it is in use
            watcher.result(timeout=3 * idle_s)
        deadline = time.monotonic() + 3 * idle_s
        while time.monotonic() < deadline:  # short visits are use, too
            psycopg.connect(server.url()).close()
        assert server.is_running()
        watcher.result(timeout=20)
    assert not server.is_running()


def test_it_is_stopped_by_a_command(server: Server, capsys: pytest.CaptureFixture[str]) -> None:
    for said in ("Stopped the embedded PostgreSQL.\n", ""):
        embedded_idle.main("stop", str(server.lock.parent))
        assert capsys.readouterr().out == said
    assert not server.is_running()


def test_of_many_that_find_it_down_one_starts_it(server: Server) -> None:
    server.stop()
    with ThreadPoolExecutor(4) as starters:
        started = list(starters.map(lambda _: server.ensure_running(), range(4)))
    assert sorted(started) == [False, False, False, True]


def test_data_and_socket_are_closed_to_others(server: Server) -> None:
    assert mode(server.data) == mode(server.socket_folder) == 0o700


def test_a_folder_of_somebody_else_is_refused(server: Server) -> None:
    stranger = 12345
    server.stop()
    if os.geteuid() != 0:
        pytest.skip("only root can give a folder away")
    owner = server.socket_folder.stat()
    os.chown(server.socket_folder, stranger, stranger)
    try:
        with pytest.raises(EmbeddedPostgresError, match="belongs to somebody else"):
            server.ensure_running()
    finally:
        os.chown(server.socket_folder, owner.st_uid, owner.st_gid)


def test_a_long_path_gets_its_socket_in_a_short_one(tmp_path: Path) -> None:
    state = tmp_path / ("deep" * 10) / ("deeper" * 10) / ".data"
    state.parent.mkdir(parents=True)
    for step in (state.parent, *state.parent.parents):
        if step.is_relative_to(tmp_path):
            step.chmod(0o755)
    server = embedded_postgres.under(state)
    assert len(str(server.socket_folder)) <= embedded_postgres.LONGEST_SOCKET_FOLDER


@as_root
def test_root_under_a_closed_home_runs_it_outside_and_widens_no_mode(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir(mode=0o700)
    server = embedded_postgres.under(home / "checkout" / ".data")
    assert server.outside is not None
    try:
        assert server.ensure_running()
        with psycopg.connect(server.url()) as connection:
            assert connection.execute("SELECT 1").fetchone() == (1,)
        assert mode(home) == mode(server.outside) == 0o700
        assert not server.data.is_relative_to(home)
    finally:
        server.stop()
        shutil.rmtree(server.outside)


@as_root
def test_root_never_runs_it_as_root(server: Server) -> None:
    assert server.account is not None
    assert server.data.stat().st_uid == server.account.pw_uid != 0
