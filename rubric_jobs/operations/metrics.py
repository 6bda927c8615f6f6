"""`/metrics`: Prometheus text, computed from the ledger and the rows at each scrape.

Counters kept in a process would miss the workers and restart with it. No metric names a tenant.
"""

from __future__ import annotations

import hmac
import ipaddress
import math
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from typing import Any

from django.db import DatabaseError, connection
from django.http import HttpRequest, HttpResponse
from prometheus_client import CollectorRegistry, exposition
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric

from rubric_jobs import conf
from rubric_jobs.jobs import ledger, workers
from rubric_jobs.jobs.ledger import Sum
from rubric_jobs.models import Kind
from rubric_jobs.operations import overview

SUCCESS_WINDOW_H = 24
_ENDS = frozenset({"completed", "failed", "cancelled"})


def serve(request: HttpRequest) -> HttpResponse:
    """The metrics, for the holder of METRICS_TOKEN or, without a token, for this machine only."""
    if refusal := _refused(request):
        return refusal
    registry = CollectorRegistry(auto_describe=False)
    registry.register(Ledger())
    encode, content_type = exposition.choose_encoder(request.headers.get("Accept", ""))
    try:
        return HttpResponse(encode(registry), content_type=content_type, headers={"Cache-Control": "no-store"})
    except DatabaseError:
        return HttpResponse("The database is down.\n", content_type="text/plain", status=503)


def _refused(request: HttpRequest) -> HttpResponse | None:
    if token := conf.metrics_token():
        scheme, _, given = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() == "bearer" and hmac.compare_digest(given.strip().encode(), token.encode()):
            return None
        answer = HttpResponse("A bearer token is needed here.\n", content_type="text/plain", status=401)
        answer.headers["WWW-Authenticate"] = "Bearer"
        return answer
    # Behind a proxy on this machine, every request comes from loopback.
    is_forwarded = any(header in request.headers for header in ("Forwarded", "X-Forwarded-For", "X-Real-IP"))
    if _is_loopback(request.META.get("REMOTE_ADDR", "")) and not is_forwarded:
        return None
    return HttpResponse("Set METRICS_TOKEN to read this from elsewhere.\n", content_type="text/plain", status=403)


def _is_loopback(address: str) -> bool:
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return False


class Ledger:
    """A collector for prometheus_client that reads everything at each scrape."""

    def collect(self) -> Iterator[Metric]:
        sums = ledger.totals()
        yield from _counters(sums)
        yield _histogram("rubric_jobs_queue_seconds", "Time from queueing to a worker", sums, "queue")
        yield _histogram("rubric_jobs_run_seconds", "Time a worker spent on an attempt", sums, "run")
        yield from _queue()
        yield from _success()
        yield from _certainty()
        yield from _breakers()
        yield _gauge(
            "rubric_jobs_plans_refused_too_often",
            "Models of which more than a fifth of the plans of 24 hours did not fit",
            len(overview.often_refused()),
        )
        yield from _pool()


def _counters(sums: list[Sum]) -> Iterator[Metric]:
    ended: Counter[tuple[str, ...]] = Counter()
    for line in sums:
        if line.outcome in _ENDS:
            ended[line.kind, line.outcome, line.llm_provider or "none"] += line.attempts
    yield _counter("rubric_jobs_ended", "Jobs that ended", ("kind", "status", "provider"), ended)
    failures = _summed(sums, ("kind", "error_code"), "attempts", {"failed"})
    yield _counter("rubric_jobs_failures", "Failed jobs by reason", ("kind", "error_code"), failures)
    attempts = _summed(sums, ("kind", "outcome"), "attempts")
    yield _counter("rubric_jobs_attempts", "Attempts that ended", ("kind", "outcome"), attempts)
    for name, help_text, outcome in (
        ("rubric_jobs_retries", "Attempts that were put back to run again after a fault", "retried"),
        ("rubric_jobs_rescues", "Attempts given back because their worker died", "lost"),
    ):
        counted: Counter[tuple[str, ...]] = Counter({(kind,): 0 for kind in Kind.values})
        counted.update(_summed(sums, ("kind",), "attempts", {outcome}))
        yield _counter(name, help_text, ("kind",), counted)
    tokens: Counter[tuple[str, ...]] = Counter()
    plans: Counter[tuple[str, ...]] = Counter()
    refused: Counter[tuple[str, ...]] = Counter()
    for line in sums:
        if line.llm_provider:
            model = _label(line.llm_model)
            plans[line.llm_provider, model] += line.plans_answered
            refused[line.llm_provider, model] += line.plans_refused
            tokens[line.llm_provider, model, "prompt"] += line.prompt_tokens
            tokens[line.llm_provider, model, "completion"] += line.completion_tokens
    yield _counter("rubric_jobs_tokens", "Tokens of model calls", ("provider", "model", "direction"), tokens)
    by_model = ("provider", "model")
    yield _counter("rubric_jobs_plans", "Plans that models answered with", by_model, plans)
    yield _counter("rubric_jobs_plans_refused", "Plans that did not fit their document", by_model, refused)


_SNAPSHOT = re.compile(r"-\d[\d-]*$")
"""The date or number of a snapshot, by which a vendor names the model that answered."""


def _label(model: str) -> str:
    """A configured model's name, else "other": callers and servers may send any name, and label values last forever."""
    plain = _SNAPSHOT.sub("", model)
    known = conf.configured_models()
    return next((name for name in (model, plain) if name in known), "other")


def _summed(
    sums: list[Sum], labels: tuple[str, ...], column: str, outcomes: set[str] | None = None
) -> Counter[tuple[str, ...]]:
    counted: Counter[tuple[str, ...]] = Counter()
    for line in sums:
        if outcomes is None or line.outcome in outcomes:
            counted[tuple(getattr(line, label) for label in labels)] += getattr(line, column)
    return counted


