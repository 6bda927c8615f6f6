"""Real `manage.py qcluster` processes: who of them is what, how to end them, and who is left over afterwards."""

from __future__ import annotations

import os
import re
import signal
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import psutil

from tests import cpu, warm

_SAID = re.compile(r"(ready for work|monitoring|pushing tasks) at (\d+)")
_ROLE_SAID = {"ready for work": "worker", "monitoring": "monitor", "pushing tasks": "pusher"}
ROLES = ("busy", "idle", "pusher", "monitor", "sentinel", "main")
"""Of a cluster's processes: pumps, django-q2 workers that are none, and those who direct them."""


def wait_until(condition: Callable[[], Any], *, within_s: float, what: str = "it") -> Any:
    """What `condition` returns once it holds, within so many seconds of a machine that has nothing else to do."""
    began = time.monotonic()
    while not (found := condition()):
        waited_s = time.monotonic() - began
        if waited_s > within_s and waited_s > within_s * cpu.crowding():
            raise AssertionError(f"{what} did not happen within {waited_s:.1f} s; {within_s} s are allowed")
        time.sleep(0.05)
    return found


class Cluster:
    """One cluster after the other with the same settings: what a supervisor keeps running.

    Each is a session of its own, by which even orphans are found.
    """

    def __init__(self, environ: Mapping[str, str], log: Path) -> None:
        self.log = log
        self._environ = {**os.environ, **environ}
        self._sessions: set[int] = set()
        self.process: ForkServerProcess | None = None
        self.exit_codes: list[int] = []
        self._log_began = 0

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.kill_all()

    def start(self) -> None:
        self._log_began = self.log.stat().st_size if self.log.exists() else 0
        self.process = warm.start("manage.py", "qcluster", environ=self._environ, log=self.log)
        self._sessions.add(self.pid)

    @property
    def pid(self) -> int:
        assert self.process is not None
        assert self.process.pid is not None
        return self.process.pid

    def has_pumps(self, count: int) -> bool:
        return len(self.pids("busy")) >= count

    def wait_for_pumps(self, count: int = 2, *, within_s: float = 60) -> Self:
        wait_until(lambda: self.has_pumps(count), within_s=within_s, what=f"starting {count} pumps ({self.log})")
        return self

    def everyone(self) -> list[psutil.Process]:
        """Every process that this cluster ever started and that still lives, orphans too; no zombies."""
        found = []
        for process in psutil.process_iter():
            with suppress(psutil.Error, ProcessLookupError):
                if os.getsid(process.pid) in self._sessions and process.status() != psutil.STATUS_ZOMBIE:
                    found.append(process)
        return found

    def pids(self, role: str) -> list[int]:
        """The living processes in this role of the cluster that runs now."""
        if role == "main":
            return [self.pid] if psutil.pid_exists(self.pid) else []
        with suppress(psutil.Error):
            sentinels = [child.pid for child in psutil.Process(self.pid).children()]
            if role == "sentinel":
                return sentinels
            family = {child.pid for child in psutil.Process(self.pid).children(recursive=True)}
            workers = {pid for pid, said in self._said().items() if said == "worker"} & family
            if role == "busy":
                return sorted(workers & _holders_of_slots())
            if role == "idle":
                return sorted(workers - _holders_of_slots())
            return sorted(pid for pid, said in self._said().items() if said == role and pid in family)
        return []

    def _said(self) -> dict[int, str]:
        """What each process said of itself in the log, as django-q2 writes it."""
        with open(self.log) as log:
            log.seek(self._log_began)
            return {int(pid): _ROLE_SAID[what] for what, pid in _SAID.findall(log.read())}

    def kill(self, role: str, number: signal.Signals = signal.SIGKILL, *, choose: Callable[[list[int]], int]) -> bool:
        """Send a signal to one process in this role; False where there is none."""
        pids = self.pids(role)
        if not pids:
            return False
        with suppress(ProcessLookupError):
            os.kill(choose(pids), number)
        return True

    def signal(self, number: signal.Signals) -> None:
        os.kill(self.pid, number)

    def signal_group(self, number: signal.Signals) -> None:
        os.killpg(self.pid, number)

    def ended(self, *, within_s: float) -> int:
        """The exit code, as a supervisor sees it (negative: the signal that killed it)."""
        assert self.process is not None
        code = warm.ended(self.process, within_s=within_s)
        self.exit_codes.append(code)
        return code

    def kill_all(self) -> None:
        if self.process is not None:
            self.process.kill()  # it may not have its session yet
        for process in self.everyone():
            with suppress(psutil.Error):
                process.kill()
        if self.process is not None:
            warm.ended(self.process, within_s=10)


def _holders_of_slots() -> set[int]:
    """Processes that hold a record lock: only pumps do, on their slot."""
    with open("/proc/locks") as locks:
        return {int(fields[4]) for line in locks if (fields := line.split())[1] == "POSIX" and fields[3] == "WRITE"}


class Supervisor:
    """Starts a cluster anew each time that it has ended, as systemd or a container's restart policy would."""

    def __init__(self, cluster: Cluster) -> None:
        self.cluster, self.restarts = cluster, 0
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._stopping.set()
        self._thread.join(10)

    def _watch(self) -> None:
        while not self._stopping.wait(0.1):
            assert self.cluster.process is not None
            if (code := self.cluster.process.exitcode) is not None:
                self.cluster.exit_codes.append(code)
                self.restarts += 1
                self.cluster.start()
