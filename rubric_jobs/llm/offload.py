"""Run CPU-bound work in a thread when the input is large enough to block the event loop."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from typing import ParamSpec, TypeVar

LONG = 20_000
"""Characters. Fewer take a few milliseconds, and a thread costs a tenth of a short call's CPU."""

P = ParamSpec("P")
T = TypeVar("T")


async def run(size: int, call: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """What `call` returns; `size` is how many characters it reads. More than LONG are read in a thread."""
    return await asyncio.to_thread(call, *args, **kwargs) if size > LONG else call(*args, **kwargs)


def size_of(texts: Iterable[str]) -> int:
    """How many characters they have; counting stops above LONG."""
    size = 0
    for text in texts:
        size += len(text) + 1  # a million empty cells are many too
        if size > LONG:
            break
    return size
