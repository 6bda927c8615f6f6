"""The base of all routes: identity, rate limits, isolation, parsing with bounds, and failures as answers."""

from __future__ import annotations

import functools
import uuid
from collections.abc import Awaitable, Callable
from inspect import iscoroutinefunction
from io import BytesIO
from typing import Any, TypeVar, cast

from asgiref.sync import ThreadSensitiveContext, markcoroutinefunction
from corsheaders.middleware import CorsMiddleware
from django.contrib.auth.middleware import AuthenticationMiddleware
from django.contrib.sessions.middleware import SessionMiddleware
from django.core.handlers.asgi import ASGIRequest
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.utils.decorators import method_decorator
from django.views import View
from django.views.decorators.csrf import csrf_exempt
from rest_framework.exceptions import MethodNotAllowed, ParseError
from rest_framework.parsers import JSONParser, MultiPartParser
from rest_framework.request import Request
from rest_framework.serializers import Serializer
from rest_framework.views import APIView

from rubric_jobs import conf
from rubric_jobs.errors import DocumentTooLarge
from rubric_jobs.web import auth, isolation, job_reads, problems, throttles
from rubric_jobs.web.auth import Identity
from rubric_jobs.web.job_reads import Snapshot
from rubric_jobs.web.plain_refusals import API
from rubric_jobs.web.threads import in_request_thread

METHODS = ("get", "post", "put", "delete")

T = TypeVar("T")


class BoundedJSONParser(JSONParser):
    """JSON that is an object with bounded nesting."""

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Any = None) -> dict[str, Any]:
        try:
            body = super().parse(stream, media_type, parser_context)
        except RecursionError:
            raise ParseError("The JSON is nested too deeply.") from None
        if not isinstance(body, dict):
            raise ParseError("The body must be a JSON object.")
        return body


class FormParser(MultiPartParser):
    """A form. One with unreadable headers in its parts is malformed."""

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Any = None) -> Any:
        try:
            return super().parse(stream, media_type, parser_context)
        except TypeError:  # from Python's own header parser, which Django does not expect
            raise ParseError("A part of the form has a head that cannot be read.") from None


class AnswersProblems:
    """Failures as problem details (RFC 9457)."""

    def answer_problem(self, problem: problems.Problem) -> HttpResponse:
        return problems.as_problem_details(problem)


class AnswersOldFrontEnd(AnswersProblems):
    """Failures in the format that the old poller understands."""

    def answer_problem(self, problem: problems.Problem) -> HttpResponse:
        return problems.as_old_front_end(problem)


class ApiView(AnswersProblems, APIView):
    """A route, served asynchronously. Its methods are called as `method(request, identity, **parts_of_the_path)`.

    An `async def` method runs on the event loop with Django's request: it may wait without holding a thread, and is not
    counted. A `def` method runs in a thread by way of `in_thread`. Django REST framework has no asynchronous views, so
    this class uses only its parsing, its content negotiation and its place in the schema generator.
    """

    parser_classes = [BoundedJSONParser]
    http_method_names = list(METHODS)
    format_kwarg = None
    view_is_async = False  # Django's own check, which refuses views with both kinds of methods

    @classmethod
    def as_view(cls, **initkwargs: Any) -> Any:
        outside = super().as_view(**initkwargs)

        @functools.wraps(outside)
        async def view(request: HttpRequest, **parts: Any) -> HttpResponseBase:
            return await cls(**initkwargs).answer(request, **parts)

        return markcoroutinefunction(view)

    async def answer(self, request: HttpRequest, **parts: Any) -> HttpResponseBase:
        response = await self._answer(request, **parts)
        response.headers.setdefault("Cache-Control", "no-store")  # proxies must not store what a caller may read
        return response

    async def _answer(self, request: HttpRequest, **parts: Any) -> HttpResponseBase:
        try:
            method = self._method(request)
            is_async = iscoroutinefunction(method)
            if not is_async:
                self._negotiate(request)
            identity = await auth.identify(request) if self.authentication_classes else None
            if method is None:
                raise MethodNotAllowed(request.method or "")
            if is_async:
                return await cast(Callable[..., Awaitable[HttpResponseBase]], method)(request, identity, **parts)
            return await self.in_thread(method, request, identity, **parts)
        except MethodNotAllowed as error:
            response = self.answer_problem(problems.describe(error))
            response.headers["Allow"] = ", ".join(self.allowed_methods)
            return response
        except Exception as error:  # every failure has a body that the caller can read
            return self.answer_problem(problems.describe(error))

    def _method(self, request: HttpRequest) -> Callable[..., Any] | None:
        name = "get" if request.method == "HEAD" else (request.method or "").lower()
        return getattr(self, name, None) if name in self.http_method_names else None

    def _negotiate(self, request: HttpRequest) -> None:
        try:
            self.perform_content_negotiation(self.initialize_request(request))
        except TypeError:  # from Python's own header parser
            raise ParseError("The header Accept cannot be read.") from None

    async def in_thread(
        self, method: Callable[..., T], request: HttpRequest, identity: Identity | None, **parts: Any
    ) -> T:
        """What the method returns: called in a thread with a parsed request; for a caller also counted and isolated."""
        return await in_request_thread(request, self._call, method, request, identity, parts)

    def _call(
        self, method: Callable[..., T], request: HttpRequest, identity: Identity | None, parts: dict[str, Any]
    ) -> T:
        asked = self.initialize_request(_measured(request))
        if body_bytes(asked) > conf.max_body_bytes():  # an ASGI server's bodies are bounded before (body_limit.py)
            raise DocumentTooLarge(f"The file is larger than {conf.max_file_mb()} MB.")
        if identity is None:
            return method(asked, None, **parts)
        throttles.admit(identity)
        with isolation.as_caller(**identity.scope):
            return method(asked, identity, **parts)


