"""Row-level security for what a request reads: inside `as_caller`, the database itself shows one user's rows alone.

`visible_to` is the filter of every such read; this is the net below it. Changes are made outside of it, by functions
that name the row which a read inside has found. `migrations/row_level_security.sql` makes role and policies; where
the database's owner may not create roles, there is no net, and a system check says so.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache

from django.db import DatabaseError, connection, transaction

WEB_ROLE = "rubric_web"
NO_ROLE = "none"

# Local to the transaction, in one round trip. `set_config('role', …)` is SET LOCAL ROLE.
ENTER = """SELECT set_config('role', %(role)s, true),
  set_config('grader.tenant_id', %(tenant_id)s, true), set_config('grader.user_id', %(user_id)s, true)"""


@contextmanager
def as_caller(*, tenant_id: uuid.UUID, user_id: uuid.UUID) -> Iterator[None]:
    """One transaction, in which other users' rows do not exist."""
    values = {"role": role(), "tenant_id": str(tenant_id), "user_id": str(user_id)}
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(ENTER, values)
        yield
        # An outer transaction, if there is one, goes on as the service.
        _become(NO_ROLE)


@contextmanager
def as_service() -> Iterator[None]:
    """Inside of `as_caller`: a change that the service itself makes."""
    _become(NO_ROLE)
    yield
    _become(role())


def _become(name: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('role', %s, true)", [name])


def role() -> str:
    """The role that requests read as; `none` where there is no row-level security."""
    return WEB_ROLE if is_on() else NO_ROLE


@lru_cache(maxsize=1)
def is_on() -> bool:
    """Whether policies and role stand and this service may take the role; asked once in a process's life."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_policies WHERE schemaname = 'grader' AND policyname = 'web_requests'")
        if not cursor.fetchone():
            return False
    try:
        with transaction.atomic():
            _become(WEB_ROLE)
            _become(NO_ROLE)
    except DatabaseError:
        return False
    return True
