"""A job's page in the admin: rubric as a table, attempts as a timeline, figures as a list."""

from __future__ import annotations

import datetime
import json
from dataclasses import dataclass
from typing import Any

from django.template.loader import render_to_string
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from pydantic import ValidationError

from rubric_jobs.models import RubricJob, RubricJobAttempt
from rubric_jobs.rubric.model import Rubric


def rubric(result: Any) -> str:
    """The rubric of a result as a table, or another program's result as indented JSON."""
    if result is None:
        return "–"
    try:
        read = Rubric.model_validate(result["rubric"])
    except (KeyError, TypeError, ValidationError):
        return as_json(result)
    return render_to_string("admin/rubric_jobs/rubric.html", {"rubric": read})


def as_json(value: Any) -> SafeString:
    return format_html("<pre>{}</pre>", json.dumps(value, indent=2, ensure_ascii=False))


def figures(metrics: dict[str, Any] | None) -> SafeString | str:
    if not metrics:
        return "–"
    rows = ((name.replace("_", " "), json.dumps(value)) for name, value in sorted(metrics.items()))
    return format_html("<table>{}</table>", format_html_join("", "<tr><th>{}</th><td>{}</td></tr>", rows))


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """One attempt in the timeline, with places and widths in percent of the job's time."""

    started_at: datetime.datetime
    wait_x: float
    wait_width: float
    run_x: float
    run_width: float
    waited: str
    ran: str
    outcome: str
    error_code: str | None
    model: str
    tokens: str
    worker: str


def timeline(job: RubricJob) -> str:
    """The job's attempts in order, each with its wait and its run on the scale of the whole job."""
    attempts = list(RubricJobAttempt.objects.filter(job_id=job.job_id).order_by("attempt_id"))
    return render_to_string("admin/rubric_jobs/timeline.html", {"attempts": bars(attempts)})


def bars(attempts: list[RubricJobAttempt]) -> list[Bar]:
    if not attempts:
        return []
    spans = [_span(attempt) for attempt in attempts]
    beginning, end = min(span[0] for span in spans), max(span[2] for span in spans)
    whole = max((end - beginning).total_seconds(), 0.001)

    def place(moment: datetime.datetime) -> float:
        return round((moment - beginning).total_seconds() / whole * 100, 2)

    return [
        Bar(
            started_at=started,
            wait_x=place(queued),
            wait_width=round(place(started) - place(queued), 2),
            run_x=place(started),
            # An attempt of a millisecond must be visible too.
            run_width=max(round(place(ended) - place(started), 2), 0.5),
            waited=_duration(attempt.queue_ms),
            ran=_duration(attempt.run_ms),
            outcome=attempt.outcome or "running",
            error_code=attempt.error_code,
            model=" ".join(part for part in (attempt.llm_provider, attempt.llm_model) if part) or "–",
            tokens=_tokens(attempt),
            worker=attempt.worker,
        )
        for attempt, (queued, started, ended) in zip(attempts, spans, strict=True)
    ]


def _span(attempt: RubricJobAttempt) -> tuple[datetime.datetime, datetime.datetime, datetime.datetime]:
    """When an attempt began to wait, began to run, and ended (now, while it runs)."""
    started = attempt.started_at
    queued = started - datetime.timedelta(milliseconds=attempt.queue_ms or 0)
    return queued, started, attempt.ended_at or datetime.datetime.now(datetime.UTC)


def _duration(ms: int | None) -> str:
    if ms is None:
        return "–"
    return f"{ms} ms" if ms < 1000 else f"{ms / 1000:.1f} s"


def _tokens(attempt: RubricJobAttempt) -> str:
    if attempt.prompt_tokens is None and attempt.completion_tokens is None:
        return "–"
    return f"{attempt.prompt_tokens or 0} + {attempt.completion_tokens or 0}"
