"""Refusals: HTTP status, stable code and one sentence, in two formats.

The old routes answer in the format of the old poller, all others with problem details (RFC 9457).
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import psycopg
from django.core.exceptions import RequestDataTooBig, SuspiciousOperation
from django.db import InterfaceError, OperationalError
from django.http import Http404, HttpResponse
from rest_framework import exceptions, status

from rubric_jobs import errors, logs
from rubric_jobs.errors import DocumentTooLarge, RubricJobError, UnsupportedType

log = logging.getLogger(__name__)

UNAVAILABLE_RETRY_S = 5
PROBLEM_TYPE = "/api/error-codes"

_STATUS_OF: dict[type[Exception], int] = {
    DocumentTooLarge: status.HTTP_413_REQUEST_ENTITY_TOO_LARGE,
    UnsupportedType: status.HTTP_415_UNSUPPORTED_MEDIA_TYPE,
    RubricJobError: status.HTTP_422_UNPROCESSABLE_ENTITY,
}
CODES: dict[str, tuple[int, str]] = {
    "malformed": (400, "The request could not be read; it must be a JSON object or a form."),
    "not_authenticated": (401, "Sign in, or send a valid bearer token."),
    "forbidden": (403, "This is not allowed."),
    "no_membership": (403, "This account is not a member of a tenant."),
    "not_found": (404, "There is no such job."),
    "no_such_route": (404, "There is no such route."),
    "method_not_allowed": (405, "This address does not support this method."),
    "not_acceptable": (406, "The requested format is not available."),
    "conflict": (409, "The job's state does not allow this."),
    "precondition_failed": (412, "The reading was changed since, perhaps in another tab; please load it again."),
    "gone": (410, "This route is switched off."),
    "unsupported_media_type": (415, "The type of the body is not supported."),
    "invalid_field": (422, "A field of the request is not valid."),
    "idempotency_key_reused": (422, "This Idempotency-Key was used for another request."),
    "plan_invalid": (422, "The document cannot be read that way; what is marked does not fit its tables and lines."),
    "nothing_marked": (
        422,
        "Nothing in the document is marked as a criterion; mark at least one.",
    ),
    "throttled": (429, "Too many requests; please wait."),
    "internal_error": (500, "Something went wrong inside the service; the error has been logged."),
    "unavailable": (503, "The service is not available at the moment; please try again."),
}
"""Codes of refused requests; those of failed jobs are in `errors.py`."""

_CODE_OF = {http: code for code, (http, _) in reversed(CODES.items())}


class Refusal(exceptions.APIException):
    """A refusal by its code; `code` is one of CODES."""

    def __init__(
        self,
        code: str,
        sentence: str | None = None,
        *,
        headers: dict[str, str] | None = None,
        fields: dict[str, list[str]] | None = None,
    ) -> None:
        self.status_code, usual = CODES[code]
        super().__init__(sentence or usual, code)
        self.headers = headers or {}
        self.fields = fields or {}


@dataclass(frozen=True, slots=True)
class Problem:
    """Why a request was refused; `fields` has the faults by field."""

    status: int
    code: str
    sentence: str
    fields: dict[str, list[str]] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)


def as_problem_details(problem: Problem) -> HttpResponse:
    """RFC 9457: `type`, `title`, `status`, `detail`, with the members `code` and `errors` (by field)."""
    body: dict[str, Any] = {
        "type": f"{PROBLEM_TYPE}#{problem.code}",
        "title": problem.code.replace("_", " ").capitalize(),
        "status": problem.status,
        "detail": problem.sentence,
        "code": problem.code,
    }
    if problem.fields:
        body["errors"] = problem.fields
    return _response(problem, body, "application/problem+json")


def as_old_front_end(problem: Problem) -> HttpResponse:
    """The old poller's format: it stops at `status: failed` and shows `error`."""
    body = {
        "success": False,
        "status": "failed",
        "error": problem.sentence,
        "errorCode": problem.code,
        "message": problem.sentence,
    }
    return _response(problem, body, "application/json")


def _response(problem: Problem, body: dict[str, Any], content_type: str) -> HttpResponse:
    headers = {"Cache-Control": "no-store", **problem.headers}
    return HttpResponse(json.dumps(body), status=problem.status, content_type=content_type, headers=headers)


def describe(error: Exception) -> Problem:
    """The problem for an exception; an unexpected one is logged and becomes an internal error."""
    if isinstance(error, RequestDataTooBig):
        error = DocumentTooLarge()
    if isinstance(error, SuspiciousOperation):
        return _usual("malformed")
    if isinstance(error, RubricJobError):
        http_status = next(code for kind, code in _STATUS_OF.items() if isinstance(error, kind))
        return Problem(http_status, error.code, str(error))
    if isinstance(error, Http404):
        return _usual("not_found")
    if isinstance(error, exceptions.ValidationError):
        fields = _by_field(error.detail)
        return Problem(422, "invalid_field", " ".join(_sentences(fields)), fields)
    if isinstance(error, exceptions.APIException):
        return _of_rest_framework(error)
    if isinstance(error, OperationalError | InterfaceError | psycopg.OperationalError | psycopg.InterfaceError):
        log.error("the database is away: %s", type(error).__name__)
        return _usual("unavailable", {"Retry-After": str(UNAVAILABLE_RETRY_S)})
    log.error("a request failed in the service's own code:\n%s", logs.places(error))
    return _usual("internal_error")


def _usual(code: str, headers: dict[str, str] | None = None) -> Problem:
    http_status, sentence = CODES[code]
    return Problem(http_status, code, sentence, headers=headers or {})


def _of_rest_framework(error: exceptions.APIException) -> Problem:
    own = error.get_codes()
    code = own if isinstance(own, str) and own in CODES else _CODE_OF.get(error.status_code, str(own))
    headers = dict(getattr(error, "headers", {}))
    if challenge := getattr(error, "auth_header", None):
        headers["WWW-Authenticate"] = challenge
    if (wait_s := getattr(error, "wait", None)) is not None:
        headers["Retry-After"] = str(int(wait_s) + 1)
    return Problem(error.status_code, code, str(error.detail), getattr(error, "fields", {}), headers)


def _by_field(detail: Any) -> dict[str, list[str]]:
    if isinstance(detail, dict):
        return {name: [str(text) for text in _flat(texts)] for name, texts in detail.items()}
    return {"body": [str(text) for text in _flat(detail)]}


def _flat(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return [item for part in value.values() for item in _flat(part)]
    if isinstance(value, list):
        return [item for part in value for item in _flat(part)]
    return [value]


def _sentences(fields: dict[str, list[str]]) -> list[str]:
    return [f"{name}: {' '.join(texts)}" for name, texts in fields.items()]


def table() -> Iterator[dict[str, Any]]:
    """Every code of a refused request (with its HTTP status) or a failed job."""
    for code, (http_status, sentence) in CODES.items():
        yield {"code": code, "httpStatus": http_status, "retryable": http_status in {429, 503}, "message": sentence}
    for code, kind in sorted(errors.by_code().items()):
        if code not in CODES:
            http = next(http for base, http in _STATUS_OF.items() if issubclass(kind, base))
            at_trigger = issubclass(kind, errors.DocumentError)
            yield {
                "code": code,
                "httpStatus": http if at_trigger else None,
                "retryable": kind.retryable,
                "message": str(kind()),
            }
