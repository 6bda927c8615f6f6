"""PostgreSQL servers and databases that tests make for themselves, and a pooler before them."""

from __future__ import annotations

import configparser
import re
import shutil
import socket
import subprocess
import tempfile
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
from django.conf import settings
from django.core.management import call_command
from django.db import connection, connections
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict

from grader import embedded_postgres
from grader.embedded_postgres import Server
from tests import installed

UNHURRIED = sql.SQL("ALTER DATABASE {} SET synchronous_commit = off")
"""Commits do not wait for the disk, which matters in a crash of the server alone; those have servers of their own."""


@contextmanager
def fresh_server(binaries: Path | None = None) -> Iterator[Server]:
    """A running server of its own, gone afterwards; of the packaged binaries unless others are named."""
    home = Path(tempfile.mkdtemp(prefix="rubric-jobs-"))
    home.chmod(0o711)  # ours and empty: the server's account must be able to walk through
    server = embedded_postgres.under(home)
    if binaries:
        server = Server(
            binaries=binaries,
            data=home / "postgres",
            socket_folder=home / "socket",
            lock=home / "lock",
            account=server.account,
        )
    try:
        server.ensure_running()
        yield server
    finally:
        server.stop()
        shutil.rmtree(home)
        if server.outside:
            shutil.rmtree(server.outside)


@contextmanager
def fresh_database(server_url: str, *, like: str | None = None) -> Iterator[str]:
    """The URL of a database on the server that `server_url` names, dropped afterwards: an empty one, or a copy."""
    name = f"test_{uuid.uuid4().hex[:12]}"
    original = conninfo_to_dict(like)["dbname"] if like else "template1"
    create = sql.SQL("CREATE DATABASE {} TEMPLATE {}")
    with psycopg.connect(server_url, autocommit=True) as admin:
        admin.execute(create.format(sql.Identifier(name), sql.Identifier(original)))
        admin.execute(UNHURRIED.format(sql.Identifier(name)))
    given = conninfo_to_dict(server_url)
    try:
        yield f"postgresql://{given['user']}@/{name}?host={given['host']}"
    finally:
        with psycopg.connect(server_url, autocommit=True) as admin:
            admin.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


@contextmanager
def aimed_at(url: str) -> Iterator[None]:
    """Django's connections of this process, of all threads, go to the database that `url` names."""
    given = conninfo_to_dict(url)
    there = {"NAME": given["dbname"], "HOST": given["host"], "PORT": str(given.get("port", "")), "USER": given["user"]}
    settings_dict = connections["default"].settings_dict
    before = {name: settings_dict[name] for name in there}
    connection.close()
    settings_dict.update(there)
    try:
        yield
    finally:
        connection.close()
        settings_dict.update(before)


def migrate(url: str, *arguments: str) -> None:
    """Bring the database that `url` names to its last migration, or to the one that `arguments` name."""
    with aimed_at(url):
        call_command("migrate", *arguments, verbosity=0)


@contextmanager
def pooled(server: Server, *, pool_size: int) -> Iterator[str]:
    """The URL of the server's database through a PgBouncer that is set up as docs/operations.md says, but for where."""
    program = installed.pgbouncer()
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    home = server.data.with_name("pooler")
    server._make_private(home)
    told = documented_pooler()
    told["databases"] = {"rubric_jobs": f"host={server.socket_folder} dbname=rubric_jobs user=postgres"}
    del told["pgbouncer"]["auth_file"]
    told["pgbouncer"].update(listen_port=str(port), default_pool_size=str(pool_size), auth_type="any")
    told["pgbouncer"].update(unix_socket_dir="", logfile=str(home / "log"))
    with open(home / "pgbouncer.ini", "w") as written:
        told.write(written)
    account = server.account
    pooler = subprocess.Popen(  # PgBouncer, too, refuses to run as root
        [program, "--quiet", home / "pgbouncer.ini"],
        cwd="/",
        user=account.pw_uid if account else None,
        group=account.pw_gid if account else None,
        extra_groups=[] if account else None,
    )
    url = f"postgresql://postgres@127.0.0.1:{port}/rubric_jobs"
    try:
        _wait_for_answer(url)
        yield url
    finally:
        pooler.kill()
        pooler.wait()
        shutil.rmtree(home)


def documented_pooler() -> configparser.ConfigParser:
    """The pgbouncer.ini that operators are told to write."""
    page = (settings.BASE_DIR / "docs" / "operations.md").read_text()
    (fence,) = re.findall(r"^```ini pgbouncer\.ini\n(.*?)^```", page, re.MULTILINE | re.DOTALL)
    told = configparser.ConfigParser(interpolation=None)
    told.read_string(fence)
    return told


def _wait_for_answer(url: str, *, within_s: float = 10) -> None:
    deadline = time.monotonic() + within_s
    while True:
        try:
            psycopg.connect(url).close()
        except psycopg.OperationalError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)
        else:
            return
