"""What every test may ask for. Nothing here replaces a part of the service by a mock."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from django.db import connection
from rest_framework.test import APIClient

from rubric_jobs import auth


@dataclass(frozen=True)
class Caller:
    """A user of a tenant, and an HTTP client that speaks as them."""

    tenant_id: uuid.UUID
    user_id: uuid.UUID

    @property
    def token(self) -> str:
        return auth.issue(tenant_id=self.tenant_id, user_id=self.user_id, minutes=5)

    @property
    def client(self) -> APIClient:
        return APIClient(headers={"Authorization": f"Bearer {self.token}"})


@pytest.fixture
def owner() -> Caller:
    return Caller(uuid.uuid4(), uuid.uuid4())


@pytest.fixture
def team_mate(owner: Caller) -> Caller:
    return Caller(owner.tenant_id, uuid.uuid4())


@pytest.fixture
def stranger() -> Caller:
    return Caller(uuid.uuid4(), uuid.uuid4())


@pytest.fixture
def rows(transactional_db: None) -> Any:
    """Committed rows, as other connections see them; every table of the schema is emptied afterwards.

    Django's own flush steps over tables whose name carries a schema.
    """
    yield
    with connection.cursor() as cursor:
        cursor.execute("SELECT quote_ident(tablename) FROM pg_tables WHERE schemaname = 'grader'")
        tables = ", ".join(f"grader.{name}" for (name,) in cursor.fetchall())
        cursor.execute(f"TRUNCATE {tables} CASCADE")


@pytest.fixture
def submit(owner: Caller) -> Callable[..., uuid.UUID]:
    """Submit a job straight to the rows; what is not said is filled in."""
    from rubric_jobs import lifecycle

    def submit(**wanted: Any) -> uuid.UUID:
        job = {
            "tenant_id": owner.tenant_id,
            "user_id": owner.user_id,
            "kind": "extract",
            "file_name": "rubric.pdf",
            "file_type": "application/pdf",
            "parameters": {},
            "data": b"%PDF-",
            "timeout_s": 280,
        }
        return lifecycle.submit(**{**job, **wanted})

    return submit
