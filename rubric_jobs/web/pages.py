"""The page at `/`, and the pages to sign in and out."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib.auth.decorators import login_required
from django.contrib.auth.views import LoginView, LogoutView
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.template.response import TemplateResponse
from django.utils import translation
from django.utils.cache import patch_vary_headers
from django.utils.decorators import method_decorator
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import ensure_csrf_cookie
from django.views.decorators.http import require_safe

from rubric_jobs import conf
from rubric_jobs.documents import scans
from rubric_jobs.jobs import controls
from rubric_jobs.models import Membership

View = Callable[..., HttpResponseBase]


def in_the_browsers_language(view: View) -> View:
    """Answer in English or German, as the browser prefers. For pages only: the API's sentences stay English."""

    @wraps(view)
    def answer(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        with translation.override(translation.get_language_from_request(request)):
            response = view(request, *args, **kwargs)
            if isinstance(response, TemplateResponse):
                response.render()
        patch_vary_headers(response, ["Accept-Language"])
        return response

    return answer


@require_safe
@never_cache
@login_required(login_url="sign-in")
@ensure_csrf_cookie
@in_the_browsers_language
def front(request: HttpRequest) -> HttpResponse:
    """The teacher's page. It contains no data: that comes from the API with the same session."""
    usual, fallback = conf.usual_providers()
    known = {
        "providers": " ".join(conf.providers_with_a_key()),
        "usual_provider": usual,
        "fallback_providers": " ".join(fallback),
        "max_file_mb": conf.max_file_mb(),
        "reads_pictures": conf.recognizes_text() and scans.is_installed(),
        "is_paused": controls.is_paused(),
        "is_local_only": _is_local_only(request),
    }
    return render(request, "rubric_jobs/front.html", known)


def _is_local_only(request: HttpRequest) -> bool:
    membership = Membership.objects.filter(account_id=request.user.pk).first()
    return membership is not None and controls.allowance(membership.tenant_id).forbids_models


@require_safe
@never_cache
@login_required(login_url="sign-in")
@in_the_browsers_language
def signed_in(request: HttpRequest) -> HttpResponse:
    """Shown after signing in again in a second tab; it tells the waiting tab to continue."""
    return render(request, "rubric_jobs/signed_in.html")


@method_decorator(in_the_browsers_language, name="dispatch")
class SignIn(LoginView):
    template_name = "rubric_jobs/sign_in.html"
    next_page = "front"
    redirect_authenticated_user = True

    def get_redirect_url(self, request: HttpRequest | None = None) -> str:
        # A redirect back to this page would be a loop, which Django reports as an error.
        asked = super().get_redirect_url()
        return "" if asked == self.request.path else asked


class SignOut(LogoutView):
    """POST only, as in Django: a link on another site could sign people out."""

    next_page = "sign-in"
