"""The resource API's synchronous routes under `/api/rubric-jobs/`."""

from __future__ import annotations

import json
import uuid
from collections.abc import Sequence
from typing import Any

from django.http import Http404, HttpResponse
from django.utils.dateparse import parse_datetime
from django.utils.http import content_disposition_header
from drf_spectacular.utils import extend_schema
from pydantic import ValidationError as PydanticError
from rest_framework.exceptions import ValidationError
from rest_framework.pagination import CursorPagination
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from rubric_jobs import conf
from rubric_jobs.errors import DocumentTooLarge
from rubric_jobs.jobs import lifecycle
from rubric_jobs.models import Kind, RubricJob, RubricJobQuerySet, Status
from rubric_jobs.rubric import exports
from rubric_jobs.rubric.model import Rubric, items
from rubric_jobs.web import isolation, job_reads, openapi, requests, responses, submission
from rubric_jobs.web.auth import caller
from rubric_jobs.web.base_views import BoundedJSONParser, CallerView, FormParser, body_bytes, validated
from rubric_jobs.web.old_routes import NoSuchRoute
from rubric_jobs.web.problems import Problem, Refusal, as_problem_details, table

RETRY_AFTER_S = 2
FORMATS = tuple(exports.FORMATS)
MOST_FAULTS = 20
MOST_RUBRIC_MB = 2
LONGEST_HEADER = 2_048
MOST_PARTS = {"criteria": 500, "levels": 10_000, "adjustments": 1_000, "warnings": 1_000}
"""What a rubric in a request holds at the most, over all of it."""


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


def mine(request: Request) -> RubricJobQuerySet:
    identity = caller(request)
    return RubricJob.objects.visible_to(tenant_id=identity.tenant_id, user_id=identity.user_id)


class JobList(CallerView):
    @extend_schema(operation_id="listJobs", parameters=openapi.LIST_PARAMETERS, responses={200: openapi.PAGE})
    def get(self, request: Request) -> Response:
        """Your jobs, newest first, without their results."""
        validated(requests.PageSerializer(data=request.query_params))
        asked = validated(requests.JobFilter(data=request.query_params))
        page = NewestFirst()
        jobs = mine(request).filter(**asked).defer(*job_reads.LONG_COLUMNS)
        found = job_reads.briefs(page.paginate_queryset(jobs, request, view=self) or [])
        return page.get_paginated_response([responses.brief(job) for job in found])


class Submission(CallerView):
    """What both kinds of submission share: the one way in, and where to look for the job."""

    http_method_names = ["post"]
    kind: Kind

    def take(self, request: Request, serializer: type[requests.JobSerializer]) -> Response:
        asked = serializer(data=request.data)
        asked.is_valid(raise_exception=True)
        with isolation.as_service():
            job_id = submission.submit(caller(request), route=self.kind, headers=request.headers, job=asked.job())
        headers = {"Location": f"/api/rubric-jobs/{job_id}", "Retry-After": str(RETRY_AFTER_S)}
        return Response(responses.accepted(job_id), status=202, headers=headers)


class Extractions(Submission):
    kind = Kind.EXTRACT
    parser_classes = [BoundedJSONParser, FormParser]

    @extend_schema(
        operation_id="submitExtraction",
        request={"application/json": requests.ExtractionSerializer, "multipart/form-data": openapi.UPLOAD},
        responses={202: openapi.ACCEPTED},
        parameters=[openapi.IDEMPOTENCY_KEY],
        examples=openapi.EXTRACTION_EXAMPLES,
    )
    def post(self, request: Request) -> Response:
        """Read the rubric out of a PDF or DOCX, sent as base64 in JSON or as a form's file."""
        is_form = (request.content_type or "").startswith("multipart/")
        return self.take(request, requests.UploadSerializer if is_form else requests.ExtractionSerializer)


