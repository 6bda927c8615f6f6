"""The API as OpenAPI 3.1: the schemas of answers, which are not made by serializers."""

from __future__ import annotations

from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, OpenApiResponse

from rubric_jobs.documents import picture_pages
from rubric_jobs.models import Kind, Status
from rubric_jobs.reader.mending import MOST_PARTS
from rubric_jobs.reader.plan import NAMES, SHAPES
from rubric_jobs.rubric import exports
from rubric_jobs.rubric.model import Rubric
from rubric_jobs.web.requests import LONGEST_WAIT_S, PROVIDERS

Schema = dict[str, Any]
MOST_POINTS_READ = 1_000_000


def _ref(name: str) -> Schema:
    return {"$ref": f"#/components/schemas/{name}"}


JOB, PAGE, ACCEPTED, ERROR_CODES, RUBRIC = (
    _ref(name) for name in ("Job", "JobPage", "Accepted", "ErrorCodes", "Rubric")
)
OLD_STATUS = _ref("OldStatus")
READING, MENDED = _ref("Reading"), _ref("MendedReading")
PLAN_BODY: Schema = {"type": "object", "properties": {"plan": _ref("Plan")}, "required": ["plan"]}
RUBRIC_OR_FIELD: Schema = {
    "anyOf": [RUBRIC, {"type": "object", "properties": {"rubric": RUBRIC}, "required": ["rubric"]}]
}
EVENT_STREAM: Schema = {
    "type": "object",
    "description": "Server-sent events. `data` is a Job as JSON; `id` resumes the stream in `Last-Event-ID`.",
    "properties": {
        "id": {"type": "string"},
        "event": {"type": "string", "enum": ["status", "progress"]},
        "data": {"type": "string", "contentMediaType": "application/json", "contentSchema": JOB},
    },
    "required": ["id", "event", "data"],
}

_TEXT: Schema = {"type": "string"}
_NUMBER: Schema = {"type": "number"}
_WHOLE: Schema = {"type": "integer"}
_MOMENT: Schema = {"type": "string", "format": "date-time"}
_STATUS: Schema = {"type": "string", "enum": [str(status) for status in Status]}
_KIND: Schema = {"type": "string", "enum": [str(kind) for kind in Kind]}
_OUTCOME: dict[str, Schema] = {
    "progress": {"type": "object", "description": "While it runs: `stage`, `criteriaFound`, `partialRubric`."},
    "result": {"type": "object", "description": "When completed; a rubric in the canonical shape in its `rubric`."},
    "error": {"type": ["string", "null"], "description": "When failed: one sentence."},
    "errorCode": {"type": ["string", "null"]},
    "retryable": {"type": "boolean"},
    "performance": {"type": ["object", "null"]},
}


def _object(required: str, /, **properties: Schema) -> Schema:
    return {"type": "object", "properties": properties, "required": required.split()}


