"""A bound on CPU time, for what must not take long whatever it is given, and how crowded the machine is."""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NoReturn


@contextmanager
def at_most(seconds: float) -> Iterator[None]:
    """Ends the block with an AssertionError after so much CPU time: a pattern that runs wild would not end at all."""

    def stop(*_: object) -> NoReturn:
        raise AssertionError(f"took more than {seconds} s of CPU time")

    before = signal.signal(signal.SIGVTALRM, stop)
    signal.setitimer(signal.ITIMER_VIRTUAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)


def crowding(over_s: float = 0.1) -> float:
    """How much longer a computation takes now than on a quiet machine: wall time over CPU time, at least 1."""
    began, spent = time.monotonic(), time.thread_time()
    while time.thread_time() - spent < over_s:
        pass
    return max(1.0, (time.monotonic() - began) / (time.thread_time() - spent))
