"""Print the rubric of a document, without a job or a database."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from rubric_jobs.documents import sniff
from rubric_jobs.errors import DocumentTooLarge, RubricJobError
from rubric_jobs.llm.providers import registry
from rubric_jobs.pipelines import extraction
from rubric_jobs.pipelines.extraction import ExtractionRequest
from rubric_jobs.pipelines.outcome import Outcome
from rubric_jobs.reader.sandbox import LARGEST_INPUT, Sandbox
from rubric_jobs.rubric import exports
from rubric_jobs.web.requests import PROVIDERS
from rubric_jobs.worker import runner


class Command(BaseCommand):
    help = "Print the rubric of a PDF or DOCX file."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--provider", choices=PROVIDERS, default=None)
        parser.add_argument("--format", choices=list(exports.FORMATS), default="text")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            extracted = asyncio.run(_extract(options["file"], options["provider"]))
        except OSError as error:
            self._refuse(f"{options['file']}: {error.strerror}")
        except RubricJobError as error:
            self._refuse(str(error))
        else:
            exported = exports.FORMATS[options["format"]].export(extracted.rubric)
            self.stdout.write(exported.content, ending="" if exported.content.endswith("\n") else "\n")
            for loss in exported.losses:
                self.stderr.write(loss)

    def _refuse(self, sentence: str) -> None:
        self.stderr.write(sentence)
        raise SystemExit(1)


async def _extract(file: Path, provider: str | None) -> Outcome:
    if file.stat().st_size > LARGEST_INPUT:
        raise DocumentTooLarge
    data = file.read_bytes()
    request = ExtractionRequest(data=data, file_type=sniff(data), provider=provider)
    sandbox, providers = Sandbox(), registry.build(runner.provider_settings())
    try:
        return await extraction.extract(request, read=sandbox.read, providers=providers, policy=runner.policy())
    finally:
        await sandbox.close()
        await providers.aclose()
