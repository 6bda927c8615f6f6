"""How well a model reads documents whose rubrics are known, and what that costs."""

from __future__ import annotations

import asyncio
import json
import statistics
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from rubric_jobs.documents import sniff
from rubric_jobs.errors import ModelRetired, NoRubricFound, ProviderRejected, RubricJobError
from rubric_jobs.llm.providers import registry
from rubric_jobs.llm.providers.registry import Providers
from rubric_jobs.management import measures
from rubric_jobs.management.measures import Count, Measures
from rubric_jobs.pipelines import extraction, two_readers
from rubric_jobs.pipelines.extraction import ExtractionRequest
from rubric_jobs.pipelines.outcome import Outcome
from rubric_jobs.reader.sandbox import Reading, Sandbox
from rubric_jobs.rubric.model import Rubric
from rubric_jobs.web.requests import PROVIDERS
from rubric_jobs.worker import runner

KINDS = (".pdf", ".docx")
BAR = 30


@dataclass(slots=True)
class _Report:
    """Sums over the documents so far. `agreed`: both readers read the same; how many of these were right."""

    measures: Measures = field(default_factory=Measures)
    agreed: Count = field(default_factory=Count)
    seconds: list[float] = field(default_factory=list)
    prompt_tokens: int = 0
    completion_tokens: int = 0
    forms: Counter[str] = field(default_factory=Counter)
    failures: Counter[str] = field(default_factory=Counter)

    @property
    def tokens(self) -> int:
        return self.prompt_tokens + self.completion_tokens


class Command(BaseCommand):
    help = "Read documents with a known rubric and say how well it went, with tokens and seconds."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--docs", type=Path, required=True, help="a folder of PDF and DOCX files")
        parser.add_argument("--truth", type=Path, required=True, help="a folder of their truths, NAME.json each")
        parser.add_argument("--provider", choices=PROVIDERS, required=True)
        parser.add_argument("--model", default=None, help="the configured one, unless given")
        parser.add_argument("--max-tokens", type=int, default=None, help="no document is begun beyond these")

    def handle(self, *args: Any, **options: Any) -> None:
        pairs = list(_pairs(options["docs"], options["truth"]))
        if not pairs:
            raise CommandError(f"No truth in {options['truth']} belongs to a PDF or DOCX in {options['docs']}.")
        report = asyncio.run(self._evaluate(pairs, options["provider"], options["model"], options["max_tokens"]))
        self.stderr.write("")
        for line in _said(report, len(pairs)):
            self.stdout.write(line)

    async def _evaluate(
        self, pairs: list[tuple[Path, Path]], provider: str, model: str | None, most: int | None
    ) -> _Report:
        report = _Report()
        sandbox, providers = Sandbox(), registry.build(runner.provider_settings())
        try:
            for number, (document, truth) in enumerate(pairs):
                self._show(number, len(pairs), report)
                if most is not None and report.tokens >= most:
                    self.stderr.write(f"\n{len(pairs) - number} documents were left out: --max-tokens is reached.")
                    break
                await _add(report, document, json.loads(truth.read_text()), sandbox, providers, provider, model)
            else:
                self._show(len(pairs), len(pairs), report)
        finally:
            await sandbox.close()
            await providers.aclose()
        return report

    def _show(self, done: int, of: int, report: _Report) -> None:
        bar = "#" * (BAR * done // of)
        self.stderr.write(f"\r[{bar:{BAR}}] {done}/{of}, {report.tokens} tokens", ending="")
        self.stderr.flush()


def _pairs(docs: Path, truths: Path) -> Iterator[tuple[Path, Path]]:
    for truth in sorted(truths.glob("*.json")):
        found = [docs / f"{truth.stem}{kind}" for kind in KINDS if (docs / f"{truth.stem}{kind}").exists()]
        if found:
            yield found[0], truth


async def _add(
    report: _Report,
    document: Path,
    truth: measures.Truth,
    sandbox: Sandbox,
    providers: Providers,
    provider: str,
    model: str | None,
) -> None:
    readings: list[Reading] = []

    async def read(data: bytes, file_type: str) -> Reading:
        readings.append(await sandbox.read(data, file_type))
        return readings[-1]

    data = document.read_bytes()
    request = ExtractionRequest(
        data=data, file_type=sniff(data), provider=provider, models={provider: model} if model else {}
    )
    began = time.monotonic()
    done: Outcome | None = None
    is_failed = False
    try:
        done = await extraction.extract(
            request, read=read, providers=providers, policy=runner.policy(), on_reply=lambda reply: _pay(report, reply)
        )
    except (ProviderRejected, ModelRetired) as error:  # so would all others
        raise CommandError(str(error)) from None
    except NoRubricFound:
        report.forms["none found"] += 1
    except RubricJobError as error:
        report.failures[error.code] += 1
        is_failed = True
    report.seconds.append(time.monotonic() - began)
    told = measures.of(truth, None if done is None else done.rubric.as_json())
    if is_failed and truth["kind"] == "none":
        told = Measures(negatives=Count(0, 1))  # a fault is no answer
    report.measures += told
    if done is not None:
        report.forms[done.answer_form or "local"] += 1
        local = readings[0].local
        if isinstance(local, Rubric) and two_readers.is_same(done.rubric, local):
            report.agreed += Count(int(told.is_right), 1)


def _pay(report: _Report, reply: Any) -> None:
    report.prompt_tokens += reply.prompt_tokens
    report.completion_tokens += reply.completion_tokens


def _said(report: _Report, of: int) -> Iterator[str]:
    yield str(report.measures)
    counted = ", ".join(f"{name} {count}" for name, count in sorted(report.forms.items()))
    yield f"answers: {counted or 'none'}"
    if report.failures:
        yield "failed: " + ", ".join(f"{code} {count}" for code, count in sorted(report.failures.items()))
    yield f"same as the local reader, and right: {report.agreed.share}"
    if report.seconds:
        seconds = sorted(report.seconds)
        p95 = seconds[min(len(seconds) - 1, round(0.95 * (len(seconds) - 1)))]
        yield (
            f"{len(seconds)} of {of} documents · {report.prompt_tokens} + {report.completion_tokens} tokens · "
            f"median {statistics.median(seconds):.1f} s, p95 {p95:.1f} s a document"
        )
