"""The page at `/` and the doors around it: sign in, sign out, and what a tab shows that was opened to sign in again."""

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
    """The page that a teacher works on. It holds no data: all of that comes from the API, by the same session."""
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
    """Where a tab ends that was opened because a session had expired; it tells the waiting one to go on."""
    return render(request, "rubric_jobs/signed_in.html")


class SignIn(LoginView):
    template_name = "rubric_jobs/sign_in.html"
    next_page = "front"
    redirect_authenticated_user = True

    def get_redirect_url(self, request: HttpRequest | None = None) -> str:
        # Back to this page itself would be a loop, which Django takes for a fault of ours.
        asked = super().get_redirect_url()
        return "" if asked == self.request.path else asked


class SignOut(LogoutView):
    """POST alone, as Django has it: a link could sign people out from elsewhere."""

    next_page = "sign-in"
