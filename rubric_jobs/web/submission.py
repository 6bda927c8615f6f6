"""Submitting a job: every route that creates one goes through here, with its idempotency key if it has one."""

from __future__ import annotations

import hashlib
import json
import re
import uuid
from collections.abc import Mapping
from typing import Any

from django.db import connection, transaction

from rubric_jobs import conf
from rubric_jobs.jobs import lifecycle
from rubric_jobs.web import isolation
from rubric_jobs.web.auth import Identity
from rubric_jobs.web.problems import Refusal
from rubric_jobs.web.requests import JobSerializer

_KEY = re.compile(r"[\x21-\x7e]{1,255}")

# A second request with the same key waits here until the first one's transaction has ended.
_TAKE_KEY = """
INSERT INTO grader.idempotency_keys (tenant_id, user_id, route, key, body_digest)
VALUES (%(tenant_id)s, %(user_id)s, %(route)s, %(key)s, %(digest)s)
ON CONFLICT (tenant_id, user_id, route, key) DO NOTHING
"""
_KNOWN = """
SELECT body_digest, job_id FROM grader.idempotency_keys
WHERE tenant_id = %(tenant_id)s AND user_id = %(user_id)s AND route = %(route)s AND key = %(key)s
"""
_KEEP = """
UPDATE grader.idempotency_keys SET job_id = %(job_id)s
WHERE tenant_id = %(tenant_id)s AND user_id = %(user_id)s AND route = %(route)s AND key = %(key)s
"""


def take(asked: JobSerializer, identity: Identity, *, route: str, headers: Mapping[str, str]) -> uuid.UUID:
    """The id of the job that a request asks for; see `submit`. Raises ValidationError."""
    asked.is_valid(raise_exception=True)
    with isolation.as_service():
        return submit(identity, route=route, headers=headers, job=asked.job())


def submit(identity: Identity, *, route: str, headers: Mapping[str, str], job: dict[str, Any]) -> uuid.UUID:
    """The id of a new job, or of the job that the same `Idempotency-Key` made before on the same route.

    Raises a Refusal for an invalid key, or one that came with another body. With `Cache-Control: no-cache`, the result
    of an identical job is not reused.
    """
    if "no-cache" in headers.get("Cache-Control", "").lower():
        job = {**job, "parameters": {**job["parameters"], "fresh": True}}
    with transaction.atomic():
        key = headers.get("Idempotency-Key")
        if key is None:
            return _submit(identity, job)
        if not _KEY.fullmatch(key):
            raise Refusal("malformed", "An Idempotency-Key is 1 to 255 visible ASCII characters.")
        return _submit_once(identity, job, route=route, key=key)


def _submit(identity: Identity, job: dict[str, Any]) -> uuid.UUID:
    return lifecycle.submit(
        tenant_id=identity.tenant_id, user_id=identity.user_id, timeout_s=conf.job_timeout_s(), **job
    )


def _submit_once(identity: Identity, job: dict[str, Any], *, route: str, key: str) -> uuid.UUID:
    values: dict[str, Any] = {
        "tenant_id": identity.tenant_id,
        "user_id": identity.user_id,
        "route": route,
        "key": key,
        "digest": _digest(job),
    }
    with connection.cursor() as cursor:
        cursor.execute(_TAKE_KEY, values)
        if not cursor.rowcount:
            cursor.execute(_KNOWN, values)
            known = cursor.fetchone()
            if known is None:  # the purge deleted key and job in between
                raise Refusal("conflict", "The job of this Idempotency-Key has just been deleted.")
            if bytes(known[0]) != values["digest"]:
                raise Refusal("idempotency_key_reused")
            return uuid.UUID(str(known[1]))
        job_id = _submit(identity, job)
        cursor.execute(_KEEP, {**values, "job_id": job_id})
    return job_id


def _digest(job: dict[str, Any]) -> bytes:
    """A digest of the job's fields, not of the body: a form that is sent again has other boundaries."""
    facts = {name: value for name, value in job.items() if name != "data"}
    return hashlib.sha256(json.dumps(facts, sort_keys=True).encode() + b"\0" + job["data"]).digest()
