"""SDK clients for each event loop, with room for all calls that a worker has in flight."""

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
    """Clients by event loop: a connection pool fails in another loop than the one that opened it."""

    def __init__(self, make: Callable[[], Client], *, calls_per_client: float = math.inf) -> None:
        self._make, self._calls_per_client = make, calls_per_client
        self._carriers: WeakKeyDictionary[asyncio.AbstractEventLoop, list[_Carrier[Client]]] = WeakKeyDictionary()

    @contextmanager
    def client(self) -> Iterator[Client]:
        """The first client with room for a call, which has the most open connections."""
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
        """Remove the running loop's clients; the caller closes them."""
        return [carrier.client for carrier in self._carriers.pop(asyncio.get_running_loop(), [])]


@cache
def tls() -> ssl.SSLContext:
    """The TLS context, made once before the fork, because loading the certificate authorities takes 50 ms."""
    import httpx2

    return httpx2.create_ssl_context()
