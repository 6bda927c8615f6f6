"""Refuse bodies that are too large, or come from a stranger, before they are read into memory or onto a disk.

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
Answer = tuple[int, list[tuple[bytes, bytes]], bytes]
"""Status, headers and body."""

FREE = 64 * 1024
"""Bytes that anybody may send, such as a form to sign in."""

DRAINED = 4
"""Times the limit that is read of a refused body and thrown away, because most clients send first, then listen."""


class _Refused(Exception):
    def __init__(self, answer: Answer) -> None:
        super().__init__()
        self.answer = answer


class BodyLimit:
    """`app`, but refusing bodies above `limit` bytes, and those above FREE of whom the service does not know.

    `too_large` makes the answer to a scope; `stranger` too, or None where the scope's head tells of a known caller.
    """

    def __init__(
        self,
        app: App,
        *,
        limit: int,
        too_large: Callable[[Scope], Answer],
        stranger: Callable[[Scope], Awaitable[Answer | None]],
    ) -> None:
        self._app = app
        self._limit = limit
        self._too_large = too_large
        self._stranger = stranger

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = dict(scope["headers"])
        length = int(headers.get(b"content-length") or 0)
        if refusal := await self._refusal(scope, length):
            if headers.get(b"expect", b"").lower() != b"100-continue":
                await self._drain(receive)
            await self._answer(refusal, send)
            return
        taken, is_known = 0, length > FREE

        async def receive_bounded() -> Message:
            nonlocal taken, is_known
            message = await receive()
            taken += len(message.get("body", b""))
            # Sent in chunks, without a length.
            if taken > self._limit:
                raise _Refused(self._too_large(scope))
            if taken > FREE and not is_known:
                if refusal := await self._stranger(scope):
                    raise _Refused(refusal)
                is_known = True
            return message

        try:
            await self._app(scope, receive_bounded, send)
        except _Refused as refused:
            await self._drain(receive)
            await self._answer(refused.answer, send)

    async def _refusal(self, scope: Scope, length: int) -> Answer | None:
        if length > self._limit:
            return self._too_large(scope)
        return await self._stranger(scope) if length > FREE else None

    async def _drain(self, receive: Receive) -> None:
        taken = 0
        while taken <= DRAINED * self._limit:
            message = await receive()
            taken += len(message.get("body", b""))
            if not message.get("more_body"):
                return

    async def _answer(self, answer: Answer, send: Send) -> None:
        status, headers, body = answer
        length = (b"content-length", str(len(body)).encode())
        await send({"type": "http.response.start", "status": status, "headers": [*headers, length]})
        await send({"type": "http.response.body", "body": body})
