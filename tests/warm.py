"""Real processes of the service without the two seconds of CPU time that importing its packages takes.

They are forked off one process that has imported what depends on no setting: the vendors' SDKs, Django, the reader.
From there on each runs as from the command line, with its own environment, session and log.
"""

from __future__ import annotations

import multiprocessing
import os
import resource
import runpy
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from multiprocessing.context import ForkServerProcess
from pathlib import Path

from grader.local_service import STOP_S, LocalService

PROJECT = Path(__file__).resolve().parents[1]
PRELOADED = [
    "pytest",  # else each process would import it, because it is this process's main module
    "tests.warm",
    "aiohttp",
    "django.contrib.admin.apps",
    "django.core.management",
    "django.db.models",
    "django.urls",
    "google.genai.types",
    "openai",
    "prometheus_client",
    "psutil",
    "psycopg",
    "rubric_jobs.llm.providers.registry",
    "rubric_jobs.pipelines.enhancement",
    "rubric_jobs.pipelines.extraction",
    "structlog",
    "uvicorn",
]

_context = multiprocessing.get_context("forkserver")
_context.set_forkserver_preload(PRELOADED)


def start(*command: str, environ: Mapping[str, str], log: Path, descriptors: int | None = None) -> ForkServerProcess:
    """A script of the project with its arguments, or `-m`, a module and its arguments, in a session of its own.

    Its output is added to `log`; `descriptors` is how many files and connections it may have open.
    """
    log.touch()
    process = _context.Process(target=_run, args=(command, dict(environ), str(log), descriptors))
    process.start()
    return process


class WarmService(LocalService):
    """A whole service of such processes, for tests to which its start is no matter."""

    def _start(self, name: str, *command: str) -> None:
        process = start(*command[1:], environ=self._environ, log=self.logs / f"{name}.log")
        self.processes[name] = _Running(process)  # type: ignore[assignment]
        self._started.callback(self._end, process)

    @staticmethod
    def _end(process: ForkServerProcess) -> None:
        process.terminate()
        process.join(STOP_S)
        process.kill()
        process.join()


@dataclass(frozen=True)
class _Running:
    """As much of a `subprocess.Popen` as a LocalService asks."""

    process: ForkServerProcess

    @property
    def pid(self) -> int | None:
        return self.process.pid

    def poll(self) -> int | None:
        return self.process.exitcode


def ended(process: ForkServerProcess, *, within_s: float) -> int:
    """The exit code, as a supervisor sees it (negative: the signal that killed it)."""
    process.join(within_s)
    code = process.exitcode
    assert code is not None, f"process {process.pid} runs on after {within_s} s"
    return code


def _run(command: tuple[str, ...], environ: dict[str, str], log: str, descriptors: int | None) -> None:
    os.setsid()
    if descriptors:
        resource.setrlimit(resource.RLIMIT_NOFILE, (descriptors, descriptors))
    output = os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    nothing = os.open(os.devnull, os.O_RDONLY)
    for source, target in ((nothing, 0), (output, 1), (output, 2)):
        os.dup2(source, target)
    os.environ.clear()
    os.environ.update(environ)
    os.chdir(PROJECT)
    is_module = command[0] == "-m"
    sys.argv = list(command[is_module:])
    if is_module:
        runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
    else:
        runpy.run_path(sys.argv[0], run_name="__main__")
