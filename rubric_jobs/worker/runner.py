"""Run one claimed job: read its input, call its pipeline, return its ending."""

from __future__ import annotations

import hashlib
import json
import math
import time
import uuid
from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from decimal import Decimal
from functools import cache, partial
from pathlib import Path
from typing import Any

import rubric_jobs
from rubric_jobs import conf
from rubric_jobs.documents import scans
from rubric_jobs.errors import NoRubricFound, RubricJobError
from rubric_jobs.jobs import claims, controls, readings
from rubric_jobs.jobs.claims import Claim, Cost, Ending
from rubric_jobs.llm import plan_answer
from rubric_jobs.llm.provider import Reply
from rubric_jobs.llm.providers import registry
from rubric_jobs.llm.providers.registry import Providers, ProviderSettings
from rubric_jobs.llm.routing import LOCAL, Policy
from rubric_jobs.models import Kind
from rubric_jobs.pipelines import enhancement, extraction
from rubric_jobs.pipelines.enhancement import EnhancementRequest
from rubric_jobs.pipelines.extraction import ExtractionRequest
from rubric_jobs.pipelines.outcome import Outcome
from rubric_jobs.reader.sandbox import Reading, Sandbox
from rubric_jobs.rubric.model import Rubric
from rubric_jobs.worker import circuit_breaker, page_pictures
from rubric_jobs.worker import readings as read_documents
from rubric_jobs.worker.guarded_provider import ForbiddenProvider, GuardedProvider
from rubric_jobs.worker.job_pump import ReportProgress
from rubric_jobs.worker.writer import Writer

OF_ONE_TENANT = 2
"""Documents of one tenant that a worker process reads at once, out of `WORKER_READERS`."""


class Runner:
    """What the jobs of one worker process share: the sandbox, the providers' connections, the writer."""

    def __init__(self, writer: Writer) -> None:
        self._writer = writer
        self._sandbox = Sandbox(
            children=conf.readers(),
            of_one_tenant=min(OF_ONE_TENANT, conf.readers()),
            recognizes=conf.recognizes_text(),
        )
        self._providers = registry.build(provider_settings())
        self._unread: dict[int, uuid.UUID] = {}

    def unread(self) -> Mapping[uuid.UUID, int]:
        """The number of unread documents of each tenant; empty if none has to wait for its turn."""
        count = Counter(self._unread.values())
        return count if count.total() > conf.readers() else {}

    async def run(self, claim: Claim, report: ReportProgress) -> Ending:
        """The ending of a job with its figures."""
        if claim.kind == Kind.EXTRACT:
            self._unread[claim.token] = claim.tenant_id
        try:
            return await self._run(claim, report)
        finally:
            self._unread.pop(claim.token, None)

    async def _run(self, claim: Claim, report: ReportProgress) -> Ending:
        began = time.monotonic()
        job = await self._writer.change(self._prepared, claim, report)
        if job.twin is not None:
            await self._leave_call(claim)
            await self._writer.change(readings.copy_of_twin, claim, job.digest)
            return await self._with_pictures(_repeated(job, *job.twin, began=began), job.data)
        work = self._extract if claim.kind == Kind.EXTRACT else self._enhance
        try:
            done = await work(job)
        except RubricJobError as error:
            return Ending(claim=claim, error=error, metrics=_failed(error, job, began))
        ending = Ending(claim=claim, result=done.result, metrics=_metrics(done, job, began), digest=job.digest)
        return await self._with_pictures(ending, job.data)

    async def _with_pictures(self, ending: Ending, data: bytes) -> Ending:
        return await page_pictures.add_to(ending, data, sandbox=self._sandbox, writer=self._writer)

    def _prepared(self, claim: Claim, report: ReportProgress) -> _Job:
        """Everything that is read from a job's rows, in one call of the writer, because many jobs queue for it."""
        data = claims.document(claim)
        # Read for each attempt, so that an operator's limit holds at once.
        is_local_only = claim.is_controlled and controls.allowance(claim.tenant_id).forbids_models
        digest = digest_of(claim, data, self._providers, is_local_only=is_local_only)
        twin = None if claim.parameters.get("fresh") else claims.finished_twin(claim, digest)
        # The reply of an earlier attempt, so that no answer is paid for twice after a crash.
        kept = None if twin else claims.kept_reply(claim)
        return _Job(
            claim=claim,
            data=data,
            digest=digest,
            is_local_only=is_local_only,
            twin=twin,
            stored_reply=Reply(**kept) if kept else None,
            report=report,
            writer=self._writer,
        )

    async def _leave_call(self, claim: Claim) -> None:
        """Give back the call that the job was woken for, so that the next job need not wait for a sweep."""
        if (cap := conf.pump().call_cap) is not None:
            await self._writer.change(circuit_breaker.end_call, claim, cap=cap)

    async def close(self) -> None:
        await self._sandbox.close()
        await self._providers.aclose()

    async def _extract(self, job: _Job) -> Outcome:
        asked = job.claim.parameters
        total = asked.get("total_points")
        request = ExtractionRequest(
            data=job.data,
            file_type=job.claim.file_type,
            instruction=asked.get("instruction", ""),
            total_points=None if total is None else Decimal(total),
            provider=asked.get("provider"),
            models=asked.get("models", {}),
        )
        done = await extraction.extract(
            request,
            read=partial(self._read, job),
            providers=self._guarded(job),
            policy=policy(job.claim.seconds_left, is_local_only=job.is_local_only),
            on_progress=job.tell,
            on_reply=job.keep_unusable,
            stored_reply=job.stored_reply,
        )
        for reading in job.readings:
            done = await read_documents.keep(job.claim, reading, done, read=done.rubric, writer=self._writer)
        return done

    async def _read(self, job: _Job, data: bytes, file_type: str) -> Reading:
        try:
            reading = await self._sandbox.read(data, file_type, tenant=job.claim.tenant_id)
        finally:
            self._unread.pop(job.claim.token, None)
        job.readings.append(reading)
        return reading

    async def _enhance(self, job: _Job) -> Outcome:
        asked = job.claim.parameters
        total = asked["total_points"]
        request = EnhancementRequest(
            rules=job.data.decode(),
            instruction=asked.get("instruction", ""),
            total_points=None if total is None else Decimal(total),
            provider=asked.get("provider"),
            models=asked.get("models", {}),
        )
        done = await enhancement.enhance(
            request,
            read=partial(self._read_text, job),
            providers=self._guarded(job),
            policy=policy(job.claim.seconds_left, is_local_only=job.is_local_only),
            on_progress=job.tell,
            on_reply=job.keep_unusable,
            stored_reply=job.stored_reply,
        )
        for reading in job.readings:
            # Points that a model gave would be lost with the first change of the plan.
            if done.plan is not None and isinstance(reading.local, Rubric):
                done = await read_documents.keep(job.claim, reading, done, read=reading.local, writer=self._writer)
        return done

    async def _read_text(self, job: _Job, text: str) -> Reading:
        reading = await self._sandbox.read_text(text, tenant=job.claim.tenant_id)
        job.readings.append(reading)
        return reading

    def _guarded(self, job: _Job) -> Providers:
        guard = ForbiddenProvider if job.is_local_only else GuardedProvider
        return self._providers.replaced(
            lambda provider: guard(
                provider, claim=job.claim, writer=self._writer, max_calls=conf.pump().call_cap, keep=job.keep
            )
        )


