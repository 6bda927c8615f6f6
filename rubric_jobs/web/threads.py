"""Synchronous code that async views call."""

from __future__ import annotations

from collections.abc import Callable
from typing import ParamSpec, TypeVar

from asgiref.sync import sync_to_async
from django.core.handlers.asgi import ASGIRequest
from django.db import connections
from django.http import HttpRequest

P = ParamSpec("P")
T = TypeVar("T")


async def in_thread(call: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """What `call` returns. Its database connection is given back at once, because the request may last for minutes."""

    def run() -> T:
        try:
            return call(*args, **kwargs)
        finally:
            for connection in connections.all(initialized_only=True):
                if not connection.in_atomic_block:
                    connection.close()

    return await sync_to_async(run)()


async def in_request_thread(request: HttpRequest, call: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """`in_thread`, but under WSGI `call` runs in the request's own thread, which keeps its connection."""
    if isinstance(request, ASGIRequest):
        return await in_thread(call, *args, **kwargs)
    return await sync_to_async(call)(*args, **kwargs)
