"""Checks of an installation: each one reports what it found and what to do about it."""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import Enum
from typing import Any

import httpx2
from django.core import checks
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor

from rubric_jobs import conf, jwks
from rubric_jobs.jobs import purge, workers
from rubric_jobs.operations import overview, rights

OLDEST_POSTGRES = 15
PATIENCE_S = 5.0
PURGE_MAY_LAG = datetime.timedelta(minutes=30)


class Verdict(Enum):
    OK = "ok"
    LOOK = "look"  # works, but needs a look
    FAIL = "FAIL"


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the report; `remedy` is what to do, or empty."""

    verdict: Verdict
    topic: str
    said: str
    remedy: str = ""


def examine(*, ask_providers: bool = True) -> Iterator[Finding]:
    """All findings in the order of repair. Without a database, the checks that need it are left out."""
    yield from _settings()
    reached = list(_database())
    yield from reached
    if all(finding.verdict is not Verdict.FAIL for finding in reached):
        for check in (_migrations, _rights, _isolation, _workers, _queue, _schedules, _retention):
            yield from _guarded(check)
    if ask_providers and (url := conf.jwt().jwks_url):
        yield _keys(url)
    yield from _providers(ask=ask_providers)


def _guarded(check: Callable[[], Iterator[Finding]]) -> Iterator[Finding]:
    try:
        yield from check()
    except DatabaseError as error:
        name = check.__name__.removeprefix("_")
        yield Finding(
            Verdict.FAIL, name, f"could not be examined: {_first_line(error)}", "fix what is reported above first"
        )


def _settings() -> Iterator[Finding]:
    problems = list(_checks("settings", include_deployment_checks=not conf.is_debug()))
    yield from problems
    if conf.is_debug():
        yield Finding(
            Verdict.LOOK,
            "settings",
            "debug mode is on: suitable for evaluation, not for production",
            "set DJANGO_DEBUG=false, DJANGO_SECRET_KEY and DJANGO_ALLOWED_HOSTS",
        )
    if not (conf.jwt().signing_key or conf.jwt().jwks_url):
        yield Finding(
            Verdict.LOOK,
            "settings",
            "no key to verify tokens: only signed-in sessions are accepted",
            "set JWT_JWKS_URL or JWT_SIGNING_KEY",
        )
    if not problems:
        yield Finding(Verdict.OK, "settings", "no complaint from Django's checks")


def _database() -> Iterator[Finding]:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SHOW server_version_num")
            version = int(cursor.fetchone()[0]) // 10_000
            cursor.execute("SELECT current_database(), current_user, current_setting('server_version')")
            database, user, full_version = cursor.fetchone()
    except DatabaseError as error:
        said = f"cannot be reached: {_first_line(error)}"
        yield Finding(Verdict.FAIL, "database", said, "check DATABASE_URL, and that the server runs")
        return
    if version < OLDEST_POSTGRES:
        said = f"PostgreSQL {full_version} is older than {OLDEST_POSTGRES}"
        yield Finding(Verdict.FAIL, "database", said, f"use PostgreSQL {OLDEST_POSTGRES} or newer")
        return
    yield Finding(Verdict.OK, "database", f"PostgreSQL {full_version}, database {database}, as {user}")
    if conf.database()["ENGINE"] == "grader.embedded_backend":
        said = "this is the embedded server, which is for evaluation"
        yield Finding(Verdict.LOOK, "database", said, "set DATABASE_URL to a server that is backed up")


def _migrations() -> Iterator[Finding]:
    executor = MigrationExecutor(connection)
    missing = [f"{migration.app_label}.{migration.name}" for migration, _ in executor.migration_plan(
        executor.loader.graph.leaf_nodes())]  # fmt: skip
    if missing:
        said = f"{len(missing)} not applied: {', '.join(missing[:5])}{' …' if len(missing) > 5 else ''}"
        yield Finding(Verdict.FAIL, "migrations", said, "run: python manage.py migrate")
    else:
        yield Finding(Verdict.OK, "migrations", "all applied")


def _rights() -> Iterator[Finding]:
    lacking = rights.to_run()
    for lack in lacking:
        yield Finding(Verdict.FAIL, "rights", lack.said, f"as their owner: {lack.statement}")
    if not lacking:
        yield Finding(Verdict.OK, "rights", "all that the running service needs")


def _isolation() -> Iterator[Finding]:
    # Checks that query the database; a plain `manage.py check` leaves them out.
    problems = list(_checks("isolation", tags=[checks.Tags.database], databases=["default"]))
    yield from problems or [Finding(Verdict.OK, "isolation", "row-level security is on")]


def _checks(name: str, **which: Any) -> Iterator[Finding]:
    for problem in checks.run_checks(**which):
        if not problem.is_silenced():
            verdict = Verdict.FAIL if problem.level >= checks.ERROR else Verdict.LOOK
            yield Finding(verdict, name, f"{problem.msg} ({problem.id})", problem.hint or "")


def _workers() -> Iterator[Finding]:
    known = workers.known()
    alive = [worker for worker in known if worker.is_alive]
    lost = [worker.name for worker in known if not worker.is_alive]
    if lost:
        remedy = "other workers run their jobs; see the log of their host, and whether a supervisor restarted them"
        yield Finding(Verdict.LOOK, "workers", f"died: {', '.join(lost)}", remedy)
    if not alive:
        remedy = "start one: python manage.py qcluster"
        yield Finding(Verdict.FAIL, "workers", "none has reported in the last 15 seconds", remedy)
        return
    hosts = sorted({worker.name.rpartition(":")[0] for worker in alive})
    running = sum(worker.running for worker in alive)
    said = f"{len(alive)} processes on {', '.join(hosts)}, {running} jobs running"
    yield Finding(Verdict.OK, "workers", said)


def workers_of(host: str) -> list[Finding]:
    """Whether a worker of this host is alive, by its row."""
    try:
        alive = [worker.name for worker in workers.alive() if worker.name.rpartition(":")[0] == host]
    except DatabaseError as error:
        return [Finding(Verdict.FAIL, "database", f"cannot be reached: {_first_line(error)}")]
    if alive:
        return [Finding(Verdict.OK, "workers", f"{len(alive)} of {host} alive")]
    return [Finding(Verdict.FAIL, "workers", f"none of {host} has reported in the last 15 seconds")]


def _queue() -> Iterator[Finding]:
    queue = overview.queue()
    said = f"{queue.pending} jobs wait, {queue.processing} run"
    if queue.is_claiming_paused:
        yield Finding(Verdict.LOOK, "queue", f"{said}; claiming is paused", "python manage.py resume_rubric_jobs")
    elif queue.oldest_pending_s and queue.oldest_pending_s > conf.job_timeout_s() / 2:
        late = f"{said}; the oldest for {queue.oldest_pending_s:.0f} s"
        yield Finding(Verdict.LOOK, "queue", late, "start more workers, or look at the providers below")
    else:
        yield Finding(Verdict.OK, "queue", said)
    counted = overview.success(24)
    if counted.is_below_goal:
        said = f"{counted.completed} of {counted.completed + counted.failed} jobs of the last 24 hours were completed"
        yield Finding(Verdict.LOOK, "goal", said, "filter the admin's list by failed to see why")
    if refused := overview.often_refused():
        said = f"plans of the last 24 hours that did not fit their documents: {', '.join(refused)}"
        remedy = "choose another model (manage.py evaluate_reading compares them), or set RUBRIC_ANSWER_FORM=copy"
        yield Finding(Verdict.LOOK, "plans", said, remedy)


def _schedules() -> Iterator[Finding]:
    if failing := overview.failing_tasks():
        said = f"failed within the last quarter of an hour: {', '.join(failing)}"
        yield Finding(Verdict.FAIL, "schedules", said, "the workers' log says where; the admin lists failed tasks")


def _retention() -> Iterator[Finding]:
    # Pumps may run while scheduled tasks do not, such as after an idle django-q2 process was killed.
    kept_too_long = purge.count_jobs(purge.Selection(older_than=conf.retention() + PURGE_MAY_LAG)).total()
    if kept_too_long:
        said = f"finished jobs that should have been purged more than half an hour ago: {kept_too_long}"
        remedy = "restart the workers, which purge every five minutes, or run: python manage.py purge_rubric_jobs"
        yield Finding(Verdict.LOOK, "retention", said, remedy)


def _keys(url: str) -> Finding:
    """Fetch the identity provider's keys, as a web process does."""
    try:
        found = jwks.fetch(url)
    except jwks.JwksError as error:
        remedy = "until then every token is refused; check JWT_JWKS_URL and the network path to it"
        return Finding(Verdict.FAIL, "tokens", f"no keys from JWT_JWKS_URL: {error}", remedy)
    return Finding(Verdict.OK, "tokens", f"{len(found)} keys at JWT_JWKS_URL")


