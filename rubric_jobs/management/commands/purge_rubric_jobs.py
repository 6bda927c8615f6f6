"""Delete finished jobs whose retention is over."""

from __future__ import annotations

import sys
import uuid
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from tqdm import tqdm

from rubric_jobs import conf
from rubric_jobs.jobs import ledger, purge
from rubric_jobs.management.arguments import age


class Command(BaseCommand):
    help = "Delete finished jobs (never one that waits or runs) and, unless narrowed, old lines of the ledger."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--older-than", type=age, metavar="AGE", help="such as 90s, 30m, 1h, 7d (default: retention)"
        )
        parser.add_argument("--status", choices=purge.FINISHED, action="append", help="these alone; may stand twice")
        parser.add_argument("--tenant", type=uuid.UUID, metavar="UUID")
        parser.add_argument("--user", type=uuid.UUID, metavar="UUID")
        parser.add_argument("--dry-run", action="store_true", help="count them, delete nothing")

    def handle(self, *args: Any, **options: Any) -> None:
        older_than = options["older_than"]
        selection = purge.Selection(
            older_than=conf.retention() if older_than is None else older_than,
            statuses=tuple(dict.fromkeys(options["status"] or purge.FINISHED)),
            tenant_id=options["tenant"],
            user_id=options["user"],
        )
        if options["dry_run"]:
            self.stdout.write(f"Would purge {_told(purge.count_jobs(selection))}.")
            return
        with _progress(selection) as bar:
            gone = purge.purge_jobs(selection, tell=bar.update)
        self.stdout.write(f"Purged {_told(gone)}.")
        if older_than is None and not selection.is_narrowed:
            ledger.roll_up()
            self.stdout.write(f"Purged {purge.purge_ledger(conf.ledger_retention())} lines of the ledger.")


@contextmanager
def _progress(selection: purge.Selection) -> Iterator[Any]:
    is_watched = sys.stderr.isatty()
    # Counting scans an index, so only on a terminal.
    total = purge.count_jobs(selection).total() if is_watched else None
    with tqdm(total=total, unit=" jobs", disable=not is_watched) as bar:
        yield bar


def _told(counted: Counter[str]) -> str:
    parts = ", ".join(f"{counted[status]} {status}" for status in purge.FINISHED if counted[status])
    total = counted.total()
    return f"{total} job{'' if total == 1 else 's'}" + (f" ({parts})" if parts else "")
