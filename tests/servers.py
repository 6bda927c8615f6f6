"""PostgreSQL servers that tests start for themselves."""

from __future__ import annotations

import shutil
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
from psycopg import sql

from grader import embedded_postgres
from grader.embedded_postgres import Server


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
def fresh_database(server_url: str) -> Iterator[str]:
    """The URL of an empty database on the server that `server_url` names, dropped afterwards."""
    name = f"test_{uuid.uuid4().hex[:12]}"
    with psycopg.connect(server_url, autocommit=True) as admin:
        admin.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    given = psycopg.conninfo.conninfo_to_dict(server_url)
    try:
        yield f"postgresql://{given['user']}@/{name}?host={given['host']}"
    finally:
        with psycopg.connect(server_url, autocommit=True) as admin:
            admin.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))