@dataclass(frozen=True, kw_only=True)
class _Job:
    """One run of one job: its rows' data, its progress reports, the replies that it has paid for, what was read."""

    claim: Claim
    data: bytes
    digest: bytes
    is_local_only: bool
    twin: tuple[dict[str, Any], dict[str, Any]] | None
    stored_reply: Reply | None
    report: ReportProgress
    writer: Writer
    replies: list[Reply] = field(default_factory=list)
    readings: list[Reading] = field(default_factory=list, repr=False)

    def tell(self, *, stage: str, criteria_found: int = 0, partial_rubric: dict[str, Any] | None = None) -> None:
        self.report({"stage": stage, "criteriaFound": criteria_found, "partialRubric": partial_rubric})

    async def keep(self, reply: Reply) -> None:
        """Store a reply at once, because the job may be cancelled or its process killed before its end."""
        self.replies.append(reply)
        storable = asdict(reply) | {"text": reply.text.replace("\0", "")}  # PostgreSQL has no NUL
        del storable["form"]  # it follows from the text, and a worker of the previous version does not know the field
        await self.writer.batched(claims.keep_replies, (self.claim, self.cost, storable if reply.text else None))

    async def keep_unusable(self, reply: Reply) -> None:
        """Record what an unusable answer cost (cut off, refused or empty); usable ones were stored on arrival."""
        if not reply.text:
            await self.keep(reply)

    @property
    def all_replies(self) -> list[Reply]:
        """This attempt's replies, after the stored reply of an earlier one."""
        return [self.stored_reply, *self.replies] if self.stored_reply else self.replies

    @property
    def cost(self) -> Cost:
        return Cost(
            llm_provider=self.replies[-1].provider if self.replies else None,
            llm_model=self.replies[-1].model if self.replies else None,
            prompt_tokens=sum(reply.prompt_tokens for reply in self.replies),
            completion_tokens=sum(reply.completion_tokens for reply in self.replies),
        )


