"""The whole service on this machine in the foreground: database, web server, worker."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from contextlib import ExitStack, suppress
from pathlib import Path
from types import TracebackType
from typing import Self

import psutil
from django.conf import settings

from grader import embedded_idle

READY_S = 30.0
STOP_S = 20.0


class LocalServiceError(RuntimeError):
    """The service did not start, or ended by itself."""


class LocalService:
    """`with LocalService() as service:` runs a web server at `service.address` and a worker, and ends them afterwards.

    `environ` is added to this process's own environment; the processes write to `logs`. The database is migrated first,
    unless it `is_migrated`.
    """

    def __init__(
        self,
        *,
        port: int = 0,
        environ: Mapping[str, str] | None = None,
        logs: Path | None = None,
        is_migrated: bool = False,
    ) -> None:
        self.port = port or _free_port()
        self.address = f"http://127.0.0.1:{self.port}"
        self.logs = logs or settings.STATE_DIR / "logs"
        self._environ = {**os.environ, **(environ or {})}
        self._is_migrated = is_migrated
        self._started = ExitStack()
        self.processes: dict[str, subprocess.Popen[bytes]] = {}

    def __enter__(self) -> Self:
        with ExitStack() as undo:
            undo.push(self)
            self._start_database()
            if not self._is_migrated:
                self._manage("migrate", "--verbosity=0")
            self._start("worker", sys.executable, "manage.py", "qcluster")
            self._start("web", sys.executable, "-m", "uvicorn", "grader.asgi:application", f"--port={self.port}",
                        "--no-access-log", "--log-level=warning",
                        "--http=grader.web_connections:Connection", "--backlog=64")  # fmt: skip
            self._wait_until_it_answers()
            undo.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._started.close()

    def ensure_alive(self) -> None:
        """Raises LocalServiceError when one of the processes has ended."""
        for name, process in self.processes.items():
            if process.poll() is not None:
                raise LocalServiceError(f"The {name} process ended; see {self.logs / name}.log.")

    def _start_database(self) -> None:
        if "DATABASE_URL" in self._environ:
            return
        if embedded_idle.ensure_running(settings.EMBEDDED_POSTGRES, settings.STATE_DIR):
            self._started.callback(settings.EMBEDDED_POSTGRES.stop)

    def _manage(self, *arguments: str) -> None:
        subprocess.run([sys.executable, "manage.py", *arguments], cwd=settings.BASE_DIR, env=self._environ, check=True)  # noqa: S603

    def _start(self, name: str, *command: str) -> None:
        self.logs.mkdir(parents=True, exist_ok=True)
        with open(self.logs / f"{name}.log", "ab") as log:
            process = subprocess.Popen(  # noqa: S603
                command,
                cwd=settings.BASE_DIR,
                env=self._environ,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                # Ctrl-C reaches only this process, which stops the others in order.
                start_new_session=True,
            )
        self.processes[name] = process
        self._started.callback(_end, process)

    def _wait_until_it_answers(self) -> None:
        deadline = time.monotonic() + READY_S
        while time.monotonic() < deadline:
            self.ensure_alive()
            try:
                with urllib.request.urlopen(f"{self.address}/healthz", timeout=5):  # noqa: S310
                    return
            except (urllib.error.URLError, TimeoutError):
                time.sleep(0.05)
        raise LocalServiceError(f"The web server did not answer within {READY_S:.0f} s; see {self.logs / 'web'}.log.")


def _end(process: subprocess.Popen[bytes]) -> None:
    process.send_signal(signal.SIGTERM)
    # Not Popen.wait: if Ctrl-C interrupted it, it holds its own lock and would wait without end.
    with suppress(psutil.NoSuchProcess):
        waited_for = psutil.Process(process.pid)
        try:
            waited_for.wait(STOP_S)
        except psutil.TimeoutExpired:
            process.kill()
            waited_for.wait()
    process.poll()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
