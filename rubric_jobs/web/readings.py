"""`GET` and `PUT /api/rubric-jobs/{jobId}/reading`: what the document was read as, and mending that."""

from __future__ import annotations

import datetime
import json
import uuid
from typing import Any

from django.http import Http404, HttpResponse
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request

from rubric_jobs.documents.model import Document, Paragraph, Table
from rubric_jobs.errors import DocumentTooLarge
from rubric_jobs.jobs import readings
from rubric_jobs.jobs.readings import StoredReading
from rubric_jobs.models import Kind, RubricJob, Status
from rubric_jobs.reader import mending
from rubric_jobs.reader.plan import Plan, PlanInvalid
from rubric_jobs.rubric import enhanced, extracted
from rubric_jobs.rubric.model import Rubric
from rubric_jobs.web import isolation, openapi, responses
from rubric_jobs.web.auth import Identity
from rubric_jobs.web.base_views import ApiView, body_bytes
from rubric_jobs.web.problems import Refusal

LARGEST_PLAN = 200_000
"""Bytes of a request's body."""


class Reading(ApiView):
    http_method_names = ["get", "put"]

    @extend_schema(
        operation_id="getReading",
        parameters=[openapi.IF_NONE_MATCH],
        responses={200: openapi.READING, 304: openapi.NOT_CHANGED},
    )
    def get(self, request: Request, identity: Identity, job_id: uuid.UUID) -> HttpResponse:
        """The document's tables and lines, and the plan that gives each of them a role.

        With `proposal`, the result came from no plan, and this is the likeliest one. 409 if there is no reading to
        mend.
        """
        *_, stored = _found(identity, job_id)
        headers = {"ETag": _tag(stored.changed_at), "Cache-Control": "private, no-cache"}
        if headers["ETag"] in _tags(request.headers.get("If-None-Match", "")):
            return HttpResponse(status=304, headers=headers)
        body = _shown(job_id, stored.plan, is_proposal=stored.is_proposal)
        document = Document.from_json(json.loads(stored.document))
        body |= {"others": stored.others, "blocks": [_block(at, block) for at, block in enumerate(document.blocks)]}
        return responses.json_answer(body, headers=headers)

    @extend_schema(
        operation_id="putReading",
        parameters=[openapi.IF_MATCH],
        request={"application/json": openapi.PLAN_BODY},
        responses={200: openapi.MENDED},
        examples=openapi.PLAN_EXAMPLES,
    )
    def put(self, request: Request, identity: Identity, job_id: uuid.UUID) -> HttpResponse:
        """Replace the plan and the result: the rubric is assembled again from the document, without a model.

        412 if the reading has changed since the ETag in `If-Match`; 409 if there is none.
        """
        kind, result, stored = _found(identity, job_id)
        tags = _tags(request.headers.get("If-Match", "*"))
        if "*" not in tags and _tag(stored.changed_at) not in tags:
            raise Refusal("precondition_failed")
        if body_bytes(request) > LARGEST_PLAN:
            raise DocumentTooLarge("The plan is too long.")
        document = Document.from_json(json.loads(stored.document))
        plan, mended = _mended(request, document, stored, kind, result)
        told = plan.to_json()
        if told == stored.plan and not stored.is_proposal:
            return _answer(job_id, told, result, stored.changed_at)
        with isolation.as_service():
            changed_at = readings.mend(job_id=job_id, known_at=stored.changed_at, plan=told, result=mended)
        if changed_at is None:
            raise Refusal("precondition_failed")
        return _answer(job_id, told, mended, changed_at)


def _found(identity: Identity, job_id: uuid.UUID) -> tuple[Kind, dict[str, Any], StoredReading]:
    """The kind and the result of the caller's job, and its reading."""
    mine = RubricJob.objects.visible_to(**identity.scope).filter(job_id=job_id)
    found = mine.values_list("kind", "status", "result").first()
    if found is None:
        raise Http404
    kind, status, result = found
    if kind is None or status != Status.COMPLETED or not result:
        raise Refusal("conflict", "Only a completed job has a reading that can be mended.")
    with isolation.as_service():
        stored = readings.of(job_id)
    if stored is None:
        raise Refusal("conflict", "What the document was read as is not kept for this job.")
    return Kind(kind), result, stored


def _mended(
    request: Request, document: Document, stored: StoredReading, kind: Kind, result: dict[str, Any]
) -> tuple[Plan, dict[str, Any]]:
    """The plan of the request, and the job's result with the rubric that it reads."""
    body: dict[str, Any] = request.data  # type: ignore[assignment]  # BoundedJSONParser accepts objects alone
    before = Rubric.model_validate(result["rubric"])
    if kind == Kind.ENHANCE:
        # They were scaled, and a typed text has none outside of its plan.
        before = before.model_copy(update={"adjustments": []})
    try:
        plan = mending.plan_of(body.get("plan"), document)
        rubric = mending.mended(plan, document, before=before, old_plan=Plan.from_json(stored.plan))
    except PlanInvalid as error:
        raise Refusal("plan_invalid", fields={"plan": [str(error)]}) from None
    if not rubric.criteria:
        raise Refusal("nothing_marked")
    return plan, {**result, **_made(kind, rubric, before)}


def _made(kind: Kind, rubric: Rubric, before: Rubric) -> dict[str, Any]:
    """The result of the mended rubric; an enhanced one stays worth what it was."""
    if kind == Kind.EXTRACT:
        return extracted.result_of(extracted.finished(rubric, requested=before.totals.requested))
    has_wish = any(warning.code == enhanced.WISH_NOT_HEEDED.code for warning in before.warnings)
    return enhanced.result_of(enhanced.finished(enhanced.shared_out(rubric, before.total_points, has_wish=has_wish)))


def _answer(
    job_id: uuid.UUID, plan: dict[str, Any], result: dict[str, Any], changed_at: datetime.datetime | None
) -> HttpResponse:
    body = {**_shown(job_id, plan, is_proposal=False), "result": result}
    return responses.json_answer(body, headers={"ETag": _tag(changed_at)})


def _shown(job_id: uuid.UUID, plan: dict[str, Any], *, is_proposal: bool) -> dict[str, Any]:
    return {"jobId": str(job_id), "plan": plan, "isProposal": is_proposal}


def _tag(changed_at: datetime.datetime | None) -> str:
    return f'"{round(changed_at.timestamp() * 1_000_000) if changed_at else 0}"'


def _tags(header: str) -> set[str]:
    return {part.strip().removeprefix("W/") for part in header.split(",")}


def _block(at: int, block: Paragraph | Table) -> dict[str, Any]:
    source = block.source.model_dump(mode="json", exclude_none=True)
    if isinstance(block, Paragraph):
        text = f"{block.marker} {block.text}".strip()
        return {"at": at, "text": text, "isHeading": block.is_heading, "source": source}
    cells = [
        {
            "row": cell.row,
            "column": cell.column,
            "rowSpan": cell.row_span,
            "columnSpan": cell.column_span,
            "text": cell.text,
            "source": cell.source.model_dump(mode="json", exclude_none=True),
        }
        for cell in block.cells
    ]
    return {"at": at, "rows": block.rows, "columns": block.columns, "cells": cells, "source": source}