_JOB = _object(
    "jobId kind status fileName fileType createdAt updatedAt",
    jobId={"type": "string", "format": "uuid"},
    kind=_KIND,
    status=_STATUS,
    fileName=_TEXT,
    fileType=_TEXT,
    fileSizeKb={"type": ["integer", "null"]},
    createdAt=_MOMENT,
    updatedAt=_MOMENT,
    completedAt=_MOMENT,
    expiresAt={**_MOMENT, "description": "When the job will be deleted with everything that belongs to it."},
    queuePosition={**_WHOLE, "description": "While it waits: 1 is next; 1000 means 1000 or more."},
    estimatedSeconds={
        "type": ["number", "null"],
        "description": "Until the job ends, estimated from the last ten minutes.",
    },
    **_OUTCOME,
)
_OLD_STATUS = _object(
    "success status jobId createdAt updatedAt",
    success={"type": "boolean"},
    status=_STATUS,
    jobId={"type": "string", "format": "uuid"},
    createdAt={**_WHOLE, "description": "Milliseconds since 1970, as all times here."},
    updatedAt=_WHOLE,
    completedAt=_WHOLE,
    expiresAt=_WHOLE,
    message={"type": ["string", "null"]},
    **_OUTCOME,
)
_ROLES: Schema = {"type": "string", "description": "One role a letter; docs/api.md lists them.", "maxLength": 5000}
PLAN: Schema = _object(
    "parts",
    parts={
        "type": "array",
        "maxItems": MOST_PARTS,
        "items": _object(
            "at shape rows",
            at={"type": "string", "pattern": r"^\d{1,5}(-\d{1,5})?(,\d{1,5}(-\d{1,5})?)*$", "description": "Blocks."},
            shape={"type": "string", "enum": list(SHAPES)},
            rows=_ROLES,
            columns=_ROLES,
            name={"type": "string", "enum": list(NAMES), "description": "Where a criterion's name comes from."},
            header={"type": "integer", "minimum": 0, "description": "The block that lends its header rows."},
        ),
    },
    title={"type": "integer", "minimum": 0, "description": "The block that says the title."},
    total={"type": "integer", "minimum": 0, "description": "The block that states the total."},
)
_READING: dict[str, Schema] = {
    "jobId": {"type": "string", "format": "uuid"},
    "plan": _ref("Plan"),
    "isProposal": {"type": "boolean", "description": "The result did not come from this plan."},
}
COMPONENTS: dict[str, Schema] = {
    "Job": _JOB,
    "JobPage": _object(
        "next previous results",
        next={"type": ["string", "null"], "format": "uri"},
        previous={"type": ["string", "null"], "format": "uri"},
        results={"type": "array", "items": JOB},
    ),
    "Accepted": _object(
        "success jobId status message",
        success={"type": "boolean"},
        jobId={"type": "string", "format": "uuid"},
        status=_STATUS,
        message=_TEXT,
    ),
    "OldStatus": _OLD_STATUS,
    "Plan": PLAN,
    "Reading": _object(
        "jobId plan isProposal others blocks",
        **_READING,
        others={"type": "array", "items": _ref("Plan"), "description": "The next likeliest plans, best first."},
        blocks={
            "type": "array",
            "description": "Tables (`rows`, `columns`, `cells`) and lines (`text`) in their order; `at` counts from 0.",
            "items": {"type": "object", "properties": {"at": _WHOLE}, "required": ["at"]},
        },
    ),
    "MendedReading": _object("jobId plan isProposal result", **_READING, result=_OUTCOME["result"]),
    "ErrorCodes": _object(
        "codes",
        codes={
            "type": "array",
            "items": _object(
                "code httpStatus retryable message",
                code=_TEXT,
                httpStatus={"type": ["integer", "null"]},
                retryable={"type": "boolean"},
                message=_TEXT,
            ),
        },
    ),
    "Problem": _object(
        "type title status detail code",
        type={"type": "string", "format": "uri-reference"},
        title=_TEXT,
        status=_WHOLE,
        detail=_TEXT,
        code=_TEXT,
        errors={"type": "object", "additionalProperties": {"type": "array", "items": _TEXT}},
    ),
    "OldFailure": _object(
        "success status error errorCode message",
        success={"type": "boolean"},
        status={"type": "string", "enum": ["failed"]},
        error=_TEXT,
        errorCode=_TEXT,
        message=_TEXT,
    ),
}

UPLOAD: Schema = _object(
    "file",
    file={
        "type": "array",
        "items": {"type": "string", "format": "binary"},
        "minItems": 1,
        "maxItems": picture_pages.MOST_PAGES,
        "description": "One document, or photos of its pages in order.",
    },
    fileName=_TEXT,
    fileType=_TEXT,
    totalPoints=_NUMBER,
    extractionPrompt=_TEXT,
    llmProvider={"type": "string", "enum": list(PROVIDERS)},
    llmModel=_TEXT,
)

IDEMPOTENCY_KEY = OpenApiParameter(
    "Idempotency-Key",
    {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]+$"},
    OpenApiParameter.HEADER,
    description="A repeated key with the same body returns the same job; with another body it is a 422.",
)
FORMAT = OpenApiParameter("format", OpenApiTypes.STR, enum=list(exports.FORMATS), default="json")
LEVEL_POINTS = OpenApiParameter(
    "levelPoints",
    OpenApiTypes.STR,
    enum=list(exports.CHOICES),
    description="What levels without points get: evenly from full to 0, or two ratings, Full Marks and No Marks.",
)
LAST_EVENT_ID = OpenApiParameter(
    "Last-Event-ID", OpenApiTypes.STR, OpenApiParameter.HEADER, description="The `id` of the last event that arrived."
)
LIST_PARAMETERS = [
    OpenApiParameter("status", OpenApiTypes.STR, enum=[str(status) for status in Status]),
    OpenApiParameter("kind", OpenApiTypes.STR, enum=[str(kind) for kind in Kind]),
    OpenApiParameter("limit", {"type": "integer", "minimum": 1, "maximum": 100}, description="Jobs on a page."),
    OpenApiParameter("cursor", OpenApiTypes.STR, description="From `next` or `previous` of a page."),
]
IF_NONE_MATCH = OpenApiParameter(
    "If-None-Match", OpenApiTypes.STR, OpenApiParameter.HEADER, description="The ETag that is known."
)
IF_MATCH = OpenApiParameter(
    "If-Match", OpenApiTypes.STR, OpenApiParameter.HEADER, description="The ETag of the reading that is replaced."
)
DETAIL_PARAMETERS = [
    OpenApiParameter(
        "wait",
        {"type": "number", "minimum": 0, "maximum": LONGEST_WAIT_S},
        description="Seconds to hold the answer until the job has ended.",
    ),
    IF_NONE_MATCH,
]
EXPORTS = {
    (200, "application/json"): RUBRIC,
    (200, "text/plain"): OpenApiTypes.STR,
    (200, "text/markdown"): OpenApiTypes.STR,
    (200, "text/csv"): OpenApiTypes.STR,
    (200, "application/vnd.openxmlformats-officedocument.wordprocessingml.document"): OpenApiTypes.BINARY,
}
NOT_CHANGED = OpenApiResponse(description="The job has not changed since the ETag.")
SYNC_ANSWERS = {200: {"type": "object"}, 202: ACCEPTED}
STATUS_PARAMETERS = [OpenApiParameter("jobId", OpenApiTypes.UUID, required=True)]

