"""Four attacks on the running service, over loopback: `make attack`, about four minutes.

    python -m tests.attack [--tree DIRECTORY] [--only heavy|connections|guesses|bodies]

Starts workers and a web process with 1,024 descriptors on a database of their own, attacks them as a caller or a
stranger would, and prints each figure beside the one that this script measured before the service was hardened.
`--tree` attacks another checkout. Every attack is bounded in count and time.
"""

from __future__ import annotations

import argparse
import base64
import http.client
import json
import os
import resource
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import django
import jwt

BEFORE = {
    "temporary files of 20 anonymous requests, MB": "169",
    "of 60 wrong passwords, looked at": "60",
    "then the right one": "lets in",
    "the API beside 30 guesses at once, median": "6.94 s",
    "the slowest answer of the API": "13.17 s",
    "guesses that ended as 500": "10",
    "a plain document beside 60 heavy ones of another tenant": "not within 240 s",
    "streams opened of 1300 by one token": "0",
    "health check meanwhile": "no answer in 11 s",
    "health check beside 1020 half-sent requests": "no answer in 11 s",
    "and 12 s later": "no answer in 11 s",
    "log of the web process, MB": "4.1",
}
"""As this script measured commit dff3492 (2026-11-30), on 2 cores with other work on them."""

KEY = "a key for attacks that is long enough for HS256"
DESCRIPTORS = 1024
HEAVY, STREAMS, HALF_SENT, WRONG, GUESSES, BODIES = 60, 1300, 1020, 60, 30, 20
LONGEST_WAIT_S = 240.0
MB = 1024 * 1024
FORM = "application/x-www-form-urlencoded"
PDF = "application/pdf"
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
_NUMBER = "{:.1f}"


@dataclass
class Site:
    """The service under attack: its web process's port and id, and its logs."""

    tree: Path
    environ: dict[str, str]
    port: int
    web: subprocess.Popen[bytes]
    log: Path

    def manage(self, *arguments: str) -> None:
        subprocess.run([sys.executable, "manage.py", *arguments], cwd=self.tree, env=self.environ, check=True,
                       stdout=subprocess.DEVNULL)  # fmt: skip

    def ask(
        self, method: str, path: str, *, body: Any = None, timeout_s: float = 60, **headers: str
    ) -> tuple[int, http.client.HTTPMessage, bytes]:
        with closing(http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout_s)) as connection:
            known = {name.replace("_", "-"): value for name, value in headers.items()}
            connection.request(method, path, body=body, headers={"X-Forwarded-Proto": "https", **known})
            answer = connection.getresponse()
            return answer.status, answer.headers, answer.read()

    def submit(self, token: str, data: bytes) -> str:
        kind = PDF if data.startswith(b"%PDF") else DOCX
        job = {"file": base64.b64encode(data).decode(), "fileName": "a", "fileType": kind, "llmProvider": "local"}
        headers = {"Authorization": f"Bearer {token}", "Content_Type": "application/json"}
        status, _, told = self.ask("POST", "/api/extract-rubric-trigger", body=json.dumps(job), **headers)
        assert status == 202, told
        return str(json.loads(told)["jobId"])

    def status(self, token: str, job_id: str) -> str:
        path = f"/api/extract-rubric-status?jobId={job_id}"
        return str(json.loads(self.ask("GET", path, Authorization=f"Bearer {token}")[2])["status"])

    def connect(self, data: bytes) -> socket.socket:
        connection = socket.create_connection(("127.0.0.1", self.port), timeout=5)
        connection.sendall(data)
        return connection

    def health(self, *, within_s: float = 10) -> str:
        """How long a health check takes; it tries again for as long as it is refused or ignored."""
        began = time.monotonic()
        while (waited_s := time.monotonic() - began) < within_s:
            with suppress(OSError, http.client.HTTPException):
                if self.ask("GET", "/healthz", timeout_s=2)[0] == 200:
                    return f"answered in {time.monotonic() - began:.1f} s"
            time.sleep(0.1)
        return f"no answer in {waited_s:.0f} s"

    def stored_mb(self) -> float:
        """What the web process holds in temporary files, which have no name any more."""
        size = 0
        for descriptor in Path(f"/proc/{self.web.pid}/fd").iterdir():
            with suppress(OSError):
                if "(deleted)" in os.readlink(descriptor):
                    size += descriptor.stat().st_size
        return size / MB


