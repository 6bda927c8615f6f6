"""Limits on the open requests of one user and one tenant in this process: event streams and long polls.

Each holds a connection and its descriptor. A process has a limited number of them for all callers.
"""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from django.http import HttpRequest
from rest_framework.exceptions import Throttled

from rubric_jobs import conf
from rubric_jobs.web.auth import Identity

RETRY_AFTER_S = 5.0
ENDED = "rubric_jobs.ended"
"""In an ASGI scope: what is called when its request is over, however it ended. The ASGI application provides it."""

_held: Counter[uuid.UUID] = Counter()


class Place:
    """The place of one open request; only the event loop's thread uses it."""

    def __init__(self, identity: Identity) -> None:
        """Raises Throttled if the user or the tenant has no place left."""
        most = conf.held_requests()
        if _held[identity.user_id] >= most.of_user or _held[identity.tenant_id] >= most.of_tenant:
            raise Throttled(RETRY_AFTER_S, "Too many streams and waiting requests are open.")
        self._keys = [identity.user_id, identity.tenant_id]
        _held.update(self._keys)

    def close(self) -> None:
        """May be called repeatedly."""
        _held.subtract(self._keys)
        for key in self._keys:
            if not _held[key]:
                del _held[key]
        self._keys = []


def for_the_whole_of(request: HttpRequest, identity: Identity) -> Place:
    """A place that is freed when the request ends, because a stream that nobody reads never ends by itself."""
    place = Place(identity)
    getattr(request, "scope", {}).get(ENDED, []).append(place.close)
    return place


@contextmanager
def held(identity: Identity) -> Iterator[None]:
    place = Place(identity)
    try:
        yield
    finally:
        place.close()
