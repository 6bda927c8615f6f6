"""Shifts what this process takes for the time of day, before anything else is imported. The monotonic clock stays.

Python's own start-up imports a module of this name wherever this folder is on PYTHONPATH.
"""

from __future__ import annotations

import datetime
import os
import time
from typing import Any

SHIFT_S = float(os.environ["CLOCK_SHIFT_S"])

_datetime, _time, _time_ns = datetime.datetime, time.time, time.time_ns


class _IsAnyDatetime(type):
    def __instancecheck__(cls, value: Any) -> bool:
        return isinstance(value, _datetime)


class _ShiftedDatetime(_datetime, metaclass=_IsAnyDatetime):
    @classmethod
    def now(cls, tz: datetime.tzinfo | None = None) -> Any:  # a plain one: others must be able to unpickle it
        return _datetime.now(tz) + datetime.timedelta(seconds=SHIFT_S)

    @classmethod
    def utcnow(cls) -> Any:
        return cls.now(datetime.UTC).replace(tzinfo=None)


datetime.datetime = _ShiftedDatetime  # type: ignore[misc]
time.time = lambda: _time() + SHIFT_S
time.time_ns = lambda: _time_ns() + int(SHIFT_S * 1e9)
