"""Programs that tests need beside Python packages: skipped without them, but not where CI says that all must run."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import NoReturn

import pytest

_POSTGRES_15 = Path("/usr/lib/postgresql/15/bin")


def postgres_15() -> Path:
    """The folder of Debian's PostgreSQL 15's programs."""
    return _POSTGRES_15 if (_POSTGRES_15 / "postgres").exists() else _absent("PostgreSQL 15", "postgresql-15")


def pgbouncer() -> str:
    """The pooler's program, which Debian keeps where only root looks for programs."""
    return shutil.which("pgbouncer", path=f"{os.defpath}:/usr/sbin") or _absent("PgBouncer", "pgbouncer")


def chromium() -> str:
    """The browser's program; best the one without a window, whose tests take a sixth less time."""
    names = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
    return next(filter(None, map(shutil.which, names)), None) or _absent("Chromium", "chromium-headless-shell")


def tsc() -> str:
    """The TypeScript compiler."""
    found = Path(__file__).parent / "types" / "node_modules" / ".bin" / "tsc"
    return str(found) if found.exists() else _absent("TypeScript", "npm, then sh tests/install_services.sh")


def _absent(what: str, package: str) -> NoReturn:
    how = f"{what} is not installed; as root: apt-get install {package}"
    if os.environ.get("CI") == "true":
        pytest.fail(how)
    pytest.skip(how)
