"""The wire format of answers. JSON from the database is passed on as text, without parsing it."""

from __future__ import annotations

import datetime
import hashlib
import json
import uuid
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse

from rubric_jobs import conf
from rubric_jobs.models import Status
from rubric_jobs.web.job_reads import Snapshot

RETRY_AFTER_S = 2
"""How often a client should ask for a job that has not ended."""


@dataclass(frozen=True, slots=True)
class Raw:
    """JSON as text."""

    text: str


def as_json(body: dict[str, Any]) -> bytes:
    parts = [
        f"{json.dumps(name)}:{value.text if isinstance(value, Raw) else json.dumps(value, ensure_ascii=False)}"
        for name, value in body.items()
    ]
    return ("{" + ",".join(parts) + "}").encode()


def json_answer(body: dict[str, Any], *, status: int = 200, headers: dict[str, str] | None = None) -> HttpResponse:
    return HttpResponse(as_json(body), status=status, content_type="application/json", headers=headers)


def conditional(request: HttpRequest, body: bytes, headers: dict[str, str] | None = None) -> HttpResponse:
    """200 with the body, or 304 if the caller already has it (`If-None-Match`)."""
    tag = f'"{hashlib.blake2s(body, digest_size=16).hexdigest()}"'
    headers = {"ETag": tag, "Cache-Control": "private, no-cache", "Vary": "Authorization, Cookie", **(headers or {})}
    known = request.headers.get("If-None-Match", "")
    if tag in {part.strip().removeprefix("W/") for part in known.split(",")}:
        return HttpResponse(status=304, headers=headers)
    return HttpResponse(body, content_type="application/json", headers=headers)


def accepted(job_id: uuid.UUID, *, location: str, status: str = Status.PENDING) -> HttpResponse:
    """202: the answer to a request that made a job, with the address of the job."""
    body = {
        "success": True,
        "jobId": str(job_id),
        "status": status,
        "message": "The job was accepted; ask for its status.",
    }
    return json_answer(body, status=202, headers={"Location": location, "Retry-After": str(RETRY_AFTER_S)})


def old_status(job: Snapshot) -> dict[str, Any]:
    """The status that the old front end polls; times are milliseconds since 1970."""
    body: dict[str, Any] = {
        "success": job.status != Status.FAILED,
        "status": job.status,
        "jobId": str(job.job_id),
        "createdAt": _ms(job.created_at),
        "updatedAt": _ms(job.updated_at),
    }
    body |= _outcome(job)
    if job.error_message is not None and job.status == Status.FAILED:
        body["message"] = job.error_message
    if job.completed_at:
        body |= {"completedAt": _ms(job.completed_at), "expiresAt": _ms(job.completed_at + conf.retention())}
    return body


def resource(job: Snapshot, *, estimated_s: float | None = None) -> dict[str, Any]:
    """A job as the resource API shows it; times are ISO 8601 in UTC."""
    body: dict[str, Any] = {
        "jobId": str(job.job_id),
        "kind": job.kind,
        "status": job.status,
        "fileName": job.file_name,
        "fileType": job.file_type,
        "fileSizeKb": job.file_size_kb,
        "createdAt": _iso(job.created_at),
        "updatedAt": _iso(job.updated_at),
    }
    if job.queue_place is not None:
        body |= {"queuePosition": job.queue_place, "estimatedSeconds": estimated_s}
    body |= _outcome(job)
    if job.completed_at:
        body |= {"completedAt": _iso(job.completed_at), "expiresAt": _iso(job.completed_at + conf.retention())}
    return body


def _outcome(job: Snapshot) -> dict[str, Any]:
    body: dict[str, Any] = {}
    if job.status == Status.PROCESSING and job.progress_json:
        body["progress"] = Raw(job.progress_json)
    if job.status == Status.COMPLETED:
        body["result"] = Raw(job.result_json or "null")
    if job.status == Status.FAILED:
        body |= {"error": job.error_message, "errorCode": job.error_code, "retryable": bool(job.retryable)}
    if job.completed_at:
        body["performance"] = Raw(job.performance_json or "null")
    return body


def _ms(moment: datetime.datetime) -> int:
    return round(moment.timestamp() * 1000)


def _iso(moment: datetime.datetime) -> str:
    return moment.astimezone(datetime.UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def brief(job: Snapshot) -> dict[str, Any]:
    """A job in a list, without its long fields."""
    body = resource(job)
    for name in ("result", "progress", "performance"):
        body.pop(name, None)
    return body
