"""A provider as one job sees it: behind the fleet's lane for it, and within its cap of calls in flight."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

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
from rubric_jobs.llm.provider import Provider, Reply, Task
from rubric_jobs.worker import circuit_breaker
from rubric_jobs.worker.circuit_breaker import Pass
from rubric_jobs.worker.writer import Writer

LONGEST_UNWOKEN_S = 60.0
"""A job that waits for a call is woken when it is its turn; were it not, it asks again after so long."""

LONGEST_SPREAD_S = 10.0
"""Jobs that a paused lane sends back come again over half as long as its pause, but not over more than this."""


class GuardedProvider:
    """Everything of the provider inside; its calls wait for a pass, and their faults pause the lane."""

    def __init__(self, inside: Provider, *, claim: Claim, writer: Writer, max_calls: int | None) -> None:
        self._inside, self._claim, self._writer, self._max_calls = inside, claim, writer, max_calls

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
        """As the provider's own; raises CircuitOpen, with the seconds to wait, while the fleet leaves it alone.

        Raises CallLimitReached where the fleet has as many calls in flight as it may, or others wait who come first.
        """
        async with self._call_slot():
            passed = await self._acquire(model, probe_s=timeout_s)
            if not isinstance(passed, Pass):
                raise CircuitOpen(retry_after_s=passed + _spread_s(passed))
            async with self._recorded(model, passed):
                return await self._inside.answer(task, model=model, timeout_s=timeout_s, on_text=on_text)

    async def _acquire(self, model: str, *, probe_s: float) -> Pass | float:
        try:
            return await self._writer.change(
                circuit_breaker.acquire, self._claim, provider=self.name, model=model, probe_s=probe_s
            )
        except asyncio.CancelledError:  # it may be the probe without having heard so, and others would wait for it
            await self._release_probe(model)
            raise

    async def _release_probe(self, model: str) -> None:
        await self._writer.change(circuit_breaker.release_probe, self._claim, provider=self.name, model=model)

    @asynccontextmanager
    async def _recorded(self, model: str, passed: Pass) -> AsyncIterator[None]:
        """What a call told of the service, for the fleet."""
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
        except ProviderError:  # the service is there, whatever it made of this question
            await self._record_success(model, passed)
            raise
        except BaseException:  # cancelled, which tells nothing of the service
            if passed is Pass.PROBE:
                await self._release_probe(model)
            raise
        await self._record_success(model, passed)

    async def _record_success(self, model: str, passed: Pass) -> None:
        if passed is not Pass.CLEAR:  # else the lane was open all the while
            await self._writer.change(circuit_breaker.record_success, provider=self.name, model=model, passed=passed)

    @asynccontextmanager
    async def _call_slot(self) -> AsyncIterator[None]:
        """One of the provider's calls in flight, where they are capped."""
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
    """A provider to which this tenant's documents may not go: whoever asks is refused, whatever led there."""

    async def answer(
        self, task: Task, *, model: str, timeout_s: float, on_text: Callable[[str], None] | None = None
    ) -> Reply:
        raise ModelsForbidden
