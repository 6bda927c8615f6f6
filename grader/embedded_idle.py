"""Ends an embedded server that nobody uses any more; `python -m grader.embedded_idle stop` ends it at once.

A command that needs the database starts the server and leaves it running for the next one. A process of its own watches
it from then on, because no command knows whether it was the last.
"""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import psycopg

from grader import embedded_postgres
from grader.embedded_postgres import Server

PROJECT = Path(__file__).resolve().parent.parent
IDLE_S = 600.0
"""Without a client for so long, the server ends. The next command starts it again within a second."""
LOOKS = 10
"""How often the watcher looks within the time that makes a server idle."""

_USE = """
SELECT (SELECT sum(sessions)::bigint FROM pg_stat_database),
  (SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid())"""


def ensure_running(server: Server, state: Path) -> bool:
    """Start the server under `state` unless it runs, with a watcher that outlives this process. True if it was down."""
    if not server.ensure_running():
        return False
    subprocess.Popen(  # noqa: S603 - ourselves
        [sys.executable, "-m", "grader.embedded_idle", "watch", str(state), str(IDLE_S)],
        cwd=PROJECT,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    return True


def watch(server: Server, idle_s: float) -> None:
    """Stop the server once it has had no client for `idle_s`; return when it is down, whoever stopped it."""
    used_at, known = time.monotonic(), -1
    while server.is_running():
        try:
            with psycopg.connect(server.url("postgres"), connect_timeout=5) as connection:
                sessions, clients = connection.execute(_USE).fetchone() or (0, 0)
        except psycopg.OperationalError:
            return  # it is going down, or is not ours
        # The watcher's own look is a session, too.
        if clients or sessions > known + 1:
            used_at = time.monotonic()
        known = sessions
        if time.monotonic() - used_at >= idle_s:
            server.stop()
            return
        time.sleep(idle_s / LOOKS)


def main(command: str, state: str = str(PROJECT / ".data"), idle_s: str = "0") -> None:
    server = embedded_postgres.under(Path(state))
    if command == "watch":
        watch(server, float(idle_s))
    elif server.is_running():
        server.stop()
        sys.stdout.write("Stopped the embedded PostgreSQL.\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
