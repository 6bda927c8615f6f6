"""Delete everything of one user or one tenant."""

from __future__ import annotations

import uuid
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from rubric_jobs.jobs import erasure
from rubric_jobs.jobs.erasure import Holding, Owner


class Command(BaseCommand):
    help = "Delete all jobs, documents and results of a user or a tenant; the ledger forgets whose lines it holds."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--tenant", type=uuid.UUID, metavar="UUID")
        parser.add_argument("--user", type=uuid.UUID, metavar="UUID")
        parser.add_argument(
            "--rows-from-before", action="store_true", help="also rows that other programs wrote before this service"
        )
        parser.add_argument("--yes", action="store_true", help="do it; without, count only")

    def handle(self, *args: Any, **options: Any) -> None:
        if not (options["tenant"] or options["user"]):
            raise CommandError("Name whose data: --tenant, --user, or both.")
        owner = Owner(tenant_id=options["tenant"], user_id=options["user"])
        if not options["yes"]:
            self.stdout.write(f"There are {_told(erasure.count(owner))}. Nothing was deleted; --yes does it.")
            return
        erased = erasure.erase(owner, rows_from_before_too=options["rows_from_before"])
        self.stdout.write(f"Erased {_told(erased)}.")
        if left := erasure.count(owner).rows_from_before:
            self.stdout.write(f"{left} rows from before this service stay; --rows-from-before deletes them, too.")


def _told(holding: Holding) -> str:
    return (
        f"{holding.jobs} jobs, {holding.rows_from_before} rows from before this service, "
        f"{holding.ledger_lines} lines of the ledger, {holding.memberships} memberships"
    )
