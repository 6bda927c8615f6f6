"""Sign-in with a password, throttled by account name and by address against guessing.

Both sign-ins, the page's and the admin's, go through this backend. A failed attempt is counted in rows, which all web
processes share. Passwords are hashed by one thread of low priority, so that mass guessing delays no other request.
"""

from __future__ import annotations

import ipaddress
import os
import threading
import uuid
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import cache
from typing import Any

from asgiref.sync import sync_to_async
from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.hashers import PBKDF2PasswordHasher
from django.core.exceptions import ValidationError
from django.http import HttpRequest

from rubric_jobs.web.plain_refusals import refuse_later
from rubric_jobs.web.throttles import RowThrottle, SignInAddressThrottle, SignInNameThrottle

MOST_WAITING = 4
"""Passwords that wait to be hashed, half a second each; each holds a thread and a connection of the database."""
RETRY_AFTER_S = 2.0
NICENESS = 10

_room = threading.BoundedSemaphore(1 + MOST_WAITING)


class NoRoom(Exception):
    """Too many passwords wait to be hashed."""


class QuietPBKDF2(PBKDF2PasswordHasher):
    """Django's hasher, for one password at a time and with low priority."""

    def encode(self, password: str, salt: str, iterations: int | None = None) -> str:
        """Raises NoRoom if too many are waiting."""
        if not _room.acquire(blocking=False):
            raise NoRoom
        try:
            return _hashing().submit(super().encode, password, salt, iterations).result()
        finally:
            _room.release()


@cache
def _hashing() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(max_workers=1, thread_name_prefix="hashing", initializer=_yield_to_others)


def _yield_to_others() -> None:
    with suppress(OSError):  # a priority of its own for each thread is Linux's
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), NICENESS)


class SlowedBackend(ModelBackend):
    """Django's own accounts and passwords. Raises ValidationError, which both sign-in forms show, if it refuses."""

    def authenticate(
        self, request: HttpRequest | None, username: str | None = None, password: str | None = None, **more: Any
    ) -> Any:
        if username is None or password is None:
            return None
        counted = _count(request, username)
        try:
            account = super().authenticate(request, username=username, password=password, **more)
        except NoRoom:
            _give_back(counted)
            refuse_later(request, status=503, retry_after_s=RETRY_AFTER_S)
            raise ValidationError("Many people are signing in at this moment; please try again.") from None
        if account is not None:
            _give_back(counted)
        return account

    async def aauthenticate(self, request: HttpRequest | None, *args: Any, **credentials: Any) -> Any:
        return await sync_to_async(self.authenticate)(request, *args, **credentials)


Counted = list[tuple[RowThrottle, uuid.UUID]]


def _count(request: HttpRequest | None, username: str) -> Counted:
    """Count an attempt before its password is checked, so that simultaneous attempts all count."""
    callers: Counted = [(SignInNameThrottle(), uuid.uuid5(uuid.NAMESPACE_OID, username.casefold()))]
    if (address := _network(request)) is not None:
        callers.insert(0, (SignInAddressThrottle(), uuid.uuid5(uuid.NAMESPACE_URL, address)))
    counted: Counted = []
    for throttle, caller in callers:
        if not throttle.count(caller):
            _give_back(counted)
            wait_s = throttle.wait()
            refuse_later(request, status=429, retry_after_s=wait_s)
            raise ValidationError(f"Too many attempts to sign in; please try again in {_in_words(wait_s)}.")
        counted.append((throttle, caller))
    return counted


def _give_back(counted: Counted) -> None:
    for throttle, caller in counted:
        throttle.give_back(caller)


def _network(request: HttpRequest | None) -> str | None:
    """The caller's address; of IPv6 the network of 64 bits, which one customer has."""
    try:
        address = ipaddress.ip_address("" if request is None else request.META.get("REMOTE_ADDR", ""))
    except ValueError:
        return None
    return str(address if address.version == 4 else ipaddress.ip_network((address, 64), strict=False))


def _in_words(seconds: float) -> str:
    return f"{round(seconds / 60) + 1} minutes" if seconds > 60 else f"{round(seconds) + 1} seconds"
