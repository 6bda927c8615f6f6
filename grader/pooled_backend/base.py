"""Django's PostgreSQL backend, whose pool lends no connection that the database has ended.

Django's own health checks would ask the server at each request, and psycopg's pool waits a second and more between two
checks that fail: after a restart of the database, requests would wait for as many seconds as there are connections.
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
            self.pool.check()  # where one was ended while it waited, others were
            lent = super().get_new_connection(conn_params)
        return lent
