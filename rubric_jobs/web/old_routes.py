"""The old front end's routes: thin doors that parse, call one function and answer."""

from __future__ import annotations

import uuid
from typing import Any

from django.core.handlers.asgi import ASGIRequest
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.decorators import method_decorator
from django.views import View
from django.views.decorators.csrf import csrf_exempt
from drf_spectacular.utils import extend_schema
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from rubric_jobs.models import Kind
from rubric_jobs.web import isolation, job_reads, openapi, problems, requests, responses, submission
from rubric_jobs.web.auth import Identity, caller
from rubric_jobs.web.base_views import AnswersOldFrontEnd, AsyncCallerView, CallerView
from rubric_jobs.web.job_reads import Snapshot
from rubric_jobs.web.problems import Refusal
from rubric_jobs.web.threads import in_thread

RETRY_AFTER_S = 2


class Trigger(AnswersOldFrontEnd, CallerView):
    http_method_names = ["post"]
    serializer_class: type[requests.JobSerializer]
    kind: Kind

    @extend_schema(responses={202: openapi.ACCEPTED}, parameters=[openapi.IDEMPOTENCY_KEY])
    def post(self, request: Request) -> Response:
        """Submit a job, as the old front end does."""
        asked = self.serializer_class(data=request.data)
        asked.is_valid(raise_exception=True)
        with isolation.as_service():
            job_id = submission.submit(
                caller(request), route=f"{self.kind}-rubric-trigger", headers=request.headers, job=asked.job()
            )
        location = request.path.rsplit("/", 1)[0] + f"/{self.kind}-rubric-status?jobId={job_id}"
        headers = {"Location": location, "Retry-After": str(RETRY_AFTER_S)}
        return Response(responses.accepted(job_id), status=202, headers=headers)


class ExtractTrigger(Trigger):
    serializer_class = requests.ExtractionSerializer
    kind = Kind.EXTRACT


class EnhanceTrigger(Trigger):
    serializer_class = requests.EnhancementSerializer
    kind = Kind.ENHANCE


class OldStatus(AnswersOldFrontEnd, AsyncCallerView):
    """The route that every waiting browser asks every 2 s: docs/decisions says why it is an async view."""

    http_method_names = ["get"]
    kind: Kind

    @extend_schema(parameters=openapi.STATUS_PARAMETERS, responses={200: openapi.OLD_STATUS, 304: openapi.NOT_CHANGED})
    async def get(self, request: HttpRequest, identity: Identity) -> HttpResponse:
        """A job's status, as the old front end polls it."""
        wanted = request.GET.get("jobId")
        if not wanted:
            raise ValidationError({"jobId": ["This parameter is required."]})
        job = await read(request, identity, wanted)
        if job.kind != self.kind:
            raise Http404
        return conditional(request, responses.as_json(responses.old_status(job)))


class ExtractStatus(OldStatus):
    kind = Kind.EXTRACT


class EnhanceStatus(OldStatus):
    kind = Kind.ENHANCE


@method_decorator(csrf_exempt, name="dispatch")
class NoSuchRoute(AnswersOldFrontEnd, View):
    """What is not served under the two prefixes: 404 in a shape that their callers can read."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return self.answer_problem(problems.describe(Refusal("no_such_route")))


async def read(request: HttpRequest, identity: Identity, job_id: str | uuid.UUID) -> Snapshot:
    """The caller's job; raises Http404 where they have none of that id, or where that is no id."""
    try:
        wanted = job_id if isinstance(job_id, uuid.UUID) else uuid.UUID(job_id)
    except ValueError:
        raise Http404 from None
    mine = {"tenant_id": identity.tenant_id, "user_id": identity.user_id, "job_id": wanted}
    # A WSGI server's event loop lives for one request: no pool can be kept in it.
    is_asgi = isinstance(request, ASGIRequest)
    job = await job_reads.aread(**mine) if is_asgi else await in_thread(job_reads.read, **mine)
    if job is None:
        raise Http404
    return job


def conditional(request: HttpRequest, body: bytes, headers: dict[str, str] | None = None) -> HttpResponse:
    """200 with the body, or 304 where the caller has it already (`If-None-Match`)."""
    tag = responses.etag(body)
    headers = {"ETag": tag, "Cache-Control": "private, no-cache", "Vary": "Authorization, Cookie", **(headers or {})}
    known = request.headers.get("If-None-Match", "")
    if tag in {part.strip().removeprefix("W/") for part in known.split(",")}:
        return HttpResponse(status=304, headers=headers)
    return HttpResponse(body, content_type="application/json", headers=headers)
