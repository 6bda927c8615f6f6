"""uvicorn's connections with time limits: `uvicorn --http grader.web_connections:Connection …`.

uvicorn itself bounds the time between two requests (`--timeout-keep-alive`), but not that of a request's head or body,
and its `--limit-concurrency` refuses the health check, too. Here heads and bodies have so many seconds. Connections are
bounded by `--limit-concurrency` or else by the descriptors, and a few more are let in for health checks alone.
"""

from __future__ import annotations

import asyncio
import logging
import resource
import time
from typing import Any

from uvicorn.protocols.http.h11_impl import H11Protocol

log = logging.getLogger(__name__)

SPARE = 16
"""Connections beyond the limit, for health checks."""
SPARE_HEAD_S = 2.0
RESERVED = 100
"""Descriptors for the database (31), files, and what else the process opens."""
ACCEPTED_AHEAD = 4
"""Times the backlog: asyncio accepts a whole backlog at once, and more of them before it comes to close the first."""
SAID_EVERY_S = 60.0
HEALTH = frozenset({"/healthz", "/readyz"})

_TOO_SLOW = b"HTTP/1.1 408 Request Timeout\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
_FULL = b"Too many connections; try again in a few seconds.\n"


class Connection(H11Protocol):
    """One client's connection."""

    head_s = 10.0
    body_s = 20.0
    body_bytes_per_s = 25_000.0
    """Whoever sends at least so fast is not cut off: the largest body gets ten minutes."""

    _said_at = -SAID_EVERY_S

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._most, self.limit_concurrency = self.limit_concurrency or most_connections(self.config.backlog), None
        self.ws_protocol_class = None  # a request to upgrade is answered as any other
        self._timer: asyncio.TimerHandle | None = None
        self._is_in_body = False
        self._began_at = 0.0
        self._body_bytes = 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # uvicorn's own
        super().connection_made(transport)
        open_now = len(self.connections)
        if open_now > self._most + SPARE:
            self._say("refused")
            transport.abort()
            return
        if open_now > self._most:
            self._say("let in for health checks alone")
            self.app = _health_alone(self.app)
            self.head_s, self.timeout_keep_alive = min(self.head_s, SPARE_HEAD_S), 0
        self._await_head()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self.transport.is_closing():
            self._stop_waiting()
        elif self.cycle is None or self.cycle.response_complete:
            if self._timer is None:
                self._await_head()
        elif self.cycle.more_body:
            self._await_body(len(data))
        else:
            self._stop_waiting()

    def on_response_complete(self) -> None:
        self._stop_waiting()
        super().on_response_complete()
        if not self.cycle.response_complete and self.cycle.more_body:  # the next request had come already
            self._await_body(0)

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_waiting()
        super().connection_lost(exc)

    def _await_head(self) -> None:
        self._timer = self.loop.call_later(self.head_s, self._end)

    def _await_body(self, came: int) -> None:
        if not self._is_in_body:
            self._stop_waiting()
            self._is_in_body, self._began_at, self._body_bytes = True, self.loop.time(), 0
        self._body_bytes += came
        if self._timer is not None:
            self._timer.cancel()
        allowed_s = self.body_s + self._body_bytes / self.body_bytes_per_s
        self._timer = self.loop.call_at(self._began_at + allowed_s, self._end)

    def _stop_waiting(self) -> None:
        self._is_in_body = False
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _end(self) -> None:
        self._timer = None
        if self.cycle is None or self.cycle.response_complete or not self.cycle.response_started:
            self.transport.write(_TOO_SLOW)
        self.transport.close()

    def _say(self, how: str) -> None:
        """Once a minute: whoever opens connections without end must not fill the disk as well."""
        now = time.monotonic()
        if now - Connection._said_at >= SAID_EVERY_S:
            Connection._said_at = now
            log.warning("%s connections are open, further ones are %s", self._most, how)


def most_connections(backlog: int) -> int:
    """As many as there are descriptors, but for what else needs them; at least a few."""
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return max(soft - RESERVED - SPARE - ACCEPTED_AHEAD * backlog, SPARE)


def _health_alone(app: Any) -> Any:
    async def answer(scope: dict[str, Any], receive: Any, send: Any) -> None:
        if scope["path"] in HEALTH:
            await app(scope, receive, send)
            return
        headers = [(b"content-type", b"text/plain"), (b"content-length", str(len(_FULL)).encode()),
                   (b"retry-after", b"5"), (b"connection", b"close")]  # fmt: skip
        await send({"type": "http.response.start", "status": 503, "headers": headers})
        await send({"type": "http.response.body", "body": _FULL})

    return answer
