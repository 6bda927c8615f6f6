"""Exports: the rubric of a job, or one in the request, in another format."""

from __future__ import annotations

import json
import uuid
from collections.abc import Sequence
from typing import Any

from django.http import Http404, HttpResponse
from django.utils.http import content_disposition_header
from drf_spectacular.utils import extend_schema
from pydantic import ValidationError as PydanticError
from rest_framework.exceptions import ValidationError
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request

from rubric_jobs.errors import DocumentTooLarge
from rubric_jobs.models import RubricJob, Status
from rubric_jobs.rubric import exports
from rubric_jobs.rubric.model import Rubric, items
from rubric_jobs.web import openapi
from rubric_jobs.web.auth import Identity
from rubric_jobs.web.base_views import ApiView, body_bytes
from rubric_jobs.web.problems import Refusal

FORMATS = tuple(exports.FORMATS)
MOST_FAULTS = 20
MOST_RUBRIC_MB = 2
LONGEST_HEADER = 2_048
MOST_PARTS = {"criteria": 500, "levels": 10_000, "adjustments": 1_000, "warnings": 1_000}
"""How many parts a rubric in a request may have in all."""


class ExportType(BaseRenderer):
    """A media type that the Accept header may name; `?format=` chooses the export, and the view writes it."""

    def __init__(self, media_type: str) -> None:
        self.media_type = self.format = media_type


class ExportView(ApiView):
    def get_renderers(self) -> list[BaseRenderer]:
        return [ExportType(media_type) for _, media_type in openapi.EXPORTS]


class ExportOfJob(ExportView):
    @extend_schema(
        operation_id="exportJob", parameters=[openapi.FORMAT, openapi.LEVEL_POINTS], responses=openapi.EXPORTS
    )
    def get(self, request: Request, identity: Identity, job_id: uuid.UUID) -> HttpResponse:
        """The rubric of a completed job in another format; `X-Export-Losses` lists what that format cannot express."""
        mine = RubricJob.objects.visible_to(**identity.scope).filter(job_id=job_id)
        found = mine.values_list("status", "result").first()
        if found is None:
            raise Http404
        status, result = found
        if status != Status.COMPLETED or not result:
            raise Refusal("conflict", "The job has no rubric, or not yet.")
        return _exported(request, result.get("rubric"))


class ExportOfBody(ExportView):
    http_method_names = ["post"]

    @extend_schema(
        operation_id="exportRubric",
        parameters=[openapi.FORMAT, openapi.LEVEL_POINTS],
        request={"application/json": openapi.RUBRIC_OR_FIELD},
        responses=openapi.EXPORTS,
        examples=openapi.RUBRIC_EXAMPLES,
    )
    def post(self, request: Request, _identity: Identity) -> HttpResponse:
        """A rubric in another format: the canonical rubric as the body, or as its field `rubric`."""
        # Small pieces of JSON take many times their size in memory, and no rubric is as long as a document.
        if body_bytes(request) > MOST_RUBRIC_MB * 1024 * 1024:
            raise DocumentTooLarge(f"The rubric is larger than {MOST_RUBRIC_MB} MB.")
        body: dict[str, Any] = request.data  # type: ignore[assignment]  # BoundedJSONParser accepts objects alone
        rubric = body if "criteria" in body else body.get("rubric", body)
        _check_counts(rubric)
        return _exported(request, rubric)


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
    """As ASCII JSON, short enough for proxies: if needed, equal sentences are merged and the rest is counted."""
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


def _check_counts(rubric: Any) -> None:
    """Before validation, because a million small parts would each be an error of their own."""
    counts = {name: len(items(rubric, name)) for name in MOST_PARTS}
    counts["levels"] = sum(len(items(criterion, "levels")) for criterion in items(rubric, "criteria"))
    too_many = {
        name: [f"There are {count}; an export takes at most {MOST_PARTS[name]}."]
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
