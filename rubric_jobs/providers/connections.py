"""A vendor's SDK's clients for each event loop, with room for as many calls as the worker has in flight."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from typing import Any, Generic, TypeVar
from weakref import WeakKeyDictionary

Client = TypeVar("Client")

IDLE_CONNECTIONS = 20
"""Connections that a client keeps open for the next call; calls in flight have no limit, the worker sets it."""
CALLS_PER_CLIENT = 50
"""A client looks through all its connections at each call's begin and end: of 500, for a tenth of a call's CPU time."""


@dataclass(slots=True)
class _Carrier(Generic[Client]):
    client: Client
    calls: int = 0


class PerLoop(Generic[Client]):
    """A pool of connections belongs to the loop that opened it; using it from another one fails."""

    def __init__(self, make: Callable[[], Client]) -> None:
        self._make = make
        self._carriers: WeakKeyDictionary[asyncio.AbstractEventLoop, list[_Carrier[Client]]] = WeakKeyDictionary()

    @contextmanager
    def client(self) -> Iterator[Client]:
        """For one call: the first client with room for it, which has most connections that are open already."""
        carriers = self._carriers.setdefault(asyncio.get_running_loop(), [])
        carrier = next((carrier for carrier in carriers if carrier.calls < CALLS_PER_CLIENT), None)
        if carrier is None:
            carriers.append(carrier := _Carrier(self._make()))
        carrier.calls += 1
        try:
            yield carrier.client
        finally:
            carrier.calls -= 1

    def drop(self) -> list[Client]:
        """Forget the running loop's clients; they are the caller's to close."""
        return [carrier.client for carrier in self._carriers.pop(asyncio.get_running_loop(), [])]


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
