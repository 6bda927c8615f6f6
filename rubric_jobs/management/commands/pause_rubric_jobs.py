"""Pause claiming on all hosts."""

from __future__ import annotations

import getpass
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from rubric_jobs.jobs import controls


class Command(BaseCommand):
    help = "Let all workers finish what they run and take up nothing more, until resume_rubric_jobs."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--reason", default="", help="shown in the admin")

    def handle(self, *args: Any, **options: Any) -> None:
        controls.pause(by=getpass.getuser(), reason=options["reason"])
        self.stdout.write("Claiming is paused. Jobs wait; their deadline goes on.")
