"""Seconds that an extraction takes whose model points, beside one whose model copies; and of an enhancement.

The fake writes 52 tokens a second, the first one after 1.5 s, in both forms. It points with the plan that reads the
document wholly right, always as a plan of its own, the longest form; where none does, it says so and copies. Copies are
the rubric that the right plan reads, or else the truth.
"""

from __future__ import annotations

import json
import os
import pathlib
import re
import statistics
import tempfile
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import psycopg

from benchmarks import engines, own_samples, plan_answers
from benchmarks import figures as figure
from benchmarks.engines import Ours
from benchmarks.provider_calls import TENANT, real_worker
from rubric_jobs.documents import sniff
from rubric_jobs.jobs import lifecycle
from rubric_jobs.llm import plan_answer
from rubric_jobs.reader.assemble import assemble
from rubric_jobs.rubric import text as rubric_text
from tests import fake_llm as fakes
from tests.fake_protocols import Call

TOKENS_A_SECOND, FIRST_TOKEN_S = 52, 1.5
PART = 16
"""Characters of a piece of the stream: four tokens."""
MOST_DOCUMENTS = 48
AT_ONCE = 6
"""Jobs in flight: more would measure how two cores read documents."""
_NUMBER = re.compile(r"\[bench (\d+)\]")


@dataclass(slots=True)
class Script:
    """A document and what the fake answers about it in each form."""

    data: bytes
    plan: Any
    copy: Any
    rules: str = ""
    first_s: dict[str, float] = field(default_factory=dict)


def figures(ours_url: str) -> dict[str, Any]:
    with _folders() as (docs, truths):
        scripts = list(_scripts(docs, truths))
    pace = {"latency_s": FIRST_TOKEN_S, "part_characters": PART, "pace_s": PART / 4 / TOKENS_A_SECOND}
    with fakes.running(**pace) as fake, psycopg.connect(ours_url, autocommit=True) as connection:
        fake.answering = lambda call: _answer(call, scripts)
        told = {}
        for form in ("auto", "copy"):
            keys = {"GEMINI_API_KEY": "bench", "GEMINI_BASE_URL": fake.url, "RUBRIC_ANSWER_FORM": form}
            keys["LLM_TIMEOUT_SECONDS"] = "250"  # the longest copies take longer than the usual 90 s
            ours = Ours(ours_url, WORKER_PROCESSES="1", **keys)
            with real_worker(ours):
                told[form] = _extractions(connection, scripts, form)
                if form == "auto":
                    enhanced_s = _enhancements(connection, [script for script in scripts if script.rules])
    return _figures(scripts, told["auto"], told["copy"], enhanced_s)


def _figures(
    scripts: list[Script], pointed: list[dict[str, Any]], copied: list[dict[str, Any]], enhanced_s: list[float]
) -> dict[str, Any]:
    known = [at for at, script in enumerate(scripts) if script.rules]
    plan_s = [pointed[at]["duration_ms"] / 1000 for at in known]
    copy_s = [copied[at]["duration_ms"] / 1000 for at in known]
    first = [[scripts[at].first_s[form] for at in known if len(scripts[at].first_s) > 1] for form in ("auto", "copy")]
    all_s = [each["duration_ms"] / 1000 for each in pointed]
    forms = [each["answer_form"] for each in pointed]
    medians = statistics.median(plan_s), statistics.median(copy_s)
    return {
        "model_extraction_seconds": figure.ratio([medians[0]], [medians[1]], at_most=0.25),
        "model_extraction_seconds_median": figure.bound(medians[0], at_most=6, unit="s"),
        "model_extraction_p95_all_documents": figure.stated(figure.percentile(all_s, 0.95), unit="s"),
        "model_answers_that_point": figure.stated(forms.count("plan") / len(forms), unit=f"of {len(forms)} documents"),
        "model_first_criterion_seconds": figure.ratio(
            [statistics.median(first[0])], [statistics.median(first[1])], at_most=1.1
        ),
        "model_enhancement_seconds": figure.bound(statistics.median(enhanced_s), at_most=5, unit="s"),
    }


@contextmanager
def _folders() -> Iterator[tuple[pathlib.Path, pathlib.Path]]:
    if os.environ.get("DOCS") and os.environ.get("TRUTH"):
        yield pathlib.Path(os.environ["DOCS"]), pathlib.Path(os.environ["TRUTH"])
        return
    with tempfile.TemporaryDirectory() as folder:
        own_samples.write(pathlib.Path(folder))
        yield pathlib.Path(folder) / "docs", pathlib.Path(folder) / "truth"


