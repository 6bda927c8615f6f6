"""The web process: `uvicorn grader.asgi:application`."""

import os

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "grader.settings")
os.environ.setdefault("DATABASE_POOL", "true")
django_application = get_asgi_application()

# Settings and the app's modules can be imported from here on.
from django.conf import settings  # noqa: E402

from grader.body_limit import BodyLimit  # noqa: E402
from rubric_jobs.routes import too_large  # noqa: E402

application = BodyLimit(django_application, limit=settings.DATA_UPLOAD_MAX_MEMORY_SIZE, refuse=too_large)