def token(tenant_id: uuid.UUID) -> str:
    claims = {"sub": str(uuid.uuid4()), "tenant_id": str(tenant_id), "exp": time.time() + 3600}
    return jwt.encode(claims, KEY, algorithm="HS256")


@contextmanager
def attacked(tree: Path) -> Iterator[Site]:
    from tests import servers

    with ExitStack() as undo:
        server = undo.enter_context(servers.fresh_server())
        folder = Path(undo.enter_context(tempfile.TemporaryDirectory(prefix="attack-")))
        environ = {
            **os.environ,
            "DATABASE_URL": undo.enter_context(servers.fresh_database(server.url("postgres"))),
            "DJANGO_DEBUG": "false",
            "DJANGO_SECRET_KEY": uuid.uuid4().hex * 2,
            "DJANGO_ALLOWED_HOSTS": "127.0.0.1",
            "DJANGO_SUPERUSER_PASSWORD": "the right one",
            "JWT_SIGNING_KEY": KEY,
            "TMPDIR": str(folder),
        }
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = int(probe.getsockname()[1])
        command = [sys.executable, "-m", "uvicorn", "grader.asgi:application", f"--port={port}", "--no-access-log"]
        if (tree / "grader" / "web_connections.py").exists():
            command += ["--http=grader.web_connections:Connection", "--backlog=64"]
        command = ["sh", "-c", f'ulimit -n {DESCRIPTORS}; exec "$@"', "sh", *command]
        subprocess.run([sys.executable, "manage.py", "migrate", "--verbosity=0"], cwd=tree, env=environ, check=True)
        web = undo.enter_context(_running(tree, environ, folder / "web.log", command))
        undo.enter_context(_running(tree, environ, folder / "workers.log", [sys.executable, "manage.py", "qcluster"]))
        site = Site(tree, environ, port, web, folder / "web.log")
        assert "answered" in site.health(within_s=60), site.log.read_text()
        yield site


@contextmanager
def _running(tree: Path, environ: dict[str, str], log: Path, command: list[str]) -> Iterator[subprocess.Popen[bytes]]:
    with open(log, "ab") as file:
        process = subprocess.Popen(command, cwd=tree, env=environ, stdout=file, stderr=file, start_new_session=True)
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)


def heavy(site: Site) -> Iterator[tuple[str, str]]:
    """Row 1: one tenant's heavy documents, and another tenant's plain one."""
    from tests.reading.builders import as_docx
    from tests.reading.hostile import packed_twice
    from tests.reading.samples_grids import HEADER_POINTS

    attacker, other = token(uuid.uuid4()), token(uuid.uuid4())
    for number in range(HEAVY):
        site.submit(attacker, packed_twice(b"%d" % number))
    time.sleep(2)
    plain, began = site.submit(other, as_docx(HEADER_POINTS)), time.monotonic()
    while site.status(other, plain) != "completed" and time.monotonic() - began < LONGEST_WAIT_S:
        time.sleep(0.1)
    yield f"a plain document beside {HEAVY} heavy ones of another tenant", _s(time.monotonic() - began)


