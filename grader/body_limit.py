"""Refuse bodies that are too large before they are read into memory or onto a disk.

Django under ASGI reads a whole body before any of its code runs, so this runs before Django.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

Message = Mapping[str, Any]
Scope = dict[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]
Refuse = Callable[[Scope], tuple[list[tuple[bytes, bytes]], bytes]]

DRAINED = 4
"""Times the limit that is read of a refused body and thrown away, because most clients send first, then listen."""


class _TooLargeError(Exception):
    pass


class BodyLimit:
    """`app`, with a 413 for every body above `limit` bytes; `refuse` makes headers and body of that answer."""

    def __init__(self, app: App, *, limit: int, refuse: Refuse) -> None:
        self._app = app
        self._limit = limit
        self._refuse = refuse

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = dict(scope["headers"])
        if int(headers.get(b"content-length") or 0) > self._limit:
            if headers.get(b"expect", b"").lower() != b"100-continue":
                await self._drain(receive)
            await self._answer(scope, send)
            return
        taken = 0

        async def receive_bounded() -> Message:
            nonlocal taken
            message = await receive()
            taken += len(message.get("body", b""))
            if taken > self._limit:
                raise _TooLargeError
            return message

        try:
            await self._app(scope, receive_bounded, send)
        except _TooLargeError:  # sent in chunks, without a length
            await self._drain(receive)
            await self._answer(scope, send)

    async def _drain(self, receive: Receive) -> None:
        taken = 0
        while taken <= DRAINED * self._limit:
            message = await receive()
            taken += len(message.get("body", b""))
            if not message.get("more_body"):
                return

    async def _answer(self, scope: Scope, send: Send) -> None:
        headers, body = self._refuse(scope)
        length = (b"content-length", str(len(body)).encode())
        await send({"type": "http.response.start", "status": 413, "headers": [*headers, length]})
        await send({"type": "http.response.body", "body": body})
