"""The web process: `uvicorn grader.asgi:application`."""

import os
from collections.abc import Mapping
from typing import Any

import django
from django.core.handlers.asgi import ASGIHandler

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "grader.settings")
os.environ.setdefault("DATABASE_POOL", "true")
django.setup(set_prefix=False)

# Settings and the app's modules can be imported only now.
from django.conf import settings  # noqa: E402

from grader.body_limit import BodyLimit  # noqa: E402
from rubric_jobs.web.base_views import too_large, unreadable  # noqa: E402


class Handler(ASGIHandler):
    """Django's handler, but a request with an unreadable head gets the usual 400."""

    def create_request(self, scope: Mapping[str, Any], body_file: Any) -> Any:
        try:
            return self.request_class(scope, body_file), None
        except Exception:  # Python's header parser raises various errors
            return None, unreadable(dict(scope))


application = BodyLimit(Handler(), limit=settings.DATA_UPLOAD_MAX_MEMORY_SIZE, refuse=too_large)
