"""Where everything is served."""

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.urls import include, path


def is_alive(_request: HttpRequest) -> HttpResponse:
    return HttpResponse("ok\n", content_type="text/plain")


urlpatterns = [
    path("api/", include("rubric_jobs.urls")),
    path(".netlify/functions/", include("rubric_jobs.urls")),
    path("admin/", admin.site.urls),
    path("healthz", is_alive),
]
