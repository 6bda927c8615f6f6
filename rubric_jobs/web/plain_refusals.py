"""Refusals instead of internal errors where no view can answer: unreadable requests, and exhausted limits."""

from __future__ import annotations

import codecs
from collections.abc import Awaitable, Callable
from typing import Any, cast

import psycopg
from asgiref.sync import iscoroutinefunction
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.utils.decorators import sync_and_async_middleware

from rubric_jobs.web import problems

API = ("/api/", "/.netlify/")
RETRY_AFTER_S = 2

_LATER = "_rubric_jobs_refusal"


def refuse_later(request: HttpRequest | None, *, status: int, retry_after_s: float) -> None:
    """Sets the status of the answer to this request, whatever the view shows."""
    if request is not None:
        setattr(request, _LATER, (status, retry_after_s))


@sync_and_async_middleware
def refuse_plainly(get_response: Callable[[HttpRequest], Any]) -> Callable[[HttpRequest], Any]:
    answer: Any
    if iscoroutinefunction(get_response):

        async def answer_async(request: HttpRequest) -> HttpResponseBase:
            refused = _malformed(request)
            return refused or _as_told(request, await cast(Awaitable[HttpResponseBase], get_response(request)))

        answer = answer_async
    else:

        def answer_sync(request: HttpRequest) -> HttpResponseBase:
            return _malformed(request) or _as_told(request, get_response(request))

        answer = answer_sync
    answer.process_exception = _no_room
    return cast(Callable[[HttpRequest], Any], answer)


def _malformed(request: HttpRequest) -> HttpResponse | None:
    """For a charset that is not a text encoding, such as `zip`, and outside of the API for NUL."""
    is_api = request.path_info.startswith(API)
    if not _is_charset((request.content_params or {}).get("charset", "utf-8")):
        if is_api:
            problem = problems.describe(problems.Refusal("malformed", "The charset of the body is not known."))
            is_resource = request.path_info.startswith("/api/rubric-jobs/")
            return problems.as_problem_details(problem) if is_resource else problems.as_old_front_end(problem)
        return _plain(400, "The charset of the body is not known.")
    if not is_api and ("\0" in request.path_info or "%00" in request.META.get("QUERY_STRING", "")):
        return _plain(400, "The address holds a NUL character.")
    return None


def _is_charset(name: str) -> bool:
    try:
        return bool(codecs.lookup(name)._is_text_encoding)
    except (LookupError, ValueError):
        return True  # Django ignores unknown names


def _as_told(request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
    if (told := getattr(request, _LATER, None)) is not None:
        response.status_code = told[0]
        response.headers["Retry-After"] = str(int(told[1]) + 1)
    return response


def _no_room(_request: HttpRequest, error: Exception) -> HttpResponse | None:
    """The database is down, or all connections to it are in use. The API has its own answer."""
    if isinstance(error, OperationalError | InterfaceError | psycopg.OperationalError | psycopg.InterfaceError):
        response = _plain(503, "The service has no room at this moment; please try again.")
        response.headers["Retry-After"] = str(RETRY_AFTER_S)
        return response
    return None


def _plain(status: int, sentence: str) -> HttpResponse:
    return HttpResponse(f"{sentence}\n", status=status, content_type="text/plain; charset=utf-8")