class Enhancements(Submission):
    kind = Kind.ENHANCE

    @extend_schema(
        operation_id="submitEnhancement",
        request=requests.EnhancementSerializer,
        responses={202: openapi.ACCEPTED},
        parameters=[openapi.IDEMPOTENCY_KEY],
        examples=openapi.ENHANCEMENT_EXAMPLES,
    )
    def post(self, request: Request) -> Response:
        """Make a better rubric of a rubric's text, or of a few simple rules."""
        return self.take(request, requests.EnhancementSerializer)


class JobChange(CallerView):
    """A change that a caller makes to their own job: found in isolation, made by the service."""

    http_method_names = ["post"]

    def changed(self, request: Request, job_id: uuid.UUID) -> HttpResponse:
        identity = caller(request)
        job = job_reads.read(tenant_id=identity.tenant_id, user_id=identity.user_id, job_id=job_id)
        if job is None:
            raise Http404
        return HttpResponse(responses.as_json(responses.resource(job)), content_type="application/json")


class Cancel(JobChange):
    @extend_schema(operation_id="cancelJob", request=None, responses={200: openapi.JOB})
    def post(self, request: Request, job_id: uuid.UUID) -> HttpResponse:
        """Stop a job that waits or runs; it ends as failed (`cancelled`). 409 when it has ended already."""
        _own(request, job_id)
        with isolation.as_service():
            if not lifecycle.cancel(job_id=job_id):
                raise Refusal("conflict", "The job has ended already; only a waiting or running job can be cancelled.")
        return self.changed(request, job_id)


class Retry(JobChange):
    @extend_schema(operation_id="retryJob", request=None, responses={202: openapi.JOB})
    def post(self, request: Request, job_id: uuid.UUID) -> HttpResponse:
        """Run a failed job again under the same id, with fresh attempts. 409 when it has not failed, or must not."""
        _own(request, job_id)
        with isolation.as_service():
            tenant_id = caller(request).tenant_id
            if not lifecycle.retry(job_id=job_id, tenant_id=tenant_id, timeout_s=conf.job_timeout_s()):
                raise Refusal("conflict", "Only a failed job whose failure may pass can be retried.")
        response = self.changed(request, job_id)
        response.status_code = 202
        response.headers["Retry-After"] = str(RETRY_AFTER_S)
        return response


class ExportType(BaseRenderer):
    """A media type that a caller may ask for; `?format=` says what is written, and the view writes it."""

    def __init__(self, media_type: str) -> None:
        self.media_type = self.format = media_type


class ExportView(CallerView):
    def get_renderers(self) -> list[BaseRenderer]:
        return [ExportType(media_type) for _, media_type in openapi.EXPORTS]


class ExportOfJob(ExportView):
    @extend_schema(
        operation_id="exportJob", parameters=[openapi.FORMAT, openapi.LEVEL_POINTS], responses=openapi.EXPORTS
    )
    def get(self, request: Request, job_id: uuid.UUID) -> HttpResponse:
        """The rubric of a completed job in another format; what that format cannot hold stands in `X-Export-Losses`."""
        job = _own(request, job_id)
        if job.status != Status.COMPLETED or not job.result:
            raise Refusal("conflict", "The job has no rubric (yet).")
        return _exported(request, job.result.get("rubric"))


class ExportOfBody(ExportView):
    http_method_names = ["post"]

    @extend_schema(
        operation_id="exportRubric",
        parameters=[openapi.FORMAT, openapi.LEVEL_POINTS],
        request={"application/json": openapi.RUBRIC_OR_FIELD},
        responses=openapi.EXPORTS,
        examples=openapi.RUBRIC_EXAMPLES,
    )
    def post(self, request: Request) -> HttpResponse:
        """A rubric in another format: the canonical rubric as the body, or as its field `rubric`."""
        body: dict[str, Any] = request.data  # type: ignore[assignment]  # BoundedJSONParser lets objects through alone
        rubric = body if "criteria" in body else body.get("rubric", body)
        _hold_counts(rubric)
        return _exported(request, rubric)

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        # Small pieces of JSON take many times their size in memory, and no rubric is as long as a document.
        if body_bytes(request) > MOST_RUBRIC_MB * 1024 * 1024:
            raise DocumentTooLarge(f"The rubric is larger than {MOST_RUBRIC_MB} MB.")
        super().initial(request, *args, **kwargs)


