"""The web process under a WSGI server."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "grader.settings")
application = get_wsgi_application()

from rubric_jobs.web import checks  # noqa: E402 - settings can be read from here on

checks.refuse_to_start()
