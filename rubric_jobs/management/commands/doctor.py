"""Check this installation and say what to do."""

from __future__ import annotations

import socket
import sys
from collections.abc import Iterator
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from rubric_jobs.documents import scans
from rubric_jobs.operations import doctor
from rubric_jobs.operations.doctor import Finding, Verdict


class Command(BaseCommand):
    help = "Check settings, database, migrations, rights, workers and providers; exit 1 when something must be mended."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--offline", action="store_true", help="do not ask the providers")
        parser.add_argument(
            "--worker",
            action="store_true",
            help="only: is a worker of this host alive? (for a container's health check)",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        worst = Verdict.OK
        for finding in self._examined(**options):
            self._tell(finding)
            if finding.verdict is Verdict.FAIL:
                worst = Verdict.FAIL
        if worst is Verdict.FAIL:
            sys.exit(1)

    def _examined(self, *, worker: bool, offline: bool, **_: Any) -> Iterator[Finding]:
        if worker:
            yield from doctor.workers_of(socket.gethostname())
            return
        yield from doctor.examine(ask_providers=not offline)
        yield doctor.recognition(scans.missing())

    def _tell(self, finding: Finding) -> None:
        style = {Verdict.OK: self.style.SUCCESS, Verdict.LOOK: self.style.WARNING, Verdict.FAIL: self.style.ERROR}
        mark = style[finding.verdict](f"{finding.verdict.value:4}")
        self.stdout.write(f"{mark}  {finding.topic:11} {finding.said}")
        if finding.remedy:
            self.stdout.write(f"      {'':11} → {finding.remedy}")
