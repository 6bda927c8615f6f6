"""`GET /api/rubric-jobs/{jobId}/pages/{n}`: the picture of a page that holds the job's rubric."""

from __future__ import annotations

import uuid

from django.http import Http404, HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request

from rubric_jobs.jobs import pictures
from rubric_jobs.models import RubricJob
from rubric_jobs.web import isolation
from rubric_jobs.web.auth import Identity
from rubric_jobs.web.base_views import ApiView

MEDIA_TYPE = "image/png"
LAST_PAGE = 2**31 - 1


class _Picture(BaseRenderer):
    """Lets callers request a picture; the view writes it itself."""

    media_type = format = MEDIA_TYPE


class PagePicture(ApiView):
    http_method_names = ["get"]
    renderer_classes = [_Picture]

    @extend_schema(operation_id="getPagePicture", responses={(200, MEDIA_TYPE): OpenApiTypes.BINARY})
    def get(self, _request: Request, identity: Identity, job_id: uuid.UUID, page: int) -> HttpResponse:
        """A page with the rubric, as a PNG, if the job was submitted with `pagePictures: true`.

        The result says which pages there are (`pagePictures`), with their sizes in points.
        """
        if not RubricJob.objects.visible_to(**identity.scope).filter(job_id=job_id).exists():
            raise Http404
        with isolation.as_service():
            png = pictures.png(job_id=job_id, page=min(page, LAST_PAGE))
        if png is None:
            raise Http404
        # The picture never changes, but nobody else may be shown it from a shared cache.
        headers = {"Cache-Control": "private, max-age=3600", "Content-Disposition": "inline"}
        return HttpResponse(png, content_type=MEDIA_TYPE, headers=headers)
