"""The web process: `uvicorn grader.asgi:application`."""

import os
from collections.abc import Callable, Mapping
from typing import Any

import django
from django.core.handlers.asgi import ASGIHandler

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "grader.settings")
os.environ.setdefault("DATABASE_POOL", "true")
django.setup(set_prefix=False)

# Settings and the app's modules can be imported only now.
from django.conf import settings  # noqa: E402

from grader.body_limit import BodyLimit  # noqa: E402
from rubric_jobs.web import checks  # noqa: E402
from rubric_jobs.web.base_views import stranger, too_large, unreadable  # noqa: E402
from rubric_jobs.web.held_requests import ENDED  # noqa: E402

checks.refuse_to_start()


class Handler(ASGIHandler):
    """Django's handler, but a request with an unreadable head gets the usual 400."""

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "websocket":
            await send({"type": "websocket.close"})  # before it was accepted: a 403
            return
        ended: list[Callable[[], None]] = []
        scope[ENDED] = ended
        try:
            await super().__call__(scope, receive, send)
        finally:
            for tell in ended:
                tell()

    def create_request(self, scope: Mapping[str, Any], body_file: Any) -> Any:
        try:
            return self.request_class(scope, body_file), None
        except Exception:  # Python's header parser raises various errors
            return None, unreadable(dict(scope))


application = BodyLimit(Handler(), limit=settings.DATA_UPLOAD_MAX_MEMORY_SIZE, too_large=too_large, stranger=stranger)
