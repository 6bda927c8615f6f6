"""The resource API: `/api/rubric-jobs/…` and `/api/error-codes`."""

from __future__ import annotations

import time
import uuid
from collections.abc import AsyncIterator
from contextlib import closing
from typing import Any

from django.core.handlers.asgi import ASGIRequest
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.utils.dateparse import parse_datetime
from drf_spectacular.utils import extend_schema
from rest_framework.exceptions import ValidationError
from rest_framework.pagination import CursorPagination
from rest_framework.request import Request

from rubric_jobs import conf
from rubric_jobs.jobs import lifecycle
from rubric_jobs.models import Kind, RubricJob
from rubric_jobs.web import (
    held_requests,
    isolation,
    job_changes,
    job_reads,
    openapi,
    requests,
    responses,
    submission,
    wait_estimate,
)
from rubric_jobs.web.auth import Identity
from rubric_jobs.web.base_views import ApiView, BoundedJSONParser, FormParser, job_of, validated
from rubric_jobs.web.job_reads import Snapshot
from rubric_jobs.web.problems import Refusal, table
from rubric_jobs.web.responses import RETRY_AFTER_S, conditional
from rubric_jobs.web.threads import in_request_thread

HEARTBEAT_S = 15.0
LONGEST_STREAM_S = 900.0
"""The longest stream of a session, which may have ended meanwhile; a token's streams end with the token."""


class NewestFirst(CursorPagination):
    ordering = ("-created_at", "-job_id")
    page_size = 20
    page_size_query_param = "limit"
    max_page_size = requests.LONGEST_PAGE

    def decode_cursor(self, request: Request) -> Any:
        try:
            cursor = super().decode_cursor(request)
            if cursor and cursor.position is not None and parse_datetime(str(cursor.position)) is None:
                raise ValueError("it begins at no time")
        except Exception:
            raise ValidationError({"cursor": ["This is no cursor of this list."]}) from None
        return cursor


class JobCollection(ApiView):
    @extend_schema(operation_id="listJobs", parameters=openapi.LIST_PARAMETERS, responses={200: openapi.PAGE})
    def get(self, request: Request, identity: Identity) -> HttpResponse:
        """Your jobs, newest first, without their results."""
        validated(requests.PageSerializer(data=request.query_params))
        asked = validated(requests.JobFilter(data=request.query_params))
        jobs = RubricJob.objects.visible_to(**identity.scope).filter(**asked)
        page = NewestFirst()
        found: list[Any] = page.paginate_queryset(job_reads.snapshots(jobs, is_brief=True), request, view=self) or []
        listed = [responses.brief(Snapshot(**job)) for job in found]
        links = {"next": page.get_next_link(), "previous": page.get_previous_link()}
        return responses.json_answer({**links, "results": listed})


class SubmitView(ApiView):
    """What both kinds of submission share."""

    http_method_names = ["post"]
    kind: Kind

    def submit(self, asked: requests.JobSerializer, request: Request, identity: Identity) -> HttpResponse:
        job_id = submission.take(asked, identity, route=self.kind, headers=request.headers)
        return responses.accepted(job_id, location=f"/api/rubric-jobs/{job_id}")


class Extractions(SubmitView):
    kind = Kind.EXTRACT
    parser_classes = [BoundedJSONParser, FormParser]

    @extend_schema(
        operation_id="submitExtraction",
        request={"application/json": requests.ExtractionSerializer, "multipart/form-data": openapi.UPLOAD},
        responses={202: openapi.ACCEPTED},
        parameters=[openapi.IDEMPOTENCY_KEY],
        examples=openapi.EXTRACTION_EXAMPLES,
    )
    def post(self, request: Request, identity: Identity) -> HttpResponse:
        """Read the rubric out of a PDF, DOCX or photo, sent as base64 in JSON or as a form's file (several: photos)."""
        is_form = (request.content_type or "").startswith("multipart/")
        serializer = requests.UploadSerializer if is_form else requests.ExtractionSerializer
        return self.submit(serializer(data=request.data), request, identity)


class Enhancements(SubmitView):
    kind = Kind.ENHANCE

    @extend_schema(
        operation_id="submitEnhancement",
        request=requests.EnhancementSerializer,
        responses={202: openapi.ACCEPTED},
        parameters=[openapi.IDEMPOTENCY_KEY],
        examples=openapi.ENHANCEMENT_EXAMPLES,
    )
    def post(self, request: Request, identity: Identity) -> HttpResponse:
        """Write a rubric from a rubric's text or from a few simple rules."""
        return self.submit(requests.EnhancementSerializer(data=request.data), request, identity)


class Job(ApiView):
    http_method_names = ["get", "delete"]

    @extend_schema(
        operation_id="getJob",
        parameters=openapi.DETAIL_PARAMETERS,
        responses={200: openapi.JOB, 304: openapi.NOT_CHANGED},
    )
    async def get(self, request: HttpRequest, identity: Identity, job_id: uuid.UUID) -> HttpResponse:
        """One job. With `wait`, the response comes when the job has ended, or after that many seconds."""
        wait_s = validated(requests.WaitSerializer(data=request.GET))["wait"]
        # A WSGI server has one thread for each request and none to spare. Its callers poll.
        if wait_s and isinstance(request, ASGIRequest):
            with held_requests.held(identity):
                job = await job_changes.until_final(identity, job_id, wait_s=wait_s)
        else:
            job = await job_of(request, identity, job_id)
        headers = {} if job.is_final else {"Retry-After": str(RETRY_AFTER_S)}
        return conditional(request, responses.as_json(await _shown(request, job)), headers)

    @extend_schema(operation_id="deleteJob", responses={204: None})
    def delete(self, _request: Request, identity: Identity, job_id: uuid.UUID) -> HttpResponse:
        """Delete a finished job with its document and its result. 409 while it is pending or processing."""
        _require(identity, job_id)
        with isolation.as_service():
            if not lifecycle.delete(job_id=job_id):
                raise Refusal("conflict", "The job has not ended; cancel it first.")
        return HttpResponse(status=204)


