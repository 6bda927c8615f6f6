"""Jobs in any state, as rows: what operations look at."""

from __future__ import annotations

import datetime
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from django_q.models import Task

from rubric_jobs.models import RubricJob, RubricJobAttempt

MakeJob = Callable[..., RubricJob]


def ago(**age: float) -> datetime.datetime:
    return datetime.datetime.now(datetime.UTC) - datetime.timedelta(**age)


def failed_task(*, stopped: datetime.datetime, function: str = "rubric_jobs.worker.purge") -> None:
    """As django-q2 writes it down."""
    Task.objects.create(
        id=uuid.uuid4().hex, name="a task", func=function, started=stopped, stopped=stopped, success=False, result="no"
    )


@pytest.fixture
def make_job() -> MakeJob:
    """A row as wanted; what is not said makes a job that was completed a day ago."""

    def make(**wanted: Any) -> RubricJob:
        facts: dict[str, Any] = {
            "tenant_id": uuid.uuid4(),
            "user_id": uuid.uuid4(),
            "file_name": "rubric.pdf",
            "file_type": "application/pdf",
            "file_size_kb": 12,
            "kind": "extract",
            "status": "completed",
            "created_at": ago(days=1),
            "updated_at": ago(days=1),
            "completed_at": ago(days=1),
        }
        return RubricJob.objects.create(**{**facts, **wanted})

    return make


@pytest.fixture
def make_attempt() -> Callable[..., RubricJobAttempt]:
    """A line of the ledger as wanted; what is not said makes an attempt that ended well an hour ago."""

    def make(**wanted: Any) -> RubricJobAttempt:
        facts: dict[str, Any] = {
            "job_id": uuid.uuid4(),
            "tenant_id": uuid.uuid4(),
            "user_id": uuid.uuid4(),
            "kind": "extract",
            "worker": "test",
            "outcome": "completed",
            "started_at": ago(hours=1, seconds=2),
            "ended_at": ago(hours=1),
            "queue_ms": 30,
            "run_ms": 2000,
            "llm_provider": "gemini",
            "llm_model": "gemini-3.5-flash",
            "prompt_tokens": 100,
            "completion_tokens": 20,
        }
        return RubricJobAttempt.objects.create(**{**facts, **wanted})

    return make