def recognition(missing: list[str]) -> Finding:
    """Whether scans and photos can be read here; names what is missing."""
    if not conf.recognizes_text():
        return Finding(Verdict.OK, "scans", "text in pictures is not recognised (RUBRIC_OCR is off)")
    if missing:
        said = "text in scans and photos is not recognised: only a language model reads them"
        return Finding(Verdict.OK, "scans", said, f"install requirements-ocr.txt; missing: {', '.join(missing)}")
    return Finding(Verdict.OK, "scans", "text in scans and photos is recognised")


def _providers(*, ask: bool) -> Iterator[Finding]:
    known = conf.providers_with_a_key()
    for name in known:
        yield _reach(name) if ask else Finding(Verdict.OK, name, "has a key; not asked")
    usual, fallback = conf.usual_providers()
    wanted = {usual, *fallback} & set(conf.providers())
    for name in sorted(wanted - set(known)):
        yield Finding(Verdict.FAIL, name, "is configured but has no key", f"set {name.upper()}_API_KEY")
    if not known:
        said = "none has a key: only the local reader is used, and what it cannot read fails"
        yield Finding(Verdict.LOOK, "providers", said, "set GEMINI_API_KEY or OPENAI_API_KEY")


def _reach(name: str) -> Finding:
    """Request the list of models, which is free and needs a valid key."""
    url, headers = _models_of(name)
    remedy = f"check {name.upper()}_BASE_URL and the network path to it"
    try:
        answer = httpx2.get(url, headers=headers, timeout=PATIENCE_S)
    except (httpx2.HTTPError, httpx2.InvalidURL) as error:
        return Finding(Verdict.FAIL, name, f"cannot be reached ({type(error).__name__})", remedy)
    if answer.status_code in {400, 401, 403}:
        return Finding(Verdict.FAIL, name, f"refuses the key ({answer.status_code})", f"renew {name.upper()}_API_KEY")
    if answer.status_code >= 400:
        return Finding(Verdict.LOOK, name, f"answers {answer.status_code}", remedy)
    return Finding(Verdict.OK, name, "reachable, and the key is accepted")


def _models_of(name: str) -> tuple[str, dict[str, str]]:
    vendor = conf.providers()[name]
    key = vendor.api_key or ""
    if name == "gemini":
        base = (vendor.base_url or "https://generativelanguage.googleapis.com").rstrip("/")
        path = "/models" if re.search(r"/v1(beta)?$", base) else "/v1beta/models"
        return f"{base}{path}?pageSize=1", {"x-goog-api-key": key}
    base = (vendor.base_url or "https://api.openai.com/v1").rstrip("/")
    return f"{base}/models", {"Authorization": f"Bearer {key}"}


def _first_line(error: Exception) -> str:
    lines = str(error).strip().splitlines()
    return lines[0] if lines else type(error).__name__