def _scripts(docs: pathlib.Path, truths: pathlib.Path) -> Iterator[Script]:
    """Documents spread over all that there are."""
    files = sorted(truths.glob("*.json"))
    for truth_file in files[:: max(1, len(files) // MOST_DOCUMENTS)]:
        truth = json.loads(truth_file.read_text())
        found = [path for path in docs.glob(f"{truth_file.stem}.*") if path.suffix.lower() in (".pdf", ".docx")]
        reading = plan_answers.reading_of(found[0].read_bytes()) if found else None
        if reading is None or not reading.document.is_legible:
            continue
        data = found[0].read_bytes()
        right = plan_answers.right_plan(truth, reading) if truth["kind"] != "none" else None
        if right is not None:
            rubric = assemble(right, reading.document).rubric
            rules = rubric_text.write(rubric)
            yield Script(data, plan_answer.written(right, reading.document), plan_answers.copied(rubric), rules)
        else:
            choice = "none" if truth["kind"] == "none" else "prose"
            yield Script(data, {"choice": choice, "words": [], "parts": [], "roles": []}, _of_truth(truth))


def _of_truth(truth: dict[str, Any]) -> dict[str, Any]:
    criteria = [
        {
            "name": criterion["name"],
            "points": criterion.get("points"),
            "levels": [
                {
                    "name": level.get("name"),
                    "description": level.get("description_start"),
                    "points": level.get("points"),
                }
                for level in criterion.get("levels") or []
            ],
        }
        for criterion in truth.get("criteria") or []
    ]
    return {"title": None, "kind": "analytic", "total_points": None, "criteria": criteria, "adjustments": []}


def _answer(call: Call, scripts: list[Script]) -> Any:
    number = _NUMBER.search(call.user)
    if number is None:
        return None
    script = scripts[int(number[1])]
    is_plan = "choice" in (call.schema or {}).get("properties", {})
    return json.dumps(script.plan if is_plan else script.copy, ensure_ascii=False, separators=(",", ":"))


def _extractions(connection: psycopg.Connection[Any], scripts: list[Script], form: str) -> list[dict[str, Any]]:
    """The performance of each document's job, AT_ONCE at a time; notes when its first criterion was shown."""
    waiting = list(enumerate(scripts))
    running: dict[uuid.UUID, tuple[int, float]] = {}
    told: dict[int, dict[str, Any]] = {}
    while waiting or running:
        while waiting and len(running) < AT_ONCE:
            number, script = waiting.pop(0)
            parameters = {"provider": "gemini", "models": {}, "instruction": f"[bench {number}]", "fresh": True}
            running[_submit("extract", script.data, parameters)] = number, time.monotonic()
        for job_id, status, shown, performance in connection.execute(
            """SELECT job_id, status, (progress->>'criteriaFound')::integer, performance_metrics
               FROM grader.rubric_extraction_jobs WHERE job_id = ANY(%s)""",
            [list(running)],
        ).fetchall():
            number, began = running[job_id]
            if shown or status == "completed":
                scripts[number].first_s.setdefault(form, time.monotonic() - began)
            if status in ("completed", "failed"):
                told[number] = performance
                del running[job_id]
        time.sleep(0.05)
    return [told[number] for number in range(len(scripts))]


def _enhancements(connection: psycopg.Connection[Any], scripts: list[Script]) -> list[float]:
    jobs = []
    for script in scripts[:MOST_DOCUMENTS]:
        parameters = {"provider": "gemini", "models": {}, "instruction": "", "total_points": "100", "fresh": True}
        jobs.append(_submit("enhance", script.rules.encode(), parameters))
        if len(jobs) % AT_ONCE == 0:
            _wait(connection)
    _wait(connection)
    rows = connection.execute(
        """SELECT (performance_metrics->>'duration_ms')::float / 1000 FROM grader.rubric_extraction_jobs
           WHERE job_id = ANY(%s) AND status = 'completed'""",
        [jobs],
    ).fetchall()
    assert len(rows) > len(jobs) / 2, f"only {len(rows)} of {len(jobs)} enhancements were completed"
    return [seconds for (seconds,) in rows]


def _wait(connection: psycopg.Connection[Any]) -> None:
    while engines.count(connection, "grader.rubric_extraction_jobs WHERE status IN ('pending', 'processing')"):
        time.sleep(0.05)


def _submit(kind: str, data: bytes, parameters: dict[str, Any]) -> uuid.UUID:
    file_type = sniff(data) if kind == "extract" else "text/plain"
    told: uuid.UUID = lifecycle.submit(
        tenant_id=TENANT,
        user_id=TENANT,
        kind=kind,
        file_name="bench",
        file_type=file_type,
        parameters=parameters,
        data=data,
        timeout_s=280,
    )
    return told