def _counter(name: str, text: str, labels: tuple[str, ...], values: Counter[Any]) -> CounterMetricFamily:
    family = CounterMetricFamily(name, text, labels=labels)
    for key in sorted(values):
        family.add_metric(key, values[key])
    return family


def _histogram(name: str, text: str, sums: list[Sum], which: str) -> HistogramMetricFamily:
    counts: dict[str, list[int]] = defaultdict(lambda: [0] * (len(ledger.BOUNDS_MS) + 1))
    total_ms: Counter[str] = Counter()
    for line in sums:
        total_ms[line.kind] += getattr(line, f"{which}_ms")
        for place, count in enumerate(getattr(line, f"{which}_buckets")):
            counts[line.kind][place] += count
    family = HistogramMetricFamily(name, text, labels=("kind",))
    bounds = [*(str(bound / 1000) for bound in ledger.BOUNDS_MS), "+Inf"]
    for kind in sorted(counts):
        running, buckets = 0, []
        for bound, count in zip(bounds, counts[kind], strict=True):
            running += count
            buckets.append((bound, running))
        family.add_metric((kind,), buckets, total_ms[kind] / 1000)
    return family


def _queue() -> Iterator[Metric]:
    queue = overview.queue()
    jobs = GaugeMetricFamily("rubric_jobs_in_queue", "Pending and running jobs", labels=("status",))
    jobs.add_metric(("pending",), queue.pending)
    jobs.add_metric(("processing",), queue.processing)
    yield jobs
    yield _gauge("rubric_jobs_oldest_pending_seconds", "Age of the oldest pending job", queue.oldest_pending_s or 0.0)
    known = workers.known()
    working = [worker for worker in known if worker.is_alive]
    yield _gauge("rubric_jobs_workers", "Worker processes that are alive", len(working))
    yield _gauge(
        "rubric_jobs_workers_lost",
        "Processes that died within the hour, not replaced",
        len(known) - len(working),
    )
    yield _gauge("rubric_jobs_running", "Running jobs", sum(worker.running for worker in working))
    yield _gauge("rubric_jobs_failing_tasks", "Scheduled tasks that failed lately", len(overview.failing_tasks()))
    yield _gauge("rubric_jobs_claiming_paused", "1 while an operator has paused claiming", queue.is_claiming_paused)


def _success() -> Iterator[Metric]:
    counted = overview.success(SUCCESS_WINDOW_H)
    rate = math.nan if counted.rate is None else counted.rate
    yield _gauge("rubric_jobs_success_ratio", "Completed jobs of those that were done in 24 hours (NaN: none)", rate)
    yield _gauge("rubric_jobs_success_goal", "The goal for rubric_jobs_success_ratio", overview.GOAL)
    yield _gauge("rubric_jobs_success_below_goal", "1 while the goal is missed", counted.is_below_goal)


def _certainty() -> Iterator[Metric]:
    told = overview.certainty()
    share = math.nan if told.share_mended is None else told.share_mended
    yield _gauge("rubric_jobs_certain_readings", "Readings of 7 days that were called certain", told.certain)
    yield _gauge("rubric_jobs_certain_mended", "Certain readings that a teacher mended afterwards", told.mended)
    yield _gauge("rubric_jobs_certain_mended_ratio", "Their share (NaN: none was certain)", share)
    yield _gauge("rubric_jobs_certain_too_often_wrong", "1 while the share is too large", told.is_too_often_wrong)


def _breakers() -> Iterator[Metric]:
    state = GaugeMetricFamily(
        "rubric_jobs_provider_paused", "1 while the fleet leaves a provider's model alone", labels=("provider", "model")
    )
    faults = GaugeMetricFamily("rubric_jobs_provider_faults", "Faults in a row", labels=("provider", "model"))
    with connection.cursor() as cursor:
        cursor.execute("SELECT provider, model, paused_until IS NOT NULL, failures FROM grader.provider_lanes")
        lanes: dict[tuple[str, str], tuple[bool, int]] = {}
        for provider, model, is_paused, failures in cursor.fetchall():
            lane = provider, _label(model)
            was_paused, most = lanes.get(lane, (False, 0))
            lanes[lane] = was_paused or is_paused, max(most, failures)
        for lane, (is_paused, failures) in sorted(lanes.items()):
            state.add_metric(lane, float(is_paused))
            faults.add_metric(lane, failures)
    yield state
    yield faults


def _pool() -> Iterable[Metric]:
    """Connections of this web process's pool (none under a server without one) and of the whole database."""
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT coalesce(state, 'unknown'), count(*) FROM pg_stat_activity
               WHERE datname = current_database() AND backend_type = 'client backend' GROUP BY 1 ORDER BY 1"""
        )
        all_of_them = GaugeMetricFamily("rubric_jobs_database_connections", "The database's", labels=("state",))
        for state, count in cursor.fetchall():
            all_of_them.add_metric((state,), count)
    yield all_of_them
    if (pool := getattr(connection, "pool", None)) is not None:
        told = pool.get_stats()
        own = GaugeMetricFamily("rubric_jobs_pool_connections", "This web process's pool", labels=("state",))
        own.add_metric(("open",), told.get("pool_size", 0))
        own.add_metric(("idle",), told.get("pool_available", 0))
        own.add_metric(("limit",), told.get("pool_max", 0))
        yield own
        yield _gauge("rubric_jobs_pool_waiting", "Requests waiting for a connection", told.get("requests_waiting", 0))


def _gauge(name: str, text: str, value: float) -> GaugeMetricFamily:
    return GaugeMetricFamily(name, text, value=float(value))
