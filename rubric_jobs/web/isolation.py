"""Row-level security for requests: inside `as_caller`, the database shows only the caller's rows.

Every read filters by `visible_to`; this is the safety net below it. Changes happen inside `as_service`, for a row that
was read before. `migrations/row_level_security.sql` creates the role and the policies. If the database's owner may not
create roles, row-level security is off, and a system check says so.
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
    """A transaction that sees only this user's rows."""
    values = {"role": role(), "tenant_id": str(tenant_id), "user_id": str(user_id)}
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(ENTER, values)
        yield
        # An outer transaction, if any, continues as the service.
        _become(NO_ROLE)


@contextmanager
def as_service() -> Iterator[None]:
    """Inside `as_caller`: changes by the service itself."""
    _become(NO_ROLE)
    yield
    _become(role())


def _become(name: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('role', %s, true)", [name])


def role() -> str:
    """The database role of requests; `none` without row-level security."""
    return WEB_ROLE if is_on() else NO_ROLE


@lru_cache(maxsize=1)
def is_on() -> bool:
    """Whether policies and role exist and this service may take the role; checked once in a process."""
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
