"""Rate limits for users and tenants: the generic cell rate algorithm, one row for each of them.

The rows are shared by all web processes. A whole period's requests may come at once; after that they are admitted at
the rate. Polling a job is not counted: it is one read by key, and the old poller would take a 429 for its job's end.
"""

from __future__ import annotations

import uuid
from typing import Any

from django.db import connection
from rest_framework.exceptions import Throttled

from rubric_jobs import conf
from rubric_jobs.web.auth import Identity

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


_GIVE_BACK = """
UPDATE grader.request_rates SET paid_off_at = paid_off_at - %(cost_s)s * interval '1 second'
WHERE scope = %(scope)s AND caller = %(caller)s
"""


class RowThrottle:
    """One limit on one kind of caller; its rate, such as `600/minute`, is a setting, and empty for no limit."""

    scope: str
    setting: str

    def __init__(self) -> None:
        self._rate = conf.rate(self.setting)
        self._wait_s = 0.0

    def admits(self, identity: Identity) -> bool:
        """Count one request if the rate allows it."""
        return self.count(self.caller_of(identity))

    def count(self, caller: uuid.UUID) -> bool:
        """Count one request of this caller. Returns False, without counting it, if it would exceed the rate."""
        if self._rate is None:
            return True
        values = self._values(self._rate, caller)
        with connection.cursor() as cursor:
            cursor.execute(_COUNT, values)
            if cursor.rowcount:
                return True
            cursor.execute(_WAIT, values)
            row = cursor.fetchone()
        self._wait_s = max(row[0], 0.0) if row else 0.0
        return False

    def give_back(self, caller: uuid.UUID) -> None:
        """Take back one counted request."""
        if self._rate is not None:
            with connection.cursor() as cursor:
                cursor.execute(_GIVE_BACK, self._values(self._rate, caller))

    def _values(self, rate: conf.Rate, caller: uuid.UUID) -> dict[str, Any]:
        cost_s = rate.period_s / rate.requests
        return {"scope": self.scope, "caller": caller, "cost_s": cost_s, "period_s": rate.period_s}

    def wait(self) -> float:
        """Seconds until the next request is admitted."""
        return self._wait_s

    def caller_of(self, identity: Identity) -> uuid.UUID:
        raise NotImplementedError


class UserThrottle(RowThrottle):
    scope = "user"
    setting = conf.RATES[0]

    def caller_of(self, identity: Identity) -> uuid.UUID:
        return identity.user_id


class TenantThrottle(RowThrottle):
    scope = "tenant"
    setting = conf.RATES[1]

    def caller_of(self, identity: Identity) -> uuid.UUID:
        return identity.tenant_id


class SignInNameThrottle(RowThrottle):
    """Failed sign-ins for one account's name, whether or not there is such an account."""

    scope = "sign-in name"
    setting = conf.RATES[2]


class SignInAddressThrottle(RowThrottle):
    """Failed sign-ins from one address."""

    scope = "sign-in address"
    setting = conf.RATES[3]


def admit(identity: Identity) -> None:
    """Count one request of the user and of the tenant; raises Throttled, with the seconds to wait."""
    limits: list[RowThrottle] = [UserThrottle(), TenantThrottle()]
    for limit in limits:
        if not limit.admits(identity):
            raise Throttled(limit.wait())
