"""What really happened to each job, and whether it is what the engine promises.

A trigger of the trial's own notes every change of a job's state in the order in which the row saw them; the ledger
holds every attempt. `broken_promises` reads both and knows nothing of the engine's code.
"""

from __future__ import annotations

import datetime
import uuid
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from itertools import pairwise

import psycopg
from psycopg.rows import class_row

AUDIT = """
CREATE SCHEMA trial;
CREATE TABLE trial.changes (
  change_id bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY, at timestamptz NOT NULL DEFAULT clock_timestamp(),
  job_id uuid NOT NULL, old_status text, new_status text, old_token bigint, new_token bigint,
  old_attempt integer, new_attempt integer, old_crashes integer, new_crashes integer,
  lease_ended_at timestamptz, error_code text, result text
);
CREATE FUNCTION trial.note() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'UPDATE' AND (OLD.status, OLD.claim_token, OLD.attempt, OLD.crashes, OLD.result, OLD.error_code)
    IS NOT DISTINCT FROM (NEW.status, NEW.claim_token, NEW.attempt, NEW.crashes, NEW.result, NEW.error_code)
  THEN RETURN NULL; END IF;
  INSERT INTO trial.changes (job_id, old_status, new_status, old_token, new_token, old_attempt, new_attempt,
    old_crashes, new_crashes, lease_ended_at, error_code, result)
  VALUES (coalesce(NEW.job_id, OLD.job_id), OLD.status, NEW.status, OLD.claim_token, NEW.claim_token, OLD.attempt,
    NEW.attempt, OLD.crashes, NEW.crashes, OLD.lease_expires_at, NEW.error_code, NEW.result->>'enhanced_rubric');
  RETURN NULL;
END $$;
CREATE TRIGGER trial_notes AFTER INSERT OR UPDATE OR DELETE ON grader.rubric_extraction_jobs
  FOR EACH ROW EXECUTE FUNCTION trial.note();
"""
CRASHES_ALLOWED = 3
TERMINAL = frozenset({"completed", "failed"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One change of one row; `lease_ended_at` is when the lease that stood until then would end, or has ended."""

    change_id: int
    at: datetime.datetime
    job_id: uuid.UUID
    old_status: str | None = None
    new_status: str | None = None
    old_token: int | None = None
    new_token: int | None = None
    old_attempt: int | None = None
    new_attempt: int | None = None
    old_crashes: int | None = None
    new_crashes: int | None = None
    lease_ended_at: datetime.datetime | None = None
    error_code: str | None = None
    result: str | None = None

    @property
    def step(self) -> tuple[str | None, str | None]:
        return self.old_status, self.new_status

    @property
    def cost(self) -> tuple[int, int]:
        """What the change added to the job's attempts and to its crashes."""
        attempts = (self.new_attempt or 0) - (self.old_attempt or 0)
        return attempts, (self.new_crashes or 0) - (self.old_crashes or 0)

    @property
    def is_rescue(self) -> bool:
        return self.old_status == "processing" and self.cost[1] == 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One line of the ledger."""

    attempt_id: int
    job_id: uuid.UUID
    worker: str
    outcome: str | None
    error_code: str | None


@dataclass(frozen=True, slots=True)
class History:
    """Everything that one trial did. `marks` are the submitted jobs, each with a word that only its own result has."""

    changes: list[Change]
    attempts: list[Attempt]
    marks: Mapping[uuid.UUID, str]

    @property
    def ends(self) -> Counter[str]:
        return Counter(change.new_status for change in self.changes if change.new_status in TERMINAL)

    @property
    def outcomes(self) -> Counter[str | None]:
        return Counter(attempt.outcome for attempt in self.attempts)

    @property
    def latest_rescue_s(self) -> float:
        """The longest that a job waited, after its lease had ended, to be given back."""
        waits = [
            (change.at - change.lease_ended_at).total_seconds()
            for change in self.changes
            if change.is_rescue and change.lease_ended_at
        ]
        return max(waits, default=0.0)

    @property
    def most_crashes(self) -> int:
        return max((change.new_crashes or 0 for change in self.changes), default=0)


def install(url: str) -> None:
    with psycopg.connect(url, autocommit=True) as database:
        database.execute(AUDIT)


def uninstall(url: str) -> None:
    with suppress(psycopg.OperationalError), psycopg.connect(url, autocommit=True) as database:
        database.execute("DROP SCHEMA IF EXISTS trial CASCADE")


def read(url: str, marks: Mapping[uuid.UUID, str]) -> History:
    with psycopg.connect(url, autocommit=True) as database:
        changes = database.cursor(row_factory=class_row(Change)).execute(
            "SELECT * FROM trial.changes ORDER BY change_id"
        )
        attempts = database.cursor(row_factory=class_row(Attempt)).execute(
            """SELECT attempt_id, job_id, worker, outcome, error_code FROM grader.rubric_job_attempts
               ORDER BY attempt_id"""
        )
        return History(changes.fetchall(), attempts.fetchall(), marks)


def broken_promises(history: History, *, may_end_as: Iterable[str] = ("completed",)) -> list[str]:
    """One line for each promise that a job's history breaks; none when all is as promised."""
    changes: dict[uuid.UUID, list[Change]] = defaultdict(list)
    for change in history.changes:
        changes[change.job_id].append(change)
    attempts: dict[uuid.UUID, list[Attempt]] = defaultdict(list)
    for attempt in history.attempts:
        attempts[attempt.job_id].append(attempt)
    found = [f"{job_id}: never submitted" for job_id in changes.keys() - history.marks.keys()]
    for job_id, mark in history.marks.items():
        told = changes.get(job_id, [])
        problems = [*_row(told), *_end(told, mark, frozenset(may_end_as)), *_ledger(told, attempts.get(job_id, []))]
        found += [f"{job_id}: {problem}" for problem in problems]
    return found


_STEPS = {
    (None, "pending"),
    ("pending", "processing"),
    ("pending", "failed"),
    ("processing", "pending"),
    ("processing", "completed"),
    ("processing", "failed"),
    ("failed", "pending"),
}
_COSTS = {
    ("pending", "processing"): {(1, 0)},
    ("pending", "failed"): {(0, 0)},
    ("processing", "pending"): {(0, 0), (-1, 0), (-1, 1)},
    ("processing", "completed"): {(0, 0)},
    ("processing", "failed"): {(0, 0), (-1, 1)},
}


def _row(told: list[Change]) -> Iterable[str]:
    """Of the row alone: it begins once, moves only as it may, and nothing changes between two notes."""
    if not told:
        yield "lost: the database never saw it"
        return
    if told[0].step != (None, "pending"):
        yield f"began with {told[0].step}"
    for before, change in pairwise(told):
        if _after(before) != _before(change):
            yield f"changed unseen between {before.change_id} and {change.change_id}"
    for change in told:
        yield from _change(change)
    tokens = [change.new_token or 0 for change in told if change.step == ("pending", "processing")]
    if tokens != sorted(set(tokens)) or 0 in tokens:
        yield f"claimed with the tokens {tokens}"


def _change(change: Change) -> Iterable[str]:
    if change.new_status is None:
        if change.old_status not in TERMINAL:
            yield f"deleted while {change.old_status}"
        return
    if change.step not in _STEPS:
        yield f"went from {change.old_status} to {change.new_status}"
    if change.cost not in _COSTS.get(change.step, {change.cost}):
        yield f"was charged {change.cost} for {change.step}"
    if change.is_rescue and (change.lease_ended_at is None or change.at < change.lease_ended_at):
        yield "taken from its worker before the lease had ended"


def _after(change: Change) -> tuple[object, ...]:
    return change.new_status, change.new_token, change.new_attempt, change.new_crashes


def _before(change: Change) -> tuple[object, ...]:
    return change.old_status, change.old_token, change.old_attempt, change.old_crashes


def _end(told: list[Change], mark: str, may_end_as: frozenset[str]) -> Iterable[str]:
    """It ends once (and once more for each retry that its user asked for), with one result, which is its own."""
    lasting = [change for change in told if change.new_status is not None]
    ends = [change for change in lasting if change.new_status in TERMINAL and change.old_status not in TERMINAL]
    retries = sum(change.step == ("failed", "pending") for change in lasting)
    if lasting and lasting[-1].new_status not in TERMINAL:
        yield f"lost: it is still {lasting[-1].new_status}"
    elif len(ends) != 1 + retries:
        yield f"ended {len(ends)} times after {retries} retries"
    results = [change.result for change in lasting if change.result is not None]
    completed = sum(change.new_status == "completed" for change in lasting)
    if len(results) > 1 or len(results) != completed:
        yield f"has {len(results)} results for {completed} completions"
    if any(mark not in result for result in results):
        yield "ended with the result of another job"
    if ends:
        end = "completed" if ends[-1].new_status == "completed" else str(ends[-1].error_code)
        if end not in may_end_as:
            yield f"ended as {end}"


_OUTCOMES = {
    ("pending", (0, 0)): {"retried"},
    ("pending", (-1, 0)): {"released", "retried"},
    ("pending", (-1, 1)): {"lost"},
    ("completed", (0, 0)): {"completed"},
    ("failed", (0, 0)): {"failed", "cancelled"},
    ("failed", (-1, 1)): {"failed"},
}


def _ledger(told: list[Change], attempts: list[Attempt]) -> Iterable[str]:
    """The ledger says of each claim how it ended, as the row does; it has no attempt that the row does not know."""
    lines = {attempt.attempt_id: attempt for attempt in attempts if attempt.worker}
    claimed = {change.new_token for change in told if change.step == ("pending", "processing")}
    if claimed != lines.keys():
        yield f"has the claims {sorted(map(str, claimed))} and the attempts {sorted(map(str, lines))}"
    left = {change.old_token: change for change in told if change.old_status == "processing" and change.new_status}
    for token, attempt in lines.items():
        if token not in left:
            yield f"left attempt {token} open" if attempt.outcome is None else f"closed attempt {token} too early"
            continue
        change = left[token]
        if attempt.outcome not in _OUTCOMES.get((str(change.new_status), change.cost), set()):
            yield f"went to {change.new_status} at {change.cost}, but attempt {token} says {attempt.outcome}"
        if change.is_rescue and (change.new_status == "failed") != ((change.new_crashes or 0) >= CRASHES_ALLOWED):
            yield f"is {change.new_status} after {change.new_crashes} crashes"
    unclaimed = sum(not attempt.worker for attempt in attempts)
    if unclaimed != sum(change.step == ("pending", "failed") and change.error_code != "cancelled" for change in told):
        yield f"has {unclaimed} ledger lines of jobs that nobody ran"
    if told and told[-1].new_status == "completed" and told[-1].old_token != max(lines, default=None):
        yield "has the result of an attempt that was not its last"
