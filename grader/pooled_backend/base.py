"""Django's PostgreSQL backend with a pool that checks connections before handing them out.

A database restart therefore fails no request. Django's own health checks would query the server at each request, and
psycopg's pool waits a second or more after each failed check, so that requests would wait a second for each connection.
"""

from __future__ import annotations

from typing import Any

from django.db.backends.postgresql import base

from rubric_jobs.jobs.connections import is_closed_by_server


class DatabaseWrapper(base.DatabaseWrapper):
    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        lent = super().get_new_connection(conn_params)
        if self.pool and is_closed_by_server(lent):
            lent.close()
            self.pool.putconn(lent)
            self.pool.check()  # where one was closed while idle, others were too
            lent = super().get_new_connection(conn_params)
        return lent
