"""Runs one claimed job: its row's parameters in, its ending out; the pipelines know neither rows nor settings."""

from __future__ import annotations

import math
import time
from collections.abc import Awaitable, Callable
from dataclasses import asdict
from decimal import Decimal
from typing import Any

from django.conf import settings

from rubric_jobs import claims, enhancement, extraction, partial
from rubric_jobs.choosing import Policy
from rubric_jobs.claims import Claim, Ending
from rubric_jobs.enhancement import Enhancement, EnhancementRequest
from rubric_jobs.errors import RubricJobError
from rubric_jobs.extraction import Extraction, ExtractionRequest
from rubric_jobs.models import Kind
from rubric_jobs.providers import registry
from rubric_jobs.providers.base import Reply
from rubric_jobs.providers.registry import ProviderSettings
from rubric_jobs.pump import Report, Rows
from rubric_jobs.sandbox import Sandbox

SANDBOX_CHILDREN = 2
"""Documents read at once in one worker process; each child is limited in memory and time."""


class Runner:
    """What the jobs of one worker process share: the sandbox, the providers' connections, the thread of rows."""

    def __init__(self, rows: Rows) -> None:
        self._rows = rows
        self._sandbox = Sandbox(children=SANDBOX_CHILDREN)
        self._providers = registry.build(provider_settings())

    async def run(self, claim: Claim, report: Report) -> Ending:
        """The ending of a job, with the figures of what it took."""
        began = time.monotonic()
        work = self._extract if claim.kind == Kind.EXTRACT else self._enhance
        replies: list[Reply] = []
        try:
            done = await work(claim, report, replies)
        except RubricJobError as error:
            return Ending(claim=claim, error=error, metrics=_spent(replies, began))
        metrics = {
            **_spent(replies, began),
            "token_usage": done.prompt_tokens + done.completion_tokens,
            "prompt_tokens": done.prompt_tokens,
            "completion_tokens": done.completion_tokens,
            "categories_extracted": done.categories,
            "ungrounded": done.ungrounded,
            "llm_provider": done.provider,
            "llm_model": done.model,
        }
        return Ending(claim=claim, result=done.result, metrics=metrics)

    async def close(self) -> None:
        await self._sandbox.close()
        await self._providers.aclose()

    async def _extract(self, claim: Claim, report: Report, replies: list[Reply]) -> Extraction:
        asked = claim.parameters
        request = ExtractionRequest(
            data=await self._rows.change(claims.document, claim),
            file_type=claim.file_type,
            instruction=asked.get("instruction", ""),
            total_points=_decimal(asked.get("total_points")),
            provider=asked.get("provider"),
            models=asked.get("models", {}),
        )
        return await extraction.extract(
            request,
            read=self._sandbox.read,
            providers=self._providers,
            policy=policy(claim.seconds_left),
            report=_as_progress(report),
            on_reply=self._keeper(claim, replies),
            stored_reply=await self._kept(claim),
        )

    async def _enhance(self, claim: Claim, report: Report, replies: list[Reply]) -> Enhancement:
        asked = claim.parameters
        rules = await self._rows.change(claims.document, claim)
        request = EnhancementRequest(
            rules=rules.decode(),
            instruction=asked.get("instruction", ""),
            total_points=Decimal(asked["total_points"]),
            provider=asked.get("provider"),
            models=asked.get("models", {}),
        )
        return await enhancement.enhance(
            request,
            providers=self._providers,
            policy=policy(claim.seconds_left),
            report=_as_progress(report),
            on_reply=self._keeper(claim, replies),
            stored_reply=await self._kept(claim),
        )

    def _keeper(self, claim: Claim, replies: list[Reply]) -> Callable[[Reply], Awaitable[None]]:
        async def keep(reply: Reply) -> None:
            replies.append(reply)
            await self._rows.change(claims.keep_reply, claim, asdict(reply))

        return keep

    async def _kept(self, claim: Claim) -> Reply | None:
        """What an earlier attempt was answered, so that a crash does not pay for it twice."""
        kept = await self._rows.change(claims.kept_reply, claim)
        return Reply(**kept) if kept else None


def _spent(replies: list[Reply], began: float) -> dict[str, Any]:
    """What is known of an attempt's cost, however it ended."""
    prompt = sum(reply.prompt_tokens for reply in replies)
    completion = sum(reply.completion_tokens for reply in replies)
    return {
        "extraction_time_ms": round((time.monotonic() - began) * 1000),
        "token_usage": prompt + completion,
        "prompt_tokens": prompt,
        "completion_tokens": completion,
        "categories_extracted": 0,
        "llm_provider": replies[-1].provider if replies else None,
        "llm_model": replies[-1].model if replies else None,
        "cache_hit": False,
    }


def _as_progress(report: Report) -> partial.Report:
    def tell(*, stage: str, criteria_found: int = 0, partial_rubric: dict[str, Any] | None = None) -> None:
        report({"stage": stage, "criteriaFound": criteria_found, "partialRubric": partial_rubric})

    return tell


def _decimal(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)


def provider_settings() -> ProviderSettings:
    given = {
        "gemini_api_key": settings.GEMINI_API_KEY,
        "gemini_base_url": settings.GEMINI_BASE_URL,
        "gemini_model": settings.GEMINI_MODEL,
        "gemini_sdk": settings.GEMINI_SDK,
        "openai_api_key": settings.OPENAI_API_KEY,
        "openai_base_url": settings.OPENAI_BASE_URL,
        "openai_model": settings.OPENAI_MODEL,
    }
    return ProviderSettings(**{name: value for name, value in given.items() if value})


def policy(seconds_left: float = math.inf) -> Policy:
    """Whom to ask; one call may last as long as the settings say, but not beyond the job's deadline."""
    return Policy(
        provider=settings.RUBRIC_LLM_PROVIDER,
        fallback=tuple(settings.RUBRIC_LLM_FALLBACK),
        call_timeout_s=min(settings.LLM_TIMEOUT_SECONDS, seconds_left),
    )
