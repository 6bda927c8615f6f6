"""The peer of the status route: a bare async Django view with a psycopg pool; no middleware, identity or isolation."""

from __future__ import annotations

import os
from typing import Any

import django
from django.conf import settings
from django.core.asgi import get_asgi_application
from django.http import HttpRequest, HttpResponse
from django.urls import path
from psycopg_pool import AsyncConnectionPool

settings.configure(ROOT_URLCONF=__name__, MIDDLEWARE=[], ALLOWED_HOSTS=["*"], SECRET_KEY="none", DATABASES={})
django.setup()

READ = """
SELECT job_id, kind, status, file_name, file_type, file_size_kb, created_at, updated_at, completed_at, progress::text,
  result::text, performance_metrics::text, error_message, error_code, retryable
FROM grader.rubric_extraction_jobs WHERE job_id = %s
"""
_pool: AsyncConnectionPool | None = None


async def status(request: HttpRequest) -> HttpResponse:
    global _pool  # noqa: PLW0603 - opened by the first request, inside the event loop
    if _pool is None:
        _pool = AsyncConnectionPool(
            os.environ["DATABASE_URL"], min_size=1, max_size=10, open=False, kwargs={"autocommit": True}
        )
        await _pool.open()
    async with _pool.connection() as connection:
        cursor = await connection.execute(READ, [request.GET["jobId"]])
        row: Any = await cursor.fetchone()
    body = f'{{"status":"{row[2]}","result":{row[10]},"performance":{row[11]}}}'.encode()
    return HttpResponse(body, content_type="application/json", headers={"Content-Length": str(len(body))})


urlpatterns = [path("status", status)]
application = get_asgi_application()
