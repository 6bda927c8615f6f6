"""django-q2 as it comes, with two workers."""

import os

from grader.settings import *  # noqa: F403

DATABASES["default"]["CONN_MAX_AGE"] = int(os.environ["BENCH_CONN_MAX_AGE"])  # noqa: F405
# The name is also the salt of its messages' signatures, which the benchmark makes with our settings.
Q_CLUSTER = {"name": "rubric-jobs", "orm": "default", "workers": 2, "timeout": 60, "retry": 120, "save_limit": -1}
SILENCED_SYSTEM_CHECKS = ["rubric_jobs"]
