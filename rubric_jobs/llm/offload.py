"""Reading that takes the longer the more there is to read, kept out of the way of a loop with other jobs in it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from typing import ParamSpec, TypeVar

LONG = 20_000
"""Characters. Fewer are read within milliseconds; the way to a thread and back is a tenth of a short call's CPU."""

P = ParamSpec("P")
T = TypeVar("T")


async def aside(size: int, call: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """What `call` returns, which reads so many characters: in a thread where there are many."""
    return await asyncio.to_thread(call, *args, **kwargs) if size > LONG else call(*args, **kwargs)


def size_of(texts: Iterable[str]) -> int:
    """Their characters, counted no further than it takes to know that there are many."""
    size = 0
    for text in texts:
        size += len(text) + 1  # a million empty cells are many too
        if size > LONG:
            break
    return size
