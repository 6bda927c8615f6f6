"""The old front end's routes; the project serves them under both prefixes."""

from django.urls import path

from rubric_jobs import views

urlpatterns = [
    path("extract-rubric-trigger", views.ExtractTrigger.as_view()),
    path("extract-rubric-status", views.ExtractStatus.as_view()),
    path("enhance-rubric-trigger", views.EnhanceTrigger.as_view()),
    path("enhance-rubric-status", views.EnhanceStatus.as_view()),
    path("<path:unknown>", views.NoSuchRoute.as_view()),
]
