"""Adopt rows from before this service."""

from __future__ import annotations

import uuid
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from rubric_jobs import conf
from rubric_jobs.jobs import adoption
from rubric_jobs.management.arguments import age


class Command(BaseCommand):
    help = "Give rows from before this service a kind: callers see them, and the purge deletes them in time."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--tenant", type=uuid.UUID, metavar="UUID", help="this tenant's rows alone")
        parser.add_argument(
            "--fail-unfinished",
            type=age,
            metavar="AGE",
            help="rows that wait or run and are older fail; else they stay",
        )
        parser.add_argument("--dry-run", action="store_true", help="count them, change nothing")

    def handle(self, *args: Any, **options: Any) -> None:
        adopted = adoption.adopt(
            tenant_id=options["tenant"], unfinished_after=options["fail_unfinished"], is_dry=options["dry_run"]
        )
        parts = ", ".join(f"{count} {status}" for status, count in sorted(adopted.items()))
        done = "Would adopt" if options["dry_run"] else "Adopted"
        self.stdout.write(f"{done} {adopted.total()} rows{f' ({parts})' if parts else ''}.")
        hours = conf.retention().total_seconds() / 3600
        self.stdout.write(f"The purge deletes those that ended more than {hours:g} h ago (RUBRIC_JOB_RETENTION_HOURS).")
