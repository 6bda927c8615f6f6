"""A provider behind its circuit breaker and its cap of calls in flight, for one job."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace

from rubric_jobs.errors import (
    CallLimitReached,
    CircuitOpen,
    ModelsForbidden,
    ProviderBusy,
    ProviderError,
    ProviderTimeout,
    ProviderUnavailable,
)
from rubric_jobs.jobs.claims import Claim
from rubric_jobs.llm.provider import Provider, Reply, Task, form_of
from rubric_jobs.worker import circuit_breaker
from rubric_jobs.worker.circuit_breaker import Pass
from rubric_jobs.worker.writer import Writer

LONGEST_UNWOKEN_S = 60.0
"""A job that waits for a call is woken when its turn comes. If that fails, it asks again after this time."""

LONGEST_SPREAD_S = 10.0
"""Jobs that an open breaker sent back retry at random times within half of its pause, at most within this."""


Keep = Callable[[Reply], Awaitable[None]]


class GuardedProvider:
    """Wraps a provider: each call needs a pass from the breaker, and failures open it."""

    def __init__(
        self, inside: Provider, *, claim: Claim, writer: Writer, max_calls: int | None, keep: Keep | None = None
    ) -> None:
        """`keep` stores an answer before anything else happens, because an answer lost in a crash is paid for again."""
        self._inside, self._claim, self._writer, self._max_calls = inside, claim, writer, max_calls
        self._keep = keep

    @property
    def name(self) -> str:
        return self._inside.name

    @property
    def is_ready(self) -> bool:
        return self._inside.is_ready

    def preload(self) -> None:
        self._inside.preload()

    async def aclose(self) -> None:
        await self._inside.aclose()

    async def answer(
        self, task: Task, *, model: str, timeout_s: float, on_text: Callable[[str], None] | None = None
    ) -> Reply:
        """See `Provider`. Raises CircuitOpen, with the seconds to wait, while the breaker is open.

        Raises CallLimitReached if all calls are in flight, or if jobs that come first are waiting.
        """
        async with self._call_slot():
            passed = await self._acquire(model, probe_s=timeout_s)
            if not isinstance(passed, Pass):
                raise CircuitOpen(retry_after_s=passed + _spread_s(passed))
            async with self._recorded(model, passed):
                reply = await self._inside.answer(task, model=model, timeout_s=timeout_s, on_text=on_text)
                reply = replace(reply, provider=self.name, form=form_of(task))
                if self._keep is not None:
                    await self._keep(reply)
                return reply

    async def _acquire(self, model: str, *, probe_s: float) -> Pass | float:
        try:
            return await self._writer.change(
                circuit_breaker.acquire, self._claim, provider=self.name, model=model, probe_s=probe_s
            )
        except asyncio.CancelledError:  # this call may be the probe without knowing it, and others would wait for it
            await self._release_probe(model)
            raise

    async def _release_probe(self, model: str) -> None:
        await self._writer.change(circuit_breaker.release_probe, self._claim, provider=self.name, model=model)

    @asynccontextmanager
    async def _recorded(self, model: str, passed: Pass) -> AsyncIterator[None]:
        """Record the outcome of a call in the breaker."""
        try:
            yield
        except (ProviderUnavailable, ProviderTimeout) as error:
            await self._writer.change(
                circuit_breaker.record_failure,
                provider=self.name,
                model=model,
                is_busy=isinstance(error, ProviderBusy),
                retry_after_s=error.retry_after_s,
            )
            raise
        except ProviderError:  # the service answered, even if not as wanted
            await self._record_success(model, passed)
            raise
        except BaseException:  # cancelled, which says nothing about the service
            if passed is Pass.PROBE:
                await self._release_probe(model)
            raise
        await self._record_success(model, passed)

    async def _record_success(self, model: str, passed: Pass) -> None:
        if passed is not Pass.CLEAR:  # otherwise the breaker was closed anyway
            await self._writer.change(circuit_breaker.record_success, provider=self.name, model=model, passed=passed)

    @asynccontextmanager
    async def _call_slot(self) -> AsyncIterator[None]:
        """Take one of the provider's calls for the block, if they are capped."""
        if self._max_calls is None:
            yield
            return
        if not await self._writer.change(
            circuit_breaker.take_call, self._claim, provider=self.name, cap=self._max_calls
        ):
            raise CallLimitReached(self.name, retry_after_s=min(LONGEST_UNWOKEN_S, self._claim.seconds_left / 2))
        try:
            yield
        finally:
            await self._writer.change(circuit_breaker.end_call, self._claim, cap=self._max_calls)


def _spread_s(pause_s: float) -> float:
    return random.uniform(0, min(pause_s / 2, LONGEST_SPREAD_S))  # noqa: S311 - a batch comes again in turns


class ForbiddenProvider(GuardedProvider):
    """A provider that this tenant's documents may not be sent to: every call is refused."""

    async def answer(
        self, task: Task, *, model: str, timeout_s: float, on_text: Callable[[str], None] | None = None
    ) -> Reply:
        raise ModelsForbidden