async def _shown(request: HttpRequest, job: Snapshot) -> dict[str, Any]:
    """The job's resource, with an estimate while it waits in the queue."""
    if job.queue_place is None:
        return responses.resource(job)
    known = wait_estimate.remembered()
    measured = await in_request_thread(request, wait_estimate.measure) if known is None else known
    return responses.resource(job, estimated_s=measured.estimate_s(job.kind, job.queue_place))


class Events(ApiView):
    http_method_names = ["get"]

    @extend_schema(
        operation_id="watchJob",
        parameters=[openapi.LAST_EVENT_ID],
        responses={(200, "text/event-stream"): openapi.EVENT_STREAM},
    )
    async def get(self, request: HttpRequest, identity: Identity, job_id: uuid.UUID) -> StreamingHttpResponse:
        """The job as it happens: an event `status` or `progress` for every change, until it has ended."""
        if not isinstance(request, ASGIRequest):
            raise Refusal("unavailable", "Events come from an ASGI server alone.")
        place = held_requests.for_the_whole_of(request, identity)
        try:
            await job_of(request, identity, job_id)
        except BaseException:
            place.close()
            raise
        stream = StreamingHttpResponse(
            self._events(request, identity, job_id, place),
            content_type="text/event-stream; charset=utf-8",
        )
        # Proxies must pass each event on at once.
        stream.headers["Cache-Control"] = "no-cache, no-transform"
        stream.headers["X-Accel-Buffering"] = "no"
        return stream

    async def _events(
        self, request: HttpRequest, identity: Identity, job_id: uuid.UUID, place: held_requests.Place
    ) -> AsyncIterator[bytes]:
        after = _last_event(request)
        ends_at = time.time() + min(identity.valid_for_s, LONGEST_STREAM_S)
        with closing(place), (await job_changes.hub()).subscribe(str(job_id)) as changes:
            job = await job_reads.aread(**identity.scope, job_id=job_id)
            status = None
            while job is not None:
                if job.version > after or job.is_final:
                    yield _event(job, await _shown(request, job), is_progress=job.status == status)
                    after, status = job.version, job.status
                if job.is_final:
                    return
                left_s = ends_at - time.time()
                if left_s <= 0:  # the client reconnects and authenticates again
                    return
                try:
                    news = await changes.next(after=after, timeout_s=min(HEARTBEAT_S, left_s))
                except LookupError:
                    return
                if news is None:
                    yield b": still here\n\n"
                else:
                    job = news


def _last_event(request: HttpRequest) -> int:
    told = request.headers.get("Last-Event-ID", "")
    return int(told) if told.isascii() and told.isdigit() and len(told) < 20 else 0


def _event(job: Snapshot, body: dict[str, Any], *, is_progress: bool) -> bytes:
    name = "progress" if is_progress else "status"
    data = responses.as_json(body).replace(b"\r", b"\\r").replace(b"\n", b"\\n")
    return f"id: {job.version}\nevent: {name}\ndata: ".encode() + data + b"\n\n"


class Cancel(ApiView):
    http_method_names = ["post"]

    @extend_schema(operation_id="cancelJob", request=None, responses={200: openapi.JOB})
    def post(self, _request: Request, identity: Identity, job_id: uuid.UUID) -> HttpResponse:
        """Cancel a pending or running job; it ends as failed (`cancelled`). 409 if it has already ended."""
        _require(identity, job_id)
        with isolation.as_service():
            if not lifecycle.cancel(job_id=job_id):
                raise Refusal("conflict", "The job has ended already; only a waiting or running job can be cancelled.")
        return responses.json_answer(_resource(identity, job_id))


class Retry(ApiView):
    http_method_names = ["post"]

    @extend_schema(operation_id="retryJob", request=None, responses={202: openapi.JOB})
    def post(self, _request: Request, identity: Identity, job_id: uuid.UUID) -> HttpResponse:
        """Run a failed job again under the same id, with new attempts. 409 if it cannot be retried."""
        _require(identity, job_id)
        with isolation.as_service():
            if not lifecycle.retry(job_id=job_id, tenant_id=identity.tenant_id, timeout_s=conf.job_timeout_s()):
                raise Refusal("conflict", "Only a failed job whose failure may pass can be retried.")
        headers = {"Retry-After": str(RETRY_AFTER_S)}
        return responses.json_answer(_resource(identity, job_id), status=202, headers=headers)


class ErrorCodes(ApiView):
    authentication_classes = []
    http_method_names = ["get"]

    @extend_schema(operation_id="listErrorCodes", responses={200: openapi.ERROR_CODES}, auth=[])
    def get(self, _request: Request, _identity: None) -> HttpResponse:
        """Every code that a refused request or a failed job may carry."""
        return responses.json_answer({"codes": list(table())}, headers={"Cache-Control": "public, max-age=3600"})


def _require(identity: Identity, job_id: uuid.UUID) -> None:
    if not RubricJob.objects.visible_to(**identity.scope).filter(job_id=job_id).exists():
        raise Http404


def _resource(identity: Identity, job_id: uuid.UUID) -> dict[str, Any]:
    """A job that has just been changed: it has no result, or no longer one."""
    job = job_reads.read(**identity.scope, job_id=job_id)
    if job is None:
        raise Http404
    return responses.resource(job)
