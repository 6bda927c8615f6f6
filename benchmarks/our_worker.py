"""`manage.py qcluster` with a runner that sleeps; everything else is the engine as it is."""

from __future__ import annotations

import os
import uuid
from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "grader.settings")

import django

django.setup()

from django.core.management import call_command

from benchmarks import work
from rubric_jobs.jobs.claims import Claim, Ending
from rubric_jobs.worker import cluster


class SleepingRunner:
    def __init__(self, rows: Any) -> None: ...

    async def run(self, claim: Claim, report: Any) -> Ending:
        await work.job_async(str(claim.job_id))
        return Ending(claim=claim, result={"success": True})

    def unread(self) -> dict[uuid.UUID, int]:
        return {}

    async def close(self) -> None: ...


if __name__ == "__main__":
    cluster.Runner = SleepingRunner
    call_command("qcluster")
