"""What routes are made of: parsing with bounds, identity, isolation, throttles, and one way to answer a failure."""

from __future__ import annotations

import functools
import logging
from collections.abc import Awaitable, Callable
from io import BytesIO
from typing import Any, cast

from asgiref.sync import markcoroutinefunction
from corsheaders.middleware import CorsMiddleware
from django.core.handlers.asgi import ASGIRequest
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from rest_framework.exceptions import MethodNotAllowed, ParseError, Throttled
from rest_framework.parsers import JSONParser, MultiPartParser
from rest_framework.request import Request
from rest_framework.serializers import Serializer
from rest_framework.views import APIView

from rubric_jobs import conf
from rubric_jobs.errors import DocumentTooLarge
from rubric_jobs.web import auth, isolation, problems
from rubric_jobs.web.auth import Identity, caller
from rubric_jobs.web.throttles import RowThrottle, TenantThrottle, UserThrottle

METHODS = ("get", "post", "delete")

log = logging.getLogger(__name__)


class BoundedJSONParser(JSONParser):
    """JSON that is an object and is not nested without end."""

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Any = None) -> dict[str, Any]:
        try:
            body = super().parse(stream, media_type, parser_context)
        except RecursionError:
            raise ParseError("The JSON is nested too deeply.") from None
        if not isinstance(body, dict):
            raise ParseError("The body must be a JSON object.")
        return body


class FormParser(MultiPartParser):
    """A form; one whose parts have heads that cannot be read is malformed."""

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Any = None) -> Any:
        try:
            return super().parse(stream, media_type, parser_context)
        except TypeError:  # of Python's own parser of headers, which Django does not expect
            raise ParseError("A part of the form has a head that cannot be read.") from None


class AnswersProblems:
    """Failures as problem details (RFC 9457)."""

    def answer_problem(self, problem: problems.Problem) -> HttpResponse:
        return problems.as_problem_details(problem)


class AnswersOldFrontEnd(AnswersProblems):
    """Failures in the shape that the old poller understands."""

    def answer_problem(self, problem: problems.Problem) -> HttpResponse:
        return problems.as_old_front_end(problem)


class CallerView(AnswersProblems, APIView):
    """A view of Django REST framework whose methods run isolated: they read the caller's rows and no others."""

    parser_classes = [BoundedJSONParser]
    throttle_classes = [UserThrottle, TenantThrottle]
    http_method_names = list(METHODS)
    is_isolated = True

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        for name in METHODS:
            if cls.is_isolated and name in vars(cls):
                setattr(cls, name, _isolated(vars(cls)[name]))

    def get_exception_handler(self) -> Any:
        return lambda error, _context: self.answer_problem(problems.describe(error))

    def initialize_request(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Request:
        return super().initialize_request(measured(request), *args, **kwargs)

    def perform_content_negotiation(self, request: Request, force: bool = False) -> Any:
        try:
            return super().perform_content_negotiation(request, force)
        except TypeError:  # of Python's own parser of headers
            raise ParseError("The header Accept cannot be read.") from None

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        # An ASGI server's bodies are bounded before (grader/body_limit.py); this is for all others.
        if body_bytes(request) > conf.max_body_bytes():
            raise DocumentTooLarge(f"The file is larger than {conf.max_file_mb()} MB.")
        super().initial(request, *args, **kwargs)


def measured(request: HttpRequest) -> HttpRequest:
    """The request with its body's length: one that came in chunks has none, and counts as empty for REST framework."""
    if not request.META.get("CONTENT_LENGTH"):
        request.META["CONTENT_LENGTH"] = str(len(request.body))
    return request


def body_bytes(request: Request) -> int:
    """How long the body is, by its header."""
    return int(request.META.get("CONTENT_LENGTH") or 0)


def _isolated(method: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    @functools.wraps(method)
    def isolated(view: APIView, request: Request, *args: Any, **kwargs: Any) -> HttpResponseBase:
        identity = caller(request)
        with isolation.as_caller(tenant_id=identity.tenant_id, user_id=identity.user_id):
            return method(view, request, *args, **kwargs)

    return isolated


class AsyncCallerView(AnswersProblems, APIView):
    """A view that may wait without holding a thread. Django REST framework has none, so it lends the outside alone.

    Its methods are coroutines `method(request, identity, **parts_of_the_path)`.
    """

    http_method_names = list(METHODS)

    @classmethod
    def as_view(cls, **initkwargs: Any) -> Any:
        outside = super().as_view(**initkwargs)

        @functools.wraps(outside)
        async def view(request: HttpRequest, **parts: Any) -> HttpResponseBase:
            return await cls(**initkwargs).answer(request, **parts)

        return markcoroutinefunction(view)

    async def answer(self, request: HttpRequest, **parts: Any) -> HttpResponseBase:
        try:
            identity = await auth.acaller(request)
            name = "get" if request.method == "HEAD" else (request.method or "").lower()
            method = getattr(self, name, None) if name in METHODS else None
            if method is None:
                raise MethodNotAllowed(request.method or "")
            return await cast(Callable[..., Awaitable[HttpResponseBase]], method)(request, identity, **parts)
        except MethodNotAllowed as error:
            response = self.answer_problem(problems.describe(error))
            response.headers["Allow"] = ", ".join(self.allowed_methods)
            return response
        except Exception as error:  # every failure has a body that the caller can read
            return self.answer_problem(problems.describe(error))


def throttle(identity: Identity) -> None:
    """Count a request to a route that Django REST framework does not count; raises Throttled."""
    limits: list[RowThrottle] = [UserThrottle(), TenantThrottle()]
    for limit in limits:
        if not limit.admits(identity):
            raise Throttled(limit.wait())


def validated(serializer: Serializer[Any]) -> Any:
    serializer.is_valid(raise_exception=True)
    return serializer.validated_data


def too_large(scope: dict[str, Any]) -> tuple[list[tuple[bytes, bytes]], bytes]:
    """Headers and body of a 413 that is given before Django is asked."""
    refusal = _refused_early(scope, DocumentTooLarge(f"The file is larger than {conf.max_file_mb()} MB."))
    return [(name.lower().encode(), value.encode()) for name, value in refusal.items()], refusal.content


def unreadable(scope: dict[str, Any]) -> HttpResponse:
    """A 400 for a request whose head Django cannot read."""
    return _refused_early(scope, problems.Refusal("malformed"))


def _refused_early(scope: dict[str, Any], error: Exception) -> HttpResponse:
    """In the shape of the route of that ASGI scope, with what a browser on another origin needs to read it."""
    # The question and the body's type may be what cannot be read, and the answer depends on neither.
    headers = [(name, value) for name, value in scope["headers"] if name != b"content-type"]
    request = ASGIRequest({**scope, "query_string": b"", "headers": headers}, BytesIO())
    answer = problems.as_problem_details if request.path.startswith("/api/rubric-jobs/") else problems.as_old_front_end
    refusal = answer(problems.describe(error))
    return cast(HttpResponse, CorsMiddleware(lambda _: refusal)(request))
