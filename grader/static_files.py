"""Whitenoise as asynchronous middleware, without a thread for every request."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, cast

from asgiref.sync import iscoroutinefunction, markcoroutinefunction
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from whitenoise.middleware import WhiteNoiseMiddleware


class StaticFiles(WhiteNoiseMiddleware):  # type: ignore[misc]
    """Whitenoise's own middleware is synchronous: every waiting request (`?wait=`, events) would hold a thread."""

    sync_capable = True
    async_capable = True

    def __init__(self, get_response: Callable[[HttpRequest], Any]) -> None:
        super().__init__(get_response)
        self._is_async = iscoroutinefunction(get_response)
        if self._is_async:
            markcoroutinefunction(self)

    def __call__(self, request: HttpRequest) -> HttpResponseBase | Awaitable[HttpResponseBase]:
        if self._is_async:
            return self._answer(request)
        return cast(HttpResponseBase, super().__call__(request))

    async def _answer(self, request: HttpRequest) -> HttpResponseBase:
        # A look-up in memory, or on disk in development; both are too short for a thread.
        is_known = self.find_file if self.autorefresh else self.files.get
        static_file = is_known(request.path_info)
        if static_file is None:
            return cast(HttpResponseBase, await self.get_response(request))
        found = static_file.get_response(request.method, request.META)
        with found.file or _Nothing() as content:
            response = HttpResponse(content.read(), status=int(found.status))
        del response["content-type"]
        for name, value in found.headers:
            response[name] = value
        return response


class _Nothing:
    """The body of a 304."""

    def __enter__(self) -> _Nothing:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def read(self) -> bytes:
        return b""