class ErrorCodes(CallerView):
    authentication_classes = []
    permission_classes = []
    throttle_classes = []
    http_method_names = ["get"]
    is_isolated = False

    @extend_schema(operation_id="listErrorCodes", responses={200: openapi.ERROR_CODES}, auth=[])
    def get(self, _request: Request) -> Response:
        """Every code that a refused request or a failed job may carry."""
        return Response({"codes": list(table())}, headers={"Cache-Control": "public, max-age=3600"})


def _own(request: Request, job_id: uuid.UUID) -> RubricJob:
    job = mine(request).filter(job_id=job_id).first()
    if job is None:
        raise Http404
    return job


def _exported(request: Request, rubric: Any) -> HttpResponse:
    wanted = request.query_params.get("format", "json")
    if wanted not in exports.FORMATS:
        raise ValidationError({"format": [f"This must be one of {', '.join(FORMATS)}."]})
    choice = request.query_params.get("levelPoints") or None
    if choice not in (None, *exports.CHOICES):
        raise ValidationError({"levelPoints": [f"This must be one of {', '.join(exports.CHOICES)}."]})
    given = _rubric(rubric)
    exported = exports.export(given, wanted, level_points=choice)
    response = HttpResponse(exported.data, content_type=exported.media_type)
    name = exports.file_name(given, exported.file_name_suffix)
    response.headers["Content-Disposition"] = content_disposition_header(as_attachment=True, filename=name) or ""
    response.headers["X-Export-Losses"] = _in_a_header(exported.losses)
    return response


def _in_a_header(losses: Sequence[str]) -> str:
    """As JSON in ASCII, of a length that proxies take: else equal sentences are one, and the rest is counted."""
    told = json.dumps(losses)
    return told if len(told) < LONGEST_HEADER else json.dumps(_shortened(losses))


def _shortened(losses: Sequence[str]) -> list[str]:
    places: dict[str, list[str]] = {}
    for loss in losses:
        path, _, sentence = loss.partition(": ")
        places.setdefault(sentence, []).append(path)
    shown: list[str] = []
    left = len(losses)
    for sentence, paths in places.items():
        more = f" and {len(paths) - 1} more" if len(paths) > 1 else ""
        entry = f"{paths[0]}{more}: {sentence}"
        if len(json.dumps([*shown, entry, _and_more(left)])) >= LONGEST_HEADER:
            break
        shown.append(entry)
        left -= len(paths)
    return [*shown, _and_more(left)] if left else shown


def _and_more(count: int) -> str:
    return f"and {count} more."


def _hold_counts(rubric: Any) -> None:
    """Before anything is made of it: each of a million small parts would be a fault or a sentence of its own."""
    counts = {name: len(items(rubric, name)) for name in MOST_PARTS}
    counts["levels"] = sum(len(items(criterion, "levels")) for criterion in items(rubric, "criteria"))
    too_many = {
        name: [f"There are {count}; an export takes {MOST_PARTS[name]} at the most."]
        for name, count in counts.items()
        if count > MOST_PARTS[name]
    }
    if too_many:
        raise ValidationError(too_many)


def _rubric(given: Any) -> Rubric:
    try:
        return Rubric.model_validate(given)
    except PydanticError as error:
        found = error.errors(include_input=False, include_url=False, include_context=False)
        fields: dict[str, list[str]] = {}
        for fault in found[:MOST_FAULTS]:
            path = ".".join(str(part) for part in fault["loc"]) or "rubric"
            fields.setdefault(path, []).append(fault["msg"])
        raise ValidationError(fields) from None


class NoSuchResource(NoSuchRoute):
    def answer_problem(self, problem: Problem) -> HttpResponse:
        return as_problem_details(problem)
