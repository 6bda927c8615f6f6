"""Requests with a bearer token skip the middleware for browsers: cookies, CSRF, messages, frames.

Under ASGI each of Django's own middleware classes costs a request two thread switches. A request with a bearer token to
an async view needs none of them, and every waiting client sends one every few seconds.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from asgiref.sync import iscoroutinefunction
from django.conf import settings
from django.http import HttpRequest, HttpResponseBase
from django.urls import Resolver404, resolve
from django.utils.decorators import sync_and_async_middleware


@sync_and_async_middleware
def take_bearer_lane(get_response: Callable[[HttpRequest], Any]) -> Callable[[HttpRequest], Any]:
    """Call an async view directly for a request with a bearer token; other requests take the usual way."""
    if not iscoroutinefunction(get_response):
        return get_response

    async def answer(request: HttpRequest) -> HttpResponseBase:
        if not request.headers.get("Authorization", "").lower().startswith("bearer "):
            return await usual(request)
        try:
            match = resolve(request.path_info)
        except Resolver404:
            return await usual(request)
        if not iscoroutinefunction(match.func):
            return await usual(request)
        request.get_host()  # ALLOWED_HOSTS holds here, too
        request.resolver_match = match
        response: HttpResponseBase = await match.func(request, *match.args, **match.kwargs)
        response.headers["X-Content-Type-Options"] = "nosniff"
        if settings.SECURE_HSTS_SECONDS and request.is_secure():
            response.headers["Strict-Transport-Security"] = f"max-age={settings.SECURE_HSTS_SECONDS}"
        if not response.streaming:
            response.headers["Content-Length"] = str(len(response.content))  # type: ignore[attr-defined]
        return response

    async def usual(request: HttpRequest) -> HttpResponseBase:
        response: HttpResponseBase = await get_response(request)
        return response

    return answer
