"""Recurring django-q2 tasks. Each is stored once, even if several clusters start at the same time."""

from __future__ import annotations

from dataclasses import dataclass

from django.db import connection, transaction
from django_q.models import Schedule

_LOCK = 0x72756272
"""A number that no other advisory lock in this database uses."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recurring:
    """A function by its dotted path, called every `minutes`; `keywords` in django-q2's format, such as `a=1`."""

    name: str
    function: str
    minutes: int
    keywords: str = ""


def ensure(tasks: list[Recurring]) -> None:
    """Create missing tasks, update changed ones and delete duplicates; next_run stays."""
    with transaction.atomic(), connection.cursor() as cursor:
        # A schedule's name is not unique in django-q2's table.
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
        for task in tasks:
            _ensure(task)


def _ensure(task: Recurring) -> None:
    wanted = {
        "func": task.function,
        "schedule_type": Schedule.MINUTES,
        "minutes": task.minutes,
        "kwargs": task.keywords,
        "repeats": -1,
    }
    standing = list(Schedule.objects.filter(name=task.name).order_by("pk"))
    if not standing:
        Schedule.objects.create(name=task.name, **wanted)
        return
    Schedule.objects.filter(name=task.name).exclude(pk=standing[0].pk).delete()
    if any(getattr(standing[0], field) != value for field, value in wanted.items()):
        Schedule.objects.filter(pk=standing[0].pk).update(**wanted)
