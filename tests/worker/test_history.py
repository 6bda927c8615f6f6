"""The checker itself: an honest history passes, and every way to break a promise is noticed."""

from __future__ import annotations

import datetime
import uuid
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from rubric_jobs.errors import ProviderUnavailable
from rubric_jobs.jobs import claims, lifecycle
from rubric_jobs.jobs.claims import Ending
from tests import claiming
from tests.worker import history
from tests.worker.history import Attempt, Change, History, broken_promises
from tests.worker.trials import database_url

NOON = datetime.datetime(2026, 11, 1, 12, tzinfo=datetime.UTC)
JOB, OTHER = uuid.UUID(int=1), uuid.UUID(int=2)


def change(number: int, step: tuple[str | None, str | None], **facts: Any) -> Change:
    (old, new), at = step, NOON + datetime.timedelta(seconds=number)
    return Change(change_id=number, at=at, job_id=JOB, old_status=old, new_status=new, **facts)


def counts(old: tuple[int | None, int, int], new: tuple[int | None, int, int]) -> dict[str, int | None]:
    """Token, attempts and crashes of the row before and after a change."""
    names = ("token", "attempt", "crashes")
    return {
        f"{age}_{name}": row[place] for age, row in (("old", old), ("new", new)) for place, name in enumerate(names)
    }


# Submitted, claimed, lost in a crash, claimed anew, completed.
HONEST = History(
    changes=[
        change(1, (None, "pending"), new_attempt=0, new_crashes=0),
        change(2, ("pending", "processing"), **counts((None, 0, 0), (7, 1, 0))),
        change(5, ("processing", "pending"), **counts((7, 1, 0), (None, 0, 1)), lease_ended_at=NOON),
        change(6, ("pending", "processing"), **counts((None, 0, 1), (9, 1, 1))),
        change(7, ("processing", "completed"), **counts((9, 1, 1), (9, 1, 1)), result="the mark of job 1"),
    ],
    attempts=[
        Attempt(attempt_id=7, job_id=JOB, worker="a", outcome="lost", error_code="crashed_worker"),
        Attempt(attempt_id=9, job_id=JOB, worker="b", outcome="completed", error_code=None),
    ],
    marks={JOB: "mark of job 1"},
)


def with_change(place: int, **facts: Any) -> History:
    changes = list(HONEST.changes)
    changes[place] = replace(changes[place], **facts)
    return replace(HONEST, changes=changes)


def with_attempt(place: int, **facts: Any) -> History:
    attempts = list(HONEST.attempts)
    attempts[place] = replace(attempts[place], **facts)
    return replace(HONEST, attempts=attempts)


def and_then(*more: Change) -> History:
    return replace(HONEST, changes=[*HONEST.changes, *more])


AGAIN = change(8, ("completed", "completed"), **counts((9, 1, 1), (9, 1, 1)), result="the mark of job 1, once more")
BROKEN = {
    "still processing": (replace(HONEST, changes=HONEST.changes[:-1]), "lost: it is still processing"),
    "never seen": (replace(HONEST, marks={**HONEST.marks, OTHER: "x"}), "lost: the database never saw it"),
    "nobody submitted it": (replace(HONEST, marks={}), "never submitted"),
    "two results": (and_then(AGAIN), "has 2 results"),
    "a forbidden step": (and_then(AGAIN), "went from completed to completed"),
    "completed, then reopened": (
        and_then(change(8, ("completed", "pending"), **counts((9, 1, 1), (None, 0, 0)))),
        "went from completed to pending",
    ),
    "no claim before the end": (replace(HONEST, changes=[HONEST.changes[0], HONEST.changes[-1]]), "changed unseen"),
    "another job's result": (with_change(-1, result="the mark of job 2"), "the result of another job"),
    "completed without a result": (with_change(-1, result=None), "0 results for 1 completions"),
    "failed": (with_change(-1, new_status="failed", result=None, error_code="internal_error"), "internal_error"),
    "a late worker's result": (
        replace(
            HONEST,
            attempts=[*HONEST.attempts, replace(HONEST.attempts[0], attempt_id=11)],
        ),
        "was not its last",
    ),
    "an attempt that nobody claimed": (with_attempt(1, attempt_id=8), "has the claims"),
    "an attempt of unknown end": (with_attempt(0, outcome=None), "says None"),
    "an attempt that says otherwise": (with_attempt(0, outcome="completed"), "says completed"),
    "a crash that is charged": (with_change(2, new_attempt=1), "was charged"),
    "a claim that is not charged": (with_change(1, new_attempt=0), "was charged (0, 0)"),
    "a token used twice": (with_change(3, new_token=7), "claimed with the tokens [7, 7]"),
    "a lease broken": (with_change(2, lease_ended_at=NOON + datetime.timedelta(hours=1)), "before the lease had ended"),
    "failed after one crash": (with_change(2, new_status="failed"), "is failed after 1 crashes"),
    "deleted while it runs": (
        replace(HONEST, changes=[*HONEST.changes[:-1], replace(HONEST.changes[-1], new_status=None)]),
        "deleted while processing",
    ),
}


def test_an_honest_history_breaks_no_promise() -> None:
    assert broken_promises(HONEST) == []


@pytest.mark.parametrize("case", BROKEN)
def test_a_broken_promise_is_noticed(case: str) -> None:
    told, complaint = BROKEN[case]
    assert any(complaint in problem for problem in broken_promises(told)), broken_promises(told)


@pytest.mark.usefixtures("rows")
def test_what_the_database_notes_is_what_was_done(submit: Callable[..., uuid.UUID]) -> None:
    """Released, retried, rescued, completed: the real thing, seen by the trigger and by the ledger."""
    url = database_url()
    history.install(url)
    try:
        job_id = submit(kind="enhance")

        def claim(lease_s: float = 30) -> claims.Claim:
            (claimed,) = claiming.claim(limit=1, lease_s=lease_s)
            return claimed

        claims.release([claim()])
        claims.retry_later(claim(), delay_s=0, error=ProviderUnavailable())
        claim(lease_s=-1)
        lifecycle.rescue()
        claims.end([Ending(claim=claim(), result={"enhanced_rubric": "mark"})])
        told = history.read(url, {job_id: "mark"})
    finally:
        history.uninstall(url)
    assert broken_promises(told) == []
    assert len(told.changes) == 9
    assert told.outcomes == {"released": 1, "retried": 1, "lost": 1, "completed": 1}
    assert 0.9 < told.latest_rescue_s < 3
