"""The routes that wait: a job's detail, its events, and the two synchronous routes of old."""

from __future__ import annotations

import json
import uuid
from collections.abc import AsyncIterator
from typing import Any

from django.conf import settings
from django.core.handlers.asgi import ASGIRequest
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request

from rubric_jobs.jobs import lifecycle
from rubric_jobs.models import Kind, Status
from rubric_jobs.web import job_reads, openapi, problems, requests, responses, submission, watch
from rubric_jobs.web.auth import Identity
from rubric_jobs.web.base_views import (
    AnswersOldFrontEnd,
    AsyncCallerView,
    BoundedJSONParser,
    measured,
    throttle,
    validated,
)
from rubric_jobs.web.job_reads import Snapshot
from rubric_jobs.web.old_routes import RETRY_AFTER_S, conditional, read
from rubric_jobs.web.problems import Refusal
from rubric_jobs.web.threads import in_thread
from rubric_jobs.web.wait_estimate import pace, remembered

HEARTBEAT_S = 15.0


class Job(AsyncCallerView):
    http_method_names = ["get", "delete"]

    @extend_schema(
        operation_id="getJob",
        parameters=openapi.DETAIL_PARAMETERS,
        responses={200: openapi.JOB, 304: openapi.NOT_CHANGED},
    )
    async def get(self, request: HttpRequest, identity: Identity, job_id: uuid.UUID) -> HttpResponse:
        """One job. With `wait` the answer is held until the job has ended, or for so many seconds."""
        wait_s = validated(requests.WaitSerializer(data=request.GET))["wait"]
        # A WSGI server has a thread for each request and none to spare: there, the caller polls.
        if wait_s and isinstance(request, ASGIRequest):
            job = await watch.until_final(identity, job_id, wait_s=wait_s)
        else:
            job = await read(request, identity, job_id)
        headers = {} if job.is_final else {"Retry-After": str(RETRY_AFTER_S)}
        return conditional(request, responses.as_json(await shown(job)), headers)

    @extend_schema(operation_id="deleteJob", responses={204: None})
    async def delete(self, _request: HttpRequest, identity: Identity, job_id: uuid.UUID) -> HttpResponse:
        """Delete a job that has ended, with its document and its result. 409 while it waits or runs."""
        await in_thread(_delete, identity, job_id)
        return HttpResponse(status=204)


def _delete(identity: Identity, job_id: uuid.UUID) -> None:
    throttle(identity)
    if not job_reads.read(tenant_id=identity.tenant_id, user_id=identity.user_id, job_id=job_id):
        raise Http404
    if not lifecycle.delete(job_id=job_id):
        raise Refusal("conflict", "The job has not ended; cancel it first.")


async def shown(job: Snapshot) -> dict[str, Any]:
    """The job's resource, with an estimate while it waits in the queue."""
    if job.queue_place is None:
        return responses.resource(job)
    known = remembered()
    measured = await in_thread(pace) if known is None else known
    return responses.resource(job, estimated_s=measured.estimate_s(job.kind, job.queue_place))


class Events(AsyncCallerView):
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
        await read(request, identity, job_id)
        stream = StreamingHttpResponse(
            self._events(identity, job_id, after=_last_event(request)), content_type="text/event-stream; charset=utf-8"
        )
        # Proxies must pass each event on at once.
        stream.headers["Cache-Control"] = "no-cache, no-transform"
        stream.headers["X-Accel-Buffering"] = "no"
        return stream

    async def _events(self, identity: Identity, job_id: uuid.UUID, *, after: int) -> AsyncIterator[bytes]:
        mine = {"tenant_id": identity.tenant_id, "user_id": identity.user_id, "job_id": job_id}
        with (await watch.hub()).watch(str(job_id)) as news_of:
            job = await job_reads.aread(**mine)
            status = None
            while job is not None:
                if job.version > after or job.is_final:
                    yield _event(job, await shown(job), is_progress=job.status == status)
                    after, status = job.version, job.status
                if job.is_final:
                    return
                try:
                    news = await news_of.next(after=after, timeout_s=HEARTBEAT_S)
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


class SyncRoute(AnswersOldFrontEnd, AsyncCallerView):
    """A synchronous route of old: the same job, waited for; switched on by RUBRIC_SYNC_ENDPOINTS."""

    http_method_names = ["post"]
    kind: Kind
    serializer_class: type[requests.JobSerializer]

    async def answer(self, request: HttpRequest, **parts: Any) -> Any:
        if not settings.RUBRIC_SYNC_ENDPOINTS:
            successor = request.path.rsplit("/", 1)[0] + f"/{self.kind}-rubric-trigger"
            sentence = f"This route is switched off; POST to {successor} and ask for the job's status."
            return self.answer_problem(problems.describe(Refusal("gone", sentence, headers={"Location": successor})))
        return await super().answer(request, **parts)

    async def post(self, request: HttpRequest, identity: Identity) -> HttpResponse:
        """Deprecated: the bare result, or after 25 s the job to ask for. 410 where it is switched off."""
        job_id = await in_thread(self._submit, request, identity)
        if isinstance(request, ASGIRequest):
            job = await watch.until_final(identity, job_id, wait_s=settings.RUBRIC_SYNC_WAIT_SECONDS)
        else:
            job = await read(request, identity, job_id)
        if job.status == Status.COMPLETED:
            return HttpResponse((job.result or "null").encode(), content_type="application/json")
        if job.status == Status.FAILED:
            http_status = 503 if job.retryable else 422
            problem = problems.Problem(http_status, job.error_code or "internal_error", job.error or "")
            return self.answer_problem(problem)
        location = request.path.rsplit("/", 1)[0] + f"/{self.kind}-rubric-status?jobId={job_id}"
        body = responses.accepted(job_id) | {"status": job.status}
        headers = {"Location": location, "Retry-After": str(RETRY_AFTER_S)}
        return HttpResponse(json.dumps(body), status=202, content_type="application/json", headers=headers)

    def _submit(self, request: HttpRequest, identity: Identity) -> uuid.UUID:
        throttle(identity)
        asked = self.serializer_class(data=Request(measured(request), parsers=[BoundedJSONParser()]).data)
        asked.is_valid(raise_exception=True)
        route = request.path.rsplit("/", 1)[-1]
        return submission.submit(identity, route=route, headers=request.headers, job=asked.job())


@extend_schema(request=requests.ExtractionSerializer, responses=openapi.SYNC_ANSWERS)
class ExtractFromDocument(SyncRoute):
    kind = Kind.EXTRACT
    serializer_class = requests.ExtractionSerializer


@extend_schema(request=requests.EnhancementSerializer, responses=openapi.SYNC_ANSWERS)
class EnhanceRubric(SyncRoute):
    kind = Kind.ENHANCE
    serializer_class = requests.EnhancementSerializer
