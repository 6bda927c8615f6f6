"""Send a sample document through the HTTP API of a service that runs only for this."""

from __future__ import annotations

import base64
import json
import secrets
import sys
import time
import urllib.error
import urllib.request
import uuid
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from grader.local_service import LocalService, LocalServiceError
from rubric_jobs import conf
from rubric_jobs.documents import sniff
from rubric_jobs.errors import RubricJobError
from rubric_jobs.web import auth

POLL_S = 0.1
PATIENCE_S = 300.0


class Command(BaseCommand):
    help = "Send a document (a sample, if none is named) through the API and print its rubric."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, nargs="?", default=conf.samples() / "essay-rubric.pdf")
        parser.add_argument("--provider", default="local", help="local (the default), auto, gemini or openai")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            self._say("Starting database, web server and worker …")
            # A service of its own with a key of its own: nobody's identity provider has to sign a token for it.
            key = secrets.token_urlsafe(48)
            with LocalService(environ={"JWT_SIGNING_KEY": key, "JWT_JWKS_URL": ""}) as service:
                token = auth.issue(tenant_id=uuid.uuid4(), user_id=uuid.uuid4(), minutes=10, key=key)
                status = self._extract(service, token, options["file"], options["provider"])
        except (LocalServiceError, RubricJobError, OSError) as error:
            raise CommandError(str(error)) from None
        if status["status"] != "completed":
            raise CommandError(f"{status['error']} ({status['errorCode']})")
        self._print(status)

    def _extract(self, service: LocalService, token: str, file: Path, provider: str) -> dict[str, Any]:
        data = file.read_bytes()
        body = {
            "file": base64.b64encode(data).decode(),
            "fileName": file.name,
            "fileType": sniff(data),
            "llmProvider": provider,
        }
        began = time.monotonic()
        accepted = _call(f"{service.address}/api/extract-rubric-trigger", token, body)
        self._say(f"{file.name}: the trigger answered in {(time.monotonic() - began) * 1000:.0f} ms")
        if "jobId" not in accepted:
            return accepted
        while (waited := time.monotonic() - began) < PATIENCE_S:
            service.ensure_alive()
            status = _call(f"{service.address}/api/extract-rubric-status?jobId={accepted['jobId']}", token)
            self._show_progress(f"{status['status']} · {waited:.1f} s")
            if status["status"] in {"completed", "failed"}:
                break
            time.sleep(POLL_S)
        self._show_progress(None)
        return status

    def _print(self, status: dict[str, Any]) -> None:
        self.stdout.write("\n" + status["result"]["rubricText"])
        self.stdout.write("\nPerformance")
        for name, value in sorted(status["performance"].items()):
            self.stdout.write(f"  {name:22} {value}")

    def _say(self, line: str) -> None:
        self.stderr.write(line)

    def _show_progress(self, line: str | None) -> None:
        if sys.stderr.isatty():
            sys.stderr.write("\r\x1b[K" + (line or ""))
            sys.stderr.flush()


def _call(url: str, token: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data=data, headers=headers)  # noqa: S310 - our own address
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310
            told: dict[str, Any] = json.load(answer)
    except urllib.error.HTTPError as refusal:
        told = json.load(refusal)
    return told
