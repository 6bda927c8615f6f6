"""Processes that do not outlive those who direct them: Linux itself tells them, however their parent died.

Elsewhere these functions do nothing; there a pump looks for its parent itself, and a supervisor ends the rest.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys

_PR_SET_PDEATHSIG = 1
_PR_SET_CHILD_SUBREAPER = 36

_forking_pid = 0


def lead() -> None:
    """Direct from now on: forked children, and theirs, are killed when their parent dies; orphans come to us."""
    _control(_PR_SET_CHILD_SUBREAPER, 1)
    os.register_at_fork(before=_remember_parent, after_in_child=_follow)


def end_with_parent(number: signal.Signals) -> None:
    """From now on, the death of this process's parent sends it that signal."""
    _control(_PR_SET_PDEATHSIG, number)


def _remember_parent() -> None:
    global _forking_pid  # noqa: PLW0603 - the child inherits it; nothing else tells who forked it
    _forking_pid = os.getpid()


def _follow() -> None:
    end_with_parent(signal.SIGKILL)
    if os.getppid() != _forking_pid:  # it died between the fork and this line
        os._exit(1)


def _control(option: int, value: int) -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(option, value, 0, 0, 0)
