"""One client of a vendor's SDK for each event loop, with room for as many calls as the worker has in flight."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable
from functools import cache
from typing import Any, Generic, TypeVar
from weakref import WeakKeyDictionary

Client = TypeVar("Client")

IDLE_CONNECTIONS = 20
"""Connections kept open for the next call; calls in flight have no limit here, the worker sets it."""


class PerLoop(Generic[Client]):
    """A pool of connections belongs to the loop that opened it; using it from another one fails."""

    def __init__(self, make: Callable[[], Client]) -> None:
        self._make = make
        self._clients: WeakKeyDictionary[asyncio.AbstractEventLoop, Client] = WeakKeyDictionary()

    def client(self) -> Client:
        loop = asyncio.get_running_loop()
        if loop not in self._clients:
            self._clients[loop] = self._make()
        return self._clients[loop]

    def drop(self) -> Client | None:
        """Forget the running loop's client; it is the caller's to close."""
        return self._clients.pop(asyncio.get_running_loop(), None)


def http_client() -> Any:
    """An httpx2 client, which both SDKs speak through; its default limits would hold calls back at 100."""
    import httpx2

    limits = httpx2.Limits(max_connections=None, max_keepalive_connections=IDLE_CONNECTIONS)
    return httpx2.AsyncClient(limits=limits, follow_redirects=True, verify=tls())


@cache
def tls() -> ssl.SSLContext:
    """Made once, by the parent of all workers: reading the certificate authorities halts a process for 50 ms."""
    import httpx2

    return httpx2.create_ssl_context()
