"""The API's routes. The old front end's routes exist under both prefixes, the resource API only under `/api/`."""

from django.urls import path, re_path
from drf_spectacular.views import SpectacularJSONAPIView, SpectacularSwaggerSplitView

from rubric_jobs.web import base_views, export_routes, old_routes, page_pictures, readings, resources

# A path may contain a line break, which Django's own converters do not match.
ANY = r"[\s\S]+"
unknown = re_path(ANY, base_views.NoSuchOldRoute.as_view())

old_front_end = [
    path("extract-rubric-trigger", old_routes.ExtractTrigger.as_view()),
    path("extract-rubric-status", old_routes.ExtractStatus.as_view()),
    path("enhance-rubric-trigger", old_routes.EnhanceTrigger.as_view()),
    path("enhance-rubric-status", old_routes.EnhanceStatus.as_view()),
    path("extract-rubric-from-document", old_routes.ExtractFromDocument.as_view()),
    path("enhance-rubric", old_routes.EnhanceRubric.as_view()),
]

resource_routes = [
    path("rubric-jobs/", resources.JobCollection.as_view()),
    path("rubric-jobs/extractions", resources.Extractions.as_view()),
    path("rubric-jobs/enhancements", resources.Enhancements.as_view()),
    path("rubric-jobs/exports", export_routes.ExportOfBody.as_view()),
    path("rubric-jobs/<uuid:job_id>", resources.Job.as_view()),
    path("rubric-jobs/<uuid:job_id>/events", resources.Events.as_view()),
    path("rubric-jobs/<uuid:job_id>/cancel", resources.Cancel.as_view()),
    path("rubric-jobs/<uuid:job_id>/retry", resources.Retry.as_view()),
    path("rubric-jobs/<uuid:job_id>/pages/<int:page>", page_pictures.PagePicture.as_view()),
    path("rubric-jobs/<uuid:job_id>/reading", readings.Reading.as_view()),
    path("rubric-jobs/<uuid:job_id>/export", export_routes.ExportOfJob.as_view()),
    re_path(f"^rubric-jobs/{ANY}", base_views.NoSuchRoute.as_view()),
    path("error-codes", resources.ErrorCodes.as_view()),
    path("schema/", SpectacularJSONAPIView.as_view(), name="schema"),
    path("docs/", SpectacularSwaggerSplitView.as_view(url_name="schema", template_name="rubric_jobs/api_docs.html")),
]

urlpatterns = [*old_front_end, *resource_routes, unknown]
netlify_urlpatterns = [*old_front_end, unknown]