@method_decorator(csrf_exempt, name="dispatch")
class NoSuchRoute(AnswersProblems, View):
    """404 for an unknown path."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return self.answer_problem(problems.describe(problems.Refusal("no_such_route")))


class NoSuchOldRoute(AnswersOldFrontEnd, NoSuchRoute):
    """The same in the format that the old front end can read."""


async def job_of(request: HttpRequest, identity: Identity, job_id: uuid.UUID) -> Snapshot:
    """The caller's job; Http404 if they have none with that id."""
    # A WSGI server's event loop lives for one request: no pool can be kept in it.
    if isinstance(request, ASGIRequest):
        job = await job_reads.aread(**identity.scope, job_id=job_id)
    else:
        job = await in_request_thread(request, job_reads.read, **identity.scope, job_id=job_id)
    if job is None:
        raise Http404
    return job


def _measured(request: HttpRequest) -> HttpRequest:
    """The request with its body's length: a chunked body has none, and REST framework takes it for empty."""
    if not request.META.get("CONTENT_LENGTH"):
        request.META["CONTENT_LENGTH"] = str(len(request.body))
    return request


def body_bytes(request: Request) -> int:
    """The length of the body, by its header."""
    return int(request.META.get("CONTENT_LENGTH") or 0)


def validated(serializer: Serializer[Any]) -> Any:
    serializer.is_valid(raise_exception=True)
    return serializer.validated_data


EarlyAnswer = tuple[int, list[tuple[bytes, bytes]], bytes]
"""Status, headers and body of an answer that is given before Django sees the request."""


def too_large(scope: dict[str, Any]) -> EarlyAnswer:
    """A 413."""
    return _early(_refused_early(scope, DocumentTooLarge(f"The file is larger than {conf.max_file_mb()} MB.")))


async def stranger(scope: dict[str, Any]) -> EarlyAnswer | None:
    """The refusal of a long body whose head has no valid token or session; None for a known caller."""
    try:
        async with ThreadSensitiveContext():  # as in Django's own handler: a thread for this request
            await _require_known(ASGIRequest(scope, BytesIO()))
    except Exception as error:  # every failure has a body that the caller can read
        return _early(_refused_early(scope, error))
    return None


async def _require_known(request: HttpRequest) -> None:
    await in_request_thread(request, _take_session, request)
    if request.path_info.startswith(API):
        await auth.identify(request)
    elif not await in_request_thread(request, lambda: request.user.is_authenticated):
        raise DocumentTooLarge("Please sign in first.")


def _take_session(request: HttpRequest) -> None:
    """Add the headers of two of Django's middleware classes, which do not see this response."""
    SessionMiddleware(_no_view).process_request(request)
    AuthenticationMiddleware(_no_view).process_request(request)


def _no_view(_request: HttpRequest) -> HttpResponseBase:
    return HttpResponse()


def _early(refusal: HttpResponse) -> EarlyAnswer:
    headers = [(name.lower().encode(), value.encode()) for name, value in refusal.items()]
    return refusal.status_code, headers, refusal.content


def unreadable(scope: dict[str, Any]) -> HttpResponse:
    """A 400 for a request whose head Django cannot read."""
    return _refused_early(scope, problems.Refusal("malformed"))


def _refused_early(scope: dict[str, Any], error: Exception) -> HttpResponse:
    """In the format of that ASGI scope's route, with the headers that a browser on another origin needs to read it."""
    # The query or the body's type may be the unreadable part; the answer depends on neither.
    headers = [(name, value) for name, value in scope["headers"] if name != b"content-type"]
    request = ASGIRequest({**scope, "query_string": b"", "headers": headers}, BytesIO())
    answer = problems.as_problem_details if request.path.startswith("/api/rubric-jobs/") else problems.as_old_front_end
    refusal = answer(problems.describe(error))
    return cast(HttpResponse, CorsMiddleware(lambda _: refusal)(request))