def connections(site: Site) -> Iterator[tuple[str, str]]:
    """Row 2: a token's event streams, and half-sent requests of strangers."""
    site.manage("pause_rubric_jobs", "--reason", "the jobs of this attack are never begun")
    caller = token(uuid.uuid4())
    job_id = site.submit(caller, (site.tree / "samples" / "essay-rubric.pdf").read_bytes())
    stream = (
        f"GET /api/rubric-jobs/{job_id}/events HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {caller}\r\n\r\n"
    )
    with ExitStack() as held:
        answers = _crowd(site, held, stream.encode(), STREAMS)
        opened = sum(answer.startswith(b"HTTP/1.1 200") for answer in answers)
        yield f"streams opened of {STREAMS} by one token", str(opened)
        yield "health check meanwhile", site.health()
    _until_quiet(site)
    with ExitStack() as held:
        _crowd(site, held, b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX-", HALF_SENT)
        yield f"health check beside {HALF_SENT} half-sent requests", site.health()
        time.sleep(12)
        yield "and 12 s later", site.health()
    yield "log of the web process, MB", _NUMBER.format(site.log.stat().st_size / MB)
    _until_quiet(site)


def _crowd(site: Site, held: ExitStack, data: bytes, count: int) -> list[bytes]:
    """What came on each connection within a moment."""
    opened = []
    for _ in range(count):
        with suppress(OSError):
            opened.append(held.enter_context(site.connect(data)))
    time.sleep(3)
    answers = []
    for connection in opened:
        connection.setblocking(False)
        with suppress(OSError):
            answers.append(connection.recv(65536))
    return answers


def _until_quiet(site: Site) -> None:
    deadline = time.monotonic() + 30
    while "answered" not in site.health(within_s=2) and time.monotonic() < deadline:
        time.sleep(0.5)


def guesses(site: Site) -> Iterator[tuple[str, str]]:
    """Row 4: wrong passwords one after the other, then many at once, beside a caller of the API."""
    site.manage("createsuperuser", "--noinput", "--username=operator", "--email=operator@example.org")
    guess = _guesser(site)
    with ThreadPoolExecutor(4) as crowd:
        told = list(crowd.map(lambda _: guess("operator", "wrong", "192.0.2.1"), range(WRONG)))
    yield f"of {WRONG} wrong passwords, looked at", str(told.count(200))
    answers = {302: "lets in", 429: "has to wait"}
    right = guess("operator", "the right one", "192.0.2.1")
    yield "then the right one", answers.get(right, str(right))
    caller = {"Authorization": f"Bearer {token(uuid.uuid4())}"}
    waits: list[float] = []
    with ThreadPoolExecutor(GUESSES) as crowd:
        many = [crowd.submit(guess, f"name{n}", "wrong", f"198.51.100.{n}") for n in range(GUESSES)]
        while not all(each.done() for each in many) or not waits:
            began = time.monotonic()
            site.ask("GET", "/api/rubric-jobs/", **caller)
            waits.append(time.monotonic() - began)
    broken = sum(each.exception() is not None or each.result() == 500 for each in many)
    yield f"the API beside {GUESSES} guesses at once, median", f"{statistics.median(waits):.2f} s"
    yield "the slowest answer of the API", f"{max(waits):.2f} s"
    yield "guesses that ended as 500", str(broken)


def _guesser(site: Site) -> Callable[[str, str, str], int]:
    _, headers, page = site.ask("GET", "/sign-in")
    mark = page.decode().partition('name="csrfmiddlewaretoken" value="')[2].partition('"')[0]
    known = {"Cookie": str(headers["Set-Cookie"]).partition(";")[0], "Content_Type": FORM,
             "Referer": f"https://127.0.0.1:{site.port}/sign-in"}  # fmt: skip

    def guess(name: str, password: str, address: str) -> int:
        body = f"csrfmiddlewaretoken={mark}&username={name}&password={password.replace(' ', '+')}"
        return site.ask("POST", "/sign-in", body=body, X_Forwarded_For=address, **known)[0]

    return guess


def bodies(site: Site) -> Iterator[tuple[str, str]]:
    """Row 7: long bodies of strangers, whose last byte never comes."""
    length = 13_900_000
    head = f"POST /api/extract-rubric-trigger HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: {length}\r\n\r\n"
    most = 0.0
    with ExitStack() as held:
        opened = [held.enter_context(site.connect(head.encode())) for _ in range(BODIES)]
        with ThreadPoolExecutor(BODIES) as crowd:
            sending = [crowd.submit(connection.sendall, b" " * (length - 1)) for connection in opened]
            while not all(each.done() for each in sending):
                most = max(most, site.stored_mb())
                time.sleep(0.05)
        most = max(most, site.stored_mb())
    yield f"temporary files of {BODIES} anonymous requests, MB", f"{most:.0f}"


ATTACKS: dict[str, Callable[[Site], Iterator[tuple[str, str]]]] = {
    "bodies": bodies,
    "guesses": guesses,
    "heavy": heavy,
    "connections": connections,
}


def _s(seconds: float) -> str:
    return f"{seconds:.1f} s" if seconds < LONGEST_WAIT_S else f"not within {LONGEST_WAIT_S:.0f} s"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tree", type=Path, default=Path(__file__).resolve().parent.parent)
    parser.add_argument("--only", choices=ATTACKS, action="append")
    wanted = parser.parse_args()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "grader.settings")
    django.setup()
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 8192), hard))
    print(f"{'':66} {'before':>22} {'now':>22}", flush=True)  # noqa: T201
    with attacked(wanted.tree.resolve()) as site:
        for name in wanted.only or ATTACKS:
            for what, found in ATTACKS[name](site):
                print(f"{what:66} {BEFORE.get(what, '–'):>22} {found:>22}", flush=True)  # noqa: T201


if __name__ == "__main__":
    main()
