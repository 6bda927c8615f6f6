"""What the API's tests share: bodies that are right, so that each test says what is wrong with its own."""

from __future__ import annotations

import base64
import io
import json
import uuid
import zipfile
from collections.abc import Callable
from typing import Any

import pytest

from rubric_jobs import claims
from rubric_jobs.claims import Ending
from rubric_jobs.errors import RubricJobError

PDF = "application/pdf"
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
PREFIXES = ("/api/", "/.netlify/functions/")


def pdf(size: int = 64) -> bytes:
    """Bytes that a glance takes for a whole PDF of that size; whether it can be read shows later, in the job."""
    head, tail = b"%PDF-1.7\n", b"\n%%EOF\n"
    return head + b"%" * (size - len(head) - len(tail)) + tail


def docx(size: int = 1000) -> bytes:
    """A package that a glance takes for a DOCX of about that size."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_STORED) as package:
        package.writestr("[Content_Types].xml", "<Types/>")
        package.writestr("word/document.xml", "<w:document/>")
        package.writestr("word/media/image1.png", b"\0" * max(size - 500, 0))
    return packed.getvalue()


def as_base64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def extraction(**changed: Any) -> dict[str, Any]:
    """The body of an extraction as the old front end sends it."""
    body = {"file": as_base64(pdf()), "fileName": "rubric.pdf", "fileType": PDF, "totalPoints": 100}
    return {**body, **changed}


def enhancement(**changed: Any) -> dict[str, Any]:
    return {"simple_rules": "Clear thesis, sound evidence.", "rubric_prompt": "", "total_points": 20, **changed}


RESULT: dict[str, Any] = {
    "success": True,
    "rubricText": "**Scoring (4 pts total):**\n- **Thesis (4 pts)**:\n",
    "totalPoints": 4,
    "warning": "The document adds up to 4 points, not to 100.",
    "rubric": {
        "title": "Essay",
        "kind": "point_list",
        "total_points": 4,
        "criteria": [{"name": "Thesis", "points": 4, "levels": []}],
    },
    "raw": {"rubricTitle": "Essay", "totalPossiblePoints": 4, "categories": [{"categoryName": "Thesis", "levels": []}]},
}
METRICS = {"extraction_time_ms": 12, "token_usage": 0, "categories_extracted": 1, "llm_provider": "local"}


@pytest.fixture
def run() -> Callable[[uuid.UUID], claims.Claim]:
    """Claim that job as a worker would."""

    def run(job_id: uuid.UUID) -> claims.Claim:
        taken = claims.claim(limit=100, worker="a test", lease_s=30)
        return next(claim for claim in taken if claim.job_id == job_id)

    return run


@pytest.fixture
def complete(run: Callable[[uuid.UUID], claims.Claim]) -> Callable[..., None]:
    def complete(job_id: uuid.UUID, result: dict[str, Any] = RESULT) -> None:
        assert claims.end([Ending(claim=run(job_id), result=result, metrics=METRICS)])

    return complete


@pytest.fixture
def fail(run: Callable[[uuid.UUID], claims.Claim]) -> Callable[..., None]:
    def fail(job_id: uuid.UUID, error: RubricJobError) -> None:
        assert claims.end([Ending(claim=run(job_id), error=error)])

    return fail


def body_of(response: Any) -> Any:
    return json.loads(response.content)
