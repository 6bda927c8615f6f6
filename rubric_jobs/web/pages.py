"""The page at `/`, and the pages to sign in and out."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.contrib.auth.views import LoginView, LogoutView
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import ensure_csrf_cookie
from django.views.decorators.http import require_safe

from rubric_jobs import conf


@require_safe
@never_cache
@login_required(login_url="sign-in")
@ensure_csrf_cookie
def front(request: HttpRequest) -> HttpResponse:
    """The teacher's page. It contains no data: that comes from the API with the same session."""
    usual, fallback = conf.usual_providers()
    known = {
        "providers": " ".join(conf.providers_with_a_key()),
        "usual_provider": usual,
        "fallback_providers": " ".join(fallback),
        "max_file_mb": conf.max_file_mb(),
    }
    return render(request, "rubric_jobs/front.html", known)


@require_safe
@never_cache
@login_required(login_url="sign-in")
def signed_in(request: HttpRequest) -> HttpResponse:
    """Shown after signing in again in a second tab; it tells the waiting tab to continue."""
    return render(request, "rubric_jobs/signed_in.html")


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
