"""A vendor's SDK's clients for each event loop, with room for as many calls as the worker has in flight."""

from __future__ import annotations

import asyncio
import math
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from typing import Generic, TypeVar
from weakref import WeakKeyDictionary

Client = TypeVar("Client")


@dataclass(slots=True)
class _Carrier(Generic[Client]):
    client: Client
    calls: int = 0


class PerLoop(Generic[Client]):
    """A pool of connections belongs to the loop that opened it; using it from another one fails."""

    def __init__(self, make: Callable[[], Client], *, calls_per_client: float = math.inf) -> None:
        self._make, self._calls_per_client = make, calls_per_client
        self._carriers: WeakKeyDictionary[asyncio.AbstractEventLoop, list[_Carrier[Client]]] = WeakKeyDictionary()

    @contextmanager
    def client(self) -> Iterator[Client]:
        """For one call: the first client with room for it, which has most connections that are open already."""
        carriers = self._carriers.setdefault(asyncio.get_running_loop(), [])
        carrier = next((carrier for carrier in carriers if carrier.calls < self._calls_per_client), None)
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


@cache
def tls() -> ssl.SSLContext:
    """Made once, by the parent of all workers: reading the certificate authorities halts a process for 50 ms."""
    import httpx2

    return httpx2.create_ssl_context()