_SAMPLE_RUBRIC = {"title": "Essay", "kind": "point_list", "criteria": [{"name": "Thesis", "points": 4}]}
EXTRACTION_EXAMPLES = [
    OpenApiExample(
        "A PDF as base64",
        {"file": "JVBERi0xLjcKJSUlJSUlJSUlJSUlJSUlJSUlJSUlJSUlJSUlJSUlJSUlJSUlJSUlJSUlCiUlRU9GCg==",
         "fileName": "rubric.pdf", "fileType": "application/pdf", "totalPoints": 100},
        request_only=True,
        media_type="application/json",
    )
]  # fmt: skip
ENHANCEMENT_EXAMPLES = [
    OpenApiExample(
        "A few rules",
        {"simple_rules": "Clear thesis, sound evidence.", "rubric_prompt": "For grade 9.", "total_points": 20},
        request_only=True,
    )
]
_SAMPLE_PLAN = {"parts": [{"at": "0", "shape": "down", "rows": "hccct", "columns": "clllp"}]}
PLAN_EXAMPLES = [OpenApiExample("A grid", {"plan": _SAMPLE_PLAN}, request_only=True)]
RUBRIC_EXAMPLES = [OpenApiExample("A point list", _SAMPLE_RUBRIC, request_only=True)]


class BearerScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    target_class = "rubric_jobs.web.auth.BearerAuthentication"
    name = "bearer"

    def get_security_definition(self, auto_schema: Any) -> Schema:
        return {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}


class SessionScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    target_class = "rubric_jobs.web.auth.MemberSession"
    name = "session"

    def get_security_definition(self, auto_schema: Any) -> Schema:
        return {"type": "apiKey", "in": "cookie", "name": "sessionid"}


_POINTS = frozenset({"points", "points_min", "points_max", "weight", "total_points", "stated", "computed", "requested"})


def _bounded(node: Any, name: str = "") -> Any:
    """The rubric's schema with bounds for points, and without internal marks."""
    if isinstance(node, list):
        return [_bounded(item, name) for item in node]
    if not isinstance(node, dict):
        return node
    if node == {"type": "number"} and name in _POINTS:
        return {**node, "minimum": -MOST_POINTS_READ, "maximum": MOST_POINTS_READ}
    marks = {"asked_of_a_model"}
    return {key: _bounded(item, name if key == "anyOf" else key) for key, item in node.items() if key not in marks}


def leave_out_copies(endpoints: list[tuple[str, str, str, Any]]) -> list[tuple[str, str, str, Any]]:
    """Each route once, under `/api/`, without the 404 routes."""
    copies = ("{unknown}", "/api/schema/", "/api/docs/")
    return [endpoint for endpoint in endpoints if endpoint[0].startswith("/api/") and not endpoint[0].endswith(copies)]


def add_problems(result: Schema, **_: Any) -> Schema:
    """Add the shared schemas, and the schema of refusals to every operation."""
    rubric = _bounded(Rubric.model_json_schema(ref_template="#/components/schemas/{model}"))
    schemas = result.setdefault("components", {}).setdefault("schemas", {})
    schemas.update({**rubric.pop("$defs", {}), "Rubric": rubric, **COMPONENTS})
    for path, operations in result["paths"].items():
        is_old = not path.startswith(("/api/rubric-jobs/", "/api/error-codes"))
        media_type, shape = ("application/json", "OldFailure") if is_old else ("application/problem+json", "Problem")
        for operation in operations.values():
            operation["responses"]["default"] = {
                "description": "A refusal; `code` is one of those at /api/error-codes.",
                "content": {media_type: {"schema": _ref(shape)}},
            }
    return result
