"""The root URLs."""

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.urls import include, path

from rubric_jobs.operations import metrics
from rubric_jobs.web import pages
from rubric_jobs.web.health import is_ready
from rubric_jobs.web.urls import netlify_urlpatterns


def is_alive(_request: HttpRequest) -> HttpResponse:
    return HttpResponse("ok\n", content_type="text/plain")


urlpatterns = [
    path("", pages.front, name="front"),
    path("sign-in", pages.SignIn.as_view(), name="sign-in"),
    path("sign-out", pages.SignOut.as_view(), name="sign-out"),
    path("signed-in", pages.signed_in, name="signed-in"),
    path("api/", include("rubric_jobs.web.urls")),
    path(".netlify/functions/", include(netlify_urlpatterns)),
    path("admin/", admin.site.urls),
    path("healthz", is_alive),
    path("readyz", is_ready),
    path("metrics", metrics.serve),
]
