"""Every refusal as one fact (HTTP status, stable code, one sentence), and the bodies that tell it."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from typing import Any

from django.core.exceptions import RequestDataTooBig
from django.db import InterfaceError, OperationalError
from django.http import Http404
from rest_framework import exceptions, status
from rest_framework.response import Response

from rubric_jobs.errors import DocumentTooLarge, RubricJobError, UnsupportedType

log = logging.getLogger(__name__)

UNAVAILABLE_RETRY_S = 5

_STATUS_OF: dict[type[Exception], int] = {
    DocumentTooLarge: status.HTTP_413_REQUEST_ENTITY_TOO_LARGE,
    UnsupportedType: status.HTTP_415_UNSUPPORTED_MEDIA_TYPE,
    RubricJobError: status.HTTP_422_UNPROCESSABLE_ENTITY,
}
_CODES = {
    status.HTTP_400_BAD_REQUEST: "malformed",
    status.HTTP_401_UNAUTHORIZED: "not_authenticated",
    status.HTTP_403_FORBIDDEN: "forbidden",
    status.HTTP_404_NOT_FOUND: "not_found",
    status.HTTP_405_METHOD_NOT_ALLOWED: "method_not_allowed",
    status.HTTP_406_NOT_ACCEPTABLE: "not_acceptable",
    status.HTTP_415_UNSUPPORTED_MEDIA_TYPE: "unsupported_media_type",
    status.HTTP_429_TOO_MANY_REQUESTS: "throttled",
}


@dataclass(frozen=True, slots=True)
class Problem:
    """Why a request was refused; `fields` names what was wrong with each field of it."""

    status: int
    code: str
    sentence: str
    fields: dict[str, list[str]] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)


def describe(error: Exception) -> Problem:
    """The problem that an exception stands for; what nobody foresaw is logged and told as an internal error."""
    if isinstance(error, RequestDataTooBig):
        error = DocumentTooLarge()
    if isinstance(error, RubricJobError):
        http_status = next(code for kind, code in _STATUS_OF.items() if isinstance(error, kind))
        return Problem(http_status, error.code, str(error))
    if isinstance(error, Http404):
        return Problem(404, "not_found", "There is no such job.")
    if isinstance(error, exceptions.ValidationError):
        fields = _by_field(error.detail)
        return Problem(422, "invalid_field", " ".join(_sentences(fields)), fields)
    if isinstance(error, exceptions.APIException):
        return _of_rest_framework(error)
    if isinstance(error, (OperationalError, InterfaceError)):
        log.error("the database is away: %s", type(error).__name__)
        return Problem(
            503,
            "unavailable",
            "The service is not available at the moment; please try again.",
            headers={"Retry-After": str(UNAVAILABLE_RETRY_S)},
        )
    log.error("a request broke the service's own code", exc_info=error)
    return Problem(500, "internal_error", "Something went wrong inside the service; the fault has been logged.")


def _of_rest_framework(error: exceptions.APIException) -> Problem:
    codes = error.get_codes()
    known = {"no_membership"}
    code = codes if codes in known else _CODES.get(error.status_code, str(codes))
    headers = {}
    if challenge := getattr(error, "auth_header", None):
        headers["WWW-Authenticate"] = challenge
    if (wait_s := getattr(error, "wait", None)) is not None:
        headers["Retry-After"] = str(int(wait_s) + 1)
    return Problem(error.status_code, code, str(error.detail), headers=headers)


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


def answer_old_front_end(error: Exception, context: dict[str, Any]) -> Response:
    """The body that the old poller understands: it stops at `status: failed` and shows `error`."""
    problem = describe(error)
    body = {
        "success": False,
        "status": "failed",
        "error": problem.sentence,
        "errorCode": problem.code,
        "message": problem.sentence,
    }
    return Response(body, status=problem.status, headers=problem.headers)
