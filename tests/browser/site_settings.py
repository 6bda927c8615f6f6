"""The service's own settings, but a browser may keep the page's files, which do not change during the tests."""

from grader.settings import *  # noqa: F403

WHITENOISE_AUTOREFRESH = False
WHITENOISE_MAX_AGE = 3600
