"""The old front end's routes: thin doors that parse, call one function and answer."""

from __future__ import annotations

import uuid
from typing import Any

from django.http import Http404
from rest_framework.exceptions import NotFound, ParseError, ValidationError
from rest_framework.parsers import JSONParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from rubric_jobs import conf, lifecycle, problems, serializers
from rubric_jobs.auth import caller
from rubric_jobs.errors import DocumentTooLarge
from rubric_jobs.models import Kind, RubricJob

RETRY_AFTER_S = 2


class BoundedJSONParser(JSONParser):
    """JSON that is an object, not too large and not nested without end."""

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Any = None) -> dict[str, Any]:
        try:
            body = super().parse(stream, media_type, parser_context)
        except RecursionError:
            raise ParseError("The JSON is nested too deeply.") from None
        if not isinstance(body, dict):
            raise ParseError("The body must be a JSON object.")
        return body


class OldRoute(APIView):
    """What the eight old routes share: the shape of their errors."""

    parser_classes = [BoundedJSONParser]
    http_method_names = ["get", "post"]

    def get_exception_handler(self) -> Any:
        return problems.answer_old_front_end

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        # Before the body is read into memory.
        if int(request.META.get("CONTENT_LENGTH") or 0) > conf.max_body_bytes():
            raise DocumentTooLarge(f"The file is larger than {conf.max_file_mb()} MB.")


class Trigger(OldRoute):
    serializer_class: type[serializers.ExtractionSerializer | serializers.EnhancementSerializer]
    status_route: str

    def post(self, request: Request) -> Response:
        asked = self.serializer_class(data=request.data)
        asked.is_valid(raise_exception=True)
        identity = caller(request)
        job_id = lifecycle.submit(
            tenant_id=identity.tenant_id,
            user_id=identity.user_id,
            timeout_s=conf.job_timeout_s(),
            **asked.job(),
        )
        location = request.path.rsplit("/", 1)[0] + f"/{self.status_route}?jobId={job_id}"
        headers = {"Location": location, "Retry-After": str(RETRY_AFTER_S)}
        return Response(serializers.accepted(job_id), status=202, headers=headers)


class ExtractTrigger(Trigger):
    serializer_class = serializers.ExtractionSerializer
    status_route = "extract-rubric-status"


class EnhanceTrigger(Trigger):
    serializer_class = serializers.EnhancementSerializer
    status_route = "enhance-rubric-status"


class OldStatus(OldRoute):
    kind: Kind

    def get(self, request: Request) -> Response:
        wanted = request.query_params.get("jobId")
        if not wanted:
            raise ValidationError({"jobId": ["This parameter is required."]})
        try:
            job_id = uuid.UUID(wanted)
        except ValueError:
            raise Http404 from None
        identity = caller(request)
        mine = RubricJob.objects.visible_to(tenant_id=identity.tenant_id, user_id=identity.user_id)
        job = mine.filter(job_id=job_id, kind=self.kind).first()
        if job is None:
            raise Http404
        return Response(serializers.old_status(job), headers={"Cache-Control": "no-store"})


class ExtractStatus(OldStatus):
    kind = Kind.EXTRACT


class EnhanceStatus(OldStatus):
    kind = Kind.ENHANCE


class NoSuchRoute(OldRoute):
    """What is not served under the two prefixes: 404 in a shape that their callers can read."""

    authentication_classes = []
    permission_classes = []

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        raise NotFound("There is no such route.")
