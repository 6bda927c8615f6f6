"""Structured log lines with one trace id from the request to the provider.

The trace id comes with the request (`traceparent` or `X-Request-ID`) or is new. It is bound to the request's task,
stored in the job's row, and bound again by the worker that claims the job.
"""

from __future__ import annotations

import json
import logging
import re
import sys
import time
import traceback
import uuid
from collections.abc import Awaitable, Callable, Iterator
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any

import structlog
from asgiref.sync import iscoroutinefunction
from django.http import HttpRequest, HttpResponseBase
from django.utils.decorators import sync_and_async_middleware
from structlog.contextvars import bind_contextvars, bound_contextvars, get_contextvars

log = logging.getLogger(__name__)

TRACE_HEADER = "X-Request-ID"
_TRACE = re.compile(r"[A-Za-z0-9._-]{8,64}")
_TRACEPARENT = re.compile(r"[0-9a-f]{2}-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}")
_UNLOGGED = frozenset({"/healthz", "/readyz", "/metrics"})


def trace_id() -> str | None:
    """The current trace id."""
    return get_contextvars().get("trace_id")


def bind(**facts: Any) -> None:
    """Add these facts to every line that this task and its children write from now on."""
    bind_contextvars(**{name: value for name, value in facts.items() if value is not None})


def bound(**facts: Any) -> AbstractContextManager[None]:
    """`bind` for as long as a block lasts."""
    return bound_contextvars(**facts)


def read_trace(headers: Any) -> str:
    """The caller's trace id if it has a valid one, else a new one."""
    if parent := _TRACEPARENT.fullmatch(headers.get("traceparent", "")):
        return parent[1]
    given = headers.get(TRACE_HEADER, "")
    return given if _TRACE.fullmatch(given) else uuid.uuid4().hex


@sync_and_async_middleware
def trace_requests(
    get_response: Callable[[HttpRequest], Any],
) -> Callable[[HttpRequest], HttpResponseBase | Awaitable[HttpResponseBase]]:
    """Bind each request's trace id, return it in answers that ask for it, and write one line about the request."""
    if iscoroutinefunction(get_response):

        async def answer_async(request: HttpRequest) -> HttpResponseBase:
            trace, began = read_trace(request.headers), time.monotonic()
            with bound(trace_id=trace):
                response: HttpResponseBase = await get_response(request)
                return _answered(request, response, trace, began)

        return answer_async

    def answer(request: HttpRequest) -> HttpResponseBase:
        trace, began = read_trace(request.headers), time.monotonic()
        with bound(trace_id=trace):
            return _answered(request, get_response(request), trace, began)

    return answer


def _answered(request: HttpRequest, response: HttpResponseBase, trace: str, began: float) -> HttpResponseBase:
    # Not in every answer: answers that must be indistinguishable would differ by it.
    if TRACE_HEADER in request.headers or response.status_code >= HTTPStatus.INTERNAL_SERVER_ERROR:
        response.headers[TRACE_HEADER] = trace
    # Every waiting browser polls every 2 s; a line about each would be a third of the answer's cost.
    is_poll = response.status_code in {HTTPStatus.OK, HTTPStatus.NOT_MODIFIED} and request.path.endswith("-status")
    if request.path not in _UNLOGGED and not is_poll:
        ms = round((time.monotonic() - began) * 1000)
        # Without the query string, which may contain what a caller searched for.
        facts = {"method": request.method, "path": request.path, "status": response.status_code, "ms": ms}
        log.info("answered", extra=facts)
    return response


def configuration(form: str) -> dict[str, Any]:
    """Django's LOGGING: one line of JSON each (`json`), lines for a person (`console`), or as stderr is (`auto`)."""
    is_watched = form == "console" or (form == "auto" and sys.stderr.isatty())
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"structured": {"()": "rubric_jobs.logs.formatter", "is_watched": is_watched}},
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "structured"}},
        "filters": {"once_a_minute": {"()": "rubric_jobs.logs.OnceAMinute"}},
        "root": {"handlers": ["stderr"], "level": "WARNING"},
        "loggers": {
            "rubric_jobs": {"level": "INFO"},
            "django-q": {"level": "INFO"},
            # A web process without descriptors says so for each connection that it cannot accept, and fills the disk.
            "asyncio": {"filters": ["once_a_minute"]},
            # A refused request is the caller's fault, and `answered` has its status.
            "django.request": {"level": "ERROR"},
        },
    }


class OnceAMinute(logging.Filter):
    """Lets the first of a crowd of equal lines through."""

    def __init__(self) -> None:
        super().__init__()
        self._said_at: dict[str, float] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        words = str(record.msg).partition("\n")[0]
        is_new = record.created - self._said_at.get(words, 0.0) >= 60
        if is_new:
            self._said_at = {known: at for known, at in self._said_at.items() if record.created - at < 60}
            self._said_at[words] = record.created
        return is_new


class JsonLines(logging.Formatter):
    """One JSON object a line, the same as structlog's formatter makes in twice the time."""

    _STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime"}
    _encode = json.JSONEncoder(default=str).encode

    def format(self, record: logging.LogRecord) -> str:
        at = datetime.fromtimestamp(record.created, UTC).isoformat().replace("+00:00", "Z")
        line = {"event": record.getMessage(), **get_contextvars()}
        line |= {"level": record.levelname.lower(), "logger": record.name}
        line |= {name: value for name, value in vars(record).items() if name not in self._STANDARD}
        line["timestamp"] = at
        if record.exc_info and record.exc_info[1]:
            line["exception"] = places(record.exc_info[1])
        return self._encode(line)


def formatter(*, is_watched: bool) -> logging.Formatter:
    # Lines do not name thread, process or line of code; finding these out is a third of a line's cost.
    logging.logThreads = logging.logProcesses = logging.logMultiprocessing = False
    logging._srcfile = None  # as Python's logging guide recommends
    if not is_watched:
        return JsonLines()
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.ExtraAdder(),
        _say_local_time,
    ]
    last: list[Any] = [
        structlog.stdlib.ProcessorFormatter.remove_processors_meta,
        _say_where_it_broke,
        structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty()),
    ]
    return structlog.stdlib.ProcessorFormatter(foreign_pre_chain=shared, processors=last)


def _say_local_time(_logger: Any, _method: str, line: dict[str, Any]) -> dict[str, Any]:
    return line | {"timestamp": time.strftime("%H:%M:%S", time.localtime(line["_record"].created))}


def _say_where_it_broke(_logger: Any, _method: str, line: dict[str, Any]) -> dict[str, Any]:
    _, error, _ = line.pop("exc_info", None) or (None, None, None)
    if error is not None:
        line["exception"] = places(error)
    return line


def places(error: BaseException) -> str:
    """The places and class names of an exception and its causes, as lines of text.

    Without messages and variables: a database's message may quote a row, a variable may be a document or a key.
    """
    return "".join(_places(error))


def _places(error: BaseException) -> Iterator[str]:
    behind = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    if behind is not None:
        yield from _places(behind)
    yield from traceback.format_tb(error.__traceback__)
    yield f"{type(error).__module__}.{type(error).__qualname__}\n"
    if isinstance(error, BaseExceptionGroup):
        for part in error.exceptions:
            yield from _places(part)
