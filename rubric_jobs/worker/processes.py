"""Child processes that die with their parent (PR_SET_PDEATHSIG).

On other systems than Linux these functions do nothing. There, a pump checks its parent itself, and a supervisor ends
the other processes.
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
    """From now on, descendants are killed when their parent dies, and orphans become children of this process."""
    _control(_PR_SET_CHILD_SUBREAPER, 1)
    os.register_at_fork(before=_remember_parent, after_in_child=_follow)


def end_with_parent(number: signal.Signals) -> None:
    """Send this process that signal when its parent dies."""
    _control(_PR_SET_PDEATHSIG, number)


def _remember_parent() -> None:
    global _forking_pid  # noqa: PLW0603 - the child inherits it; nothing else tells who forked it
    _forking_pid = os.getpid()


def _follow() -> None:
    end_with_parent(signal.SIGKILL)
    if os.getppid() != _forking_pid:  # the parent died between the fork and this line
        os._exit(1)


def _control(option: int, value: int) -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(option, value, 0, 0, 0)