def _spent(paid: list[Reply], began: float) -> dict[str, Any]:
    """The job's time and tokens, earlier attempts included."""
    prompt = sum(reply.prompt_tokens for reply in paid)
    completion = sum(reply.completion_tokens for reply in paid)
    return {
        "extraction_time_ms": round((time.monotonic() - began) * 1000),
        "token_usage": prompt + completion,
        "prompt_tokens": prompt,
        "completion_tokens": completion,
        "categories_extracted": 0,
        "llm_provider": paid[-1].provider if paid else None,
        "llm_model": paid[-1].model if paid else None,
        "answer_form": None,
        "cache_hit": False,
    }


def _failed(error: RubricJobError, job: _Job, began: float) -> dict[str, Any]:
    spent = _spent(job.all_replies, began)
    if job.all_replies:
        last = job.all_replies[-1]
        return spent | _answered(job, last.form or ("plan" if plan_answer.is_plan(last.text) else "copy"), error)
    return spent | {"llm_provider": error.llm_provider, "llm_model": error.llm_model}


def _metrics(done: Outcome, job: _Job, began: float) -> dict[str, Any]:
    return {
        **_spent(job.all_replies, began),
        "categories_extracted": len(done.rubric.criteria),
        "ungrounded": done.ungrounded,
        "llm_provider": done.provider,
        "llm_model": done.model,
        **_answered(job, done.answer_form),
    }


def _answered(job: _Job, form: str | None, error: RubricJobError | None = None) -> dict[str, Any]:
    """The form of the answer that decided the job, and how many plans were answered and refused on the way."""
    plans = sum(reply.form == "plan" for reply in job.replies)
    taken = form == "plan" and (error is None or isinstance(error, NoRubricFound))
    return {"answer_form": form, "plans_answered": plans, "plans_refused": plans - min(plans, taken)}


def _repeated(job: _Job, result: dict[str, Any], metrics: dict[str, Any], *, began: float) -> Ending:
    """The ending of a job with an identical twin: the same result without cost. Later twins can reuse it in turn."""
    kept = ("categories_extracted", "ungrounded", "llm_provider", "llm_model", "answer_form")
    same = {name: metrics.get(name) for name in kept}
    metrics = {**_spent([], began), **same, "cache_hit": True}
    return Ending(claim=job.claim, result=result, metrics=metrics, digest=job.digest)


def digest_of(claim: Claim, data: bytes, providers: Providers, *, is_local_only: bool = False) -> bytes:
    """Digest of everything that decides a job's result: input, parameters, providers, models and this code."""
    decisive = {name: value for name, value in claim.parameters.items() if name not in {"fresh", "page_pictures"}}
    asked = policy(is_local_only=is_local_only)
    facts = {
        "kind": claim.kind,
        "parameters": decisive,
        "policy": [asked.provider, asked.fallback, asked.answer_form],
        "recognizes": conf.recognizes_text() and scans.is_installed(),
        "allowed": sorted(conf.allowed_models() or ()),
        "models": {name: providers.model_for(name) for name in providers.ready},
        # A model of the same name on another server is another model. Keys make no difference.
        "servers": [conf.gemini_sdk(), *(vendor.base_url for vendor in conf.providers().values())],
        "code": _code_fingerprint(),
    }
    return hashlib.sha256(json.dumps(facts, sort_keys=True).encode() + b"\0" + data).digest()


_ROOMS_OF_ANSWERS = ("documents", "llm", "pipelines", "reader", "rubric")
_SOURCES = {".py", ".json"}


@cache
def _code_fingerprint() -> str:
    """Digest of the code, so that a new reader or prompt does not reuse old results."""
    app = Path(rubric_jobs.__file__).parent
    sources = sorted(path for room in _ROOMS_OF_ANSWERS for path in (app / room).rglob("*") if path.suffix in _SOURCES)
    return hashlib.sha256(b"\0".join(path.read_bytes() for path in sources)).hexdigest()


def provider_settings() -> ProviderSettings:
    given: dict[str, Any] = {"gemini_sdk": conf.gemini_sdk(), "allowed_models": conf.allowed_models()}
    for name, vendor in conf.providers().items():
        given |= {f"{name}_{part}": value for part, value in asdict(vendor).items()}
    return ProviderSettings(**{name: value for name, value in given.items() if value})


def policy(seconds_left: float = math.inf, *, is_local_only: bool = False) -> Policy:
    """The policy of the settings; a call's time-out is at most what is left of the job's time."""
    provider, fallback = conf.usual_providers()
    return Policy(
        provider=LOCAL if is_local_only else provider,
        fallback=() if is_local_only else tuple(fallback),
        call_timeout_s=min(conf.call_timeout_s(), seconds_left),
        answer_form=conf.answer_form(),
        seconds_left=seconds_left,
    )
