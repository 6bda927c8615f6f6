"""The PostgreSQL backend whose first connection starts the embedded server."""

from __future__ import annotations

from typing import Any

from django.conf import settings

from grader import embedded_idle
from grader.pooled_backend import base


class DatabaseWrapper(base.DatabaseWrapper):
    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        embedded_idle.ensure_running(settings.EMBEDDED_POSTGRES, settings.STATE_DIR)
        return super().get_new_connection(conn_params)
