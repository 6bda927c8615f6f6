"""How much one user, and one tenant, may ask for: the generic cell rate algorithm, one row for each.

The rows hold for all web processes together. A whole period's requests may come at once; after that they are let in
at the rate. Polling a job is not counted: it is one read by key, and its answer to the old poller would be its end.
"""

from __future__ import annotations

import uuid
from typing import Any

from django.conf import settings
from django.db import connection
from rest_framework.request import Request
from rest_framework.throttling import SimpleRateThrottle

from rubric_jobs.web.auth import Identity, caller

_COUNT = """
INSERT INTO grader.request_rates AS rate (scope, caller, paid_off_at)
VALUES (%(scope)s, %(caller)s, statement_timestamp() + %(cost_s)s * interval '1 second')
ON CONFLICT (scope, caller) DO UPDATE SET
  paid_off_at = greatest(rate.paid_off_at, statement_timestamp()) + %(cost_s)s * interval '1 second'
  WHERE greatest(rate.paid_off_at, statement_timestamp()) + %(cost_s)s * interval '1 second'
    <= statement_timestamp() + %(period_s)s * interval '1 second'
RETURNING 1
"""
_WAIT = """
SELECT extract(epoch FROM paid_off_at - statement_timestamp())::float + %(cost_s)s - %(period_s)s
FROM grader.request_rates WHERE scope = %(scope)s AND caller = %(caller)s
"""


class RowThrottle(SimpleRateThrottle):
    """The rate in `settings.RUBRIC_THROTTLE_…`, such as `600/minute`; empty: no limit."""

    setting: str
    num_requests: int | None
    duration: int | None

    def __init__(self) -> None:
        self._wait_s = 0.0
        super().__init__()

    def get_rate(self) -> str | None:
        return getattr(settings, self.setting) or None

    def allow_request(self, request: Request, view: Any) -> bool:
        return self.admits(caller(request))

    def admits(self, identity: Identity) -> bool:
        """Count one request, unless it is one too many."""
        if not self.num_requests or not self.duration:
            return True
        values = {
            "scope": self.scope,
            "caller": self.caller_of(identity),
            "cost_s": self.duration / self.num_requests,
            "period_s": self.duration,
        }
        with connection.cursor() as cursor:
            cursor.execute(_COUNT, values)
            if cursor.rowcount:
                return True
            cursor.execute(_WAIT, values)
            row = cursor.fetchone()
        self._wait_s = max(row[0], 0.0) if row else 0.0
        return False

    def wait(self) -> float:
        return self._wait_s

    def caller_of(self, identity: Identity) -> uuid.UUID:
        raise NotImplementedError


class UserThrottle(RowThrottle):
    scope = "user"
    setting = "RUBRIC_THROTTLE_USER"

    def caller_of(self, identity: Identity) -> uuid.UUID:
        return identity.user_id


class TenantThrottle(RowThrottle):
    scope = "tenant"
    setting = "RUBRIC_THROTTLE_TENANT"

    def caller_of(self, identity: Identity) -> uuid.UUID:
        return identity.tenant_id
