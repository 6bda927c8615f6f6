"""The web process: `uvicorn grader.asgi:application`."""

import os

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "grader.settings")
os.environ.setdefault("DATABASE_POOL", "true")
application = get_asgi_application()
