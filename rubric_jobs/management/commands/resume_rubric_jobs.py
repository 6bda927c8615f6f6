"""Resume claiming on all hosts."""

from __future__ import annotations

import getpass
from typing import Any

from django.core.management.base import BaseCommand

from rubric_jobs.jobs import controls


class Command(BaseCommand):
    help = "Let all workers take up jobs again after pause_rubric_jobs."
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        controls.resume(by=getpass.getuser())
        self.stdout.write("Claiming goes on.")
