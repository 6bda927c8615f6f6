"""Print the rubric of a document, without a job or a database."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from rubric_jobs import conf
from rubric_jobs.documents import sniff
from rubric_jobs.errors import DocumentTooLarge, LevelPointsNeeded, RubricJobError
from rubric_jobs.llm.providers import registry
from rubric_jobs.pipelines import extraction
from rubric_jobs.pipelines.extraction import ExtractionRequest
from rubric_jobs.pipelines.outcome import Outcome
from rubric_jobs.reader import explain
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
        parser.add_argument(
            "--level-points",
            choices=exports.CHOICES,
            default=None,
            help="what levels without points get: evenly from full to 0, or two ratings, Full Marks and No Marks",
        )

        parser.add_argument("--explain", action="store_true", help="what else may be read, with scores, as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            if options["explain"]:
                self._write(json.dumps(asyncio.run(_explain(options["file"])), indent=1, ensure_ascii=False).encode())
                return
            extracted = asyncio.run(_extract(options["file"], options["provider"]))
            exported = exports.export(extracted.rubric, options["format"], level_points=options["level_points"])
        except LevelPointsNeeded as error:
            self._refuse(f"{error} (--level-points spread, --level-points full_marks)")
        except OSError as error:
            self._refuse(f"{options['file']}: {error.strerror}")
        except RubricJobError as error:
            self._refuse(str(error))
        else:
            self._write(exported.data)
            for loss in exported.losses:
                self.stderr.write(loss)

    def _write(self, data: bytes) -> None:
        """As bytes, which a Word document is; to a stream of text (in another program) as text."""
        stream = getattr(self.stdout, "buffer", None)
        if stream is None:
            self.stdout.write(data.decode("utf-8-sig", "replace"), ending="")
        else:
            self.stdout.flush()
            stream.write(data)
            stream.flush()

    def _refuse(self, sentence: str) -> None:
        self.stderr.write(sentence)
        raise SystemExit(1)


async def _explain(file: Path) -> dict[str, Any]:
    if file.stat().st_size > LARGEST_INPUT:
        raise DocumentTooLarge
    data, sandbox = file.read_bytes(), Sandbox(recognizes=conf.recognizes_text())
    try:
        return explain.explained((await sandbox.read(data, sniff(data))).document)
    finally:
        await sandbox.close()


async def _extract(file: Path, provider: str | None) -> Outcome:
    if file.stat().st_size > LARGEST_INPUT:
        raise DocumentTooLarge
    data = file.read_bytes()
    request = ExtractionRequest(data=data, file_type=sniff(data), provider=provider)
    sandbox, providers = Sandbox(recognizes=conf.recognizes_text()), registry.build(runner.provider_settings())
    try:
        return await extraction.extract(request, read=sandbox.read, providers=providers, policy=runner.policy())
    finally:
        await sandbox.close()
        await providers.aclose()
