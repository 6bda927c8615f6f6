"""Shifts what this process takes for the time of day, before anything else is imported. The monotonic clock stays.

Python's own start-up imports a module of this name wherever this folder is on PYTHONPATH. `datetime` itself is left
alone, since what is pickled with a class of ours could not be read elsewhere: Django's clock is shifted instead.
"""

from __future__ import annotations

import datetime
import os
import time

from django.utils import timezone

SHIFT_S = float(os.environ["CLOCK_SHIFT_S"])

_time, _time_ns, _now = time.time, time.time_ns, timezone.now


def _shifted_now() -> datetime.datetime:
    return _now() + datetime.timedelta(seconds=SHIFT_S)


time.time = lambda: _time() + SHIFT_S
time.time_ns = lambda: _time_ns() + int(SHIFT_S * 1e9)
timezone.now = _shifted_now
