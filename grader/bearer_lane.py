"""A short way for programs: cookies, CSRF, messages and frames are a browser's concern.

Under ASGI each of Django's own middleware classes costs a request two switches to a thread. A request with a bearer
token to an async view needs none of them, and it is what every waiting client sends every few seconds.
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
    """Calls an async view straight away for a request that carries a token; everything else goes the usual way."""
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
