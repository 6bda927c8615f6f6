"""The old front end's routes: trigger and status of each kind of job, and the two that answer with the result."""

from __future__ import annotations

import uuid

from django.core.handlers.asgi import ASGIRequest
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from drf_spectacular.utils import extend_schema
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request

from rubric_jobs import conf
from rubric_jobs.models import Kind, Status
from rubric_jobs.web import held_requests, job_changes, openapi, problems, requests, responses, submission
from rubric_jobs.web.auth import Identity
from rubric_jobs.web.base_views import AnswersOldFrontEnd, ApiView, job_of
from rubric_jobs.web.problems import Refusal
from rubric_jobs.web.responses import conditional


class OldView(AnswersOldFrontEnd, ApiView):
    kind: Kind
    serializer_class: type[requests.JobSerializer]

    def submit(self, request: Request, identity: Identity) -> uuid.UUID:
        route = request.path.rsplit("/", 1)[-1]
        return submission.take(self.serializer_class(data=request.data), identity, route=route, headers=request.headers)

    def status_address(self, request: HttpRequest | Request, job_id: uuid.UUID) -> str:
        """Under the prefix that the request came by."""
        return request.path.rsplit("/", 1)[0] + f"/{self.kind}-rubric-status?jobId={job_id}"


class Trigger(OldView):
    http_method_names = ["post"]

    @extend_schema(responses={202: openapi.ACCEPTED}, parameters=[openapi.IDEMPOTENCY_KEY])
    def post(self, request: Request, identity: Identity) -> HttpResponse:
        """Submit a job, as the old front end does."""
        job_id = self.submit(request, identity)
        return responses.accepted(job_id, location=self.status_address(request, job_id))


class ExtractTrigger(Trigger):
    serializer_class = requests.ExtractionSerializer
    kind = Kind.EXTRACT


class EnhanceTrigger(Trigger):
    serializer_class = requests.EnhancementSerializer
    kind = Kind.ENHANCE


class OldStatus(OldView):
    """Every waiting browser polls this route every 2 s; docs/decisions says why it is asynchronous."""

    http_method_names = ["get"]

    @extend_schema(parameters=openapi.STATUS_PARAMETERS, responses={200: openapi.OLD_STATUS, 304: openapi.NOT_CHANGED})
    async def get(self, request: HttpRequest, identity: Identity) -> HttpResponse:
        """A job's status, as the old front end polls it."""
        wanted = request.GET.get("jobId")
        if not wanted:
            raise ValidationError({"jobId": ["This parameter is required."]})
        try:
            job_id = uuid.UUID(wanted)
        except ValueError:
            raise Http404 from None
        job = await job_of(request, identity, job_id)
        if job.kind != self.kind:
            raise Http404
        return conditional(request, responses.as_json(responses.old_status(job)))


class ExtractStatus(OldStatus):
    kind = Kind.EXTRACT


class EnhanceStatus(OldStatus):
    kind = Kind.ENHANCE


class SyncRoute(OldView):
    """An old synchronous route: it submits a job and waits for it. RUBRIC_SYNC_ENDPOINTS enables it."""

    http_method_names = ["post"]

    async def answer(self, request: HttpRequest, **parts: object) -> HttpResponseBase:
        if not conf.has_sync_endpoints():
            successor = request.path.rsplit("/", 1)[0] + f"/{self.kind}-rubric-trigger"
            sentence = f"This route is switched off; POST to {successor} and ask for the job's status."
            return self.answer_problem(problems.describe(Refusal("gone", sentence, headers={"Location": successor})))
        return await super().answer(request, **parts)

    async def post(self, request: HttpRequest, identity: Identity) -> HttpResponse:
        """Deprecated: returns the bare result or, after 25 s, the job to poll. 410 if the route is disabled."""
        job_id = await self.in_thread(self.submit, request, identity)
        if isinstance(request, ASGIRequest):
            with held_requests.held(identity):
                job = await job_changes.until_final(identity, job_id, wait_s=conf.sync_wait_s())
        else:
            job = await job_of(request, identity, job_id)
        if job.status == Status.COMPLETED:
            return HttpResponse((job.result_json or "null").encode(), content_type="application/json")
        if job.status == Status.FAILED:
            http_status = 503 if job.retryable else 422
            problem = problems.Problem(http_status, job.error_code or "internal_error", job.error_message or "")
            return self.answer_problem(problem)
        return responses.accepted(job_id, location=self.status_address(request, job_id), status=job.status)


@extend_schema(request=requests.ExtractionSerializer, responses=openapi.SYNC_ANSWERS)
class ExtractFromDocument(SyncRoute):
    kind = Kind.EXTRACT
    serializer_class = requests.ExtractionSerializer


@extend_schema(request=requests.EnhancementSerializer, responses=openapi.SYNC_ANSWERS)
class EnhanceRubric(SyncRoute):
    kind = Kind.ENHANCE
    serializer_class = requests.EnhancementSerializer
