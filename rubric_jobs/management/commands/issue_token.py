"""Print a bearer token for local use and, if wanted, the id of a sample job of its holder."""

from __future__ import annotations

import json
import uuid
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from rubric_jobs import conf
from rubric_jobs.documents import sniff
from rubric_jobs.models import Kind
from rubric_jobs.web import auth, submission
from rubric_jobs.web.auth import Identity


class Command(BaseCommand):
    help = "Print a bearer token (HS256, signed with JWT_SIGNING_KEY) for a tenant's user."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--tenant", type=uuid.UUID, metavar="UUID", help="a new one unless given")
        parser.add_argument("--user", type=uuid.UUID, metavar="UUID", help="a new one unless given")
        parser.add_argument("--sample-job", action="store_true", help="print JSON: the token, and a sample job's id")
        parser.add_argument("--minutes", type=int, default=60, help="how long it is valid (default: %(default)s)")

    def handle(self, *args: Any, **options: Any) -> None:
        if conf.jwt().jwks_url:
            raise CommandError("Tokens are verified with JWT_JWKS_URL; only the holder of its private key issues them.")
        if not conf.jwt().signing_key:
            raise CommandError("No JWT_SIGNING_KEY is set, so a token could not be verified.")
        if options["minutes"] < 1:
            raise CommandError("A token is valid for one minute at least.")
        identity = Identity(tenant_id=options["tenant"] or uuid.uuid4(), user_id=options["user"] or uuid.uuid4())
        token = auth.issue(tenant_id=identity.tenant_id, user_id=identity.user_id, minutes=options["minutes"])
        if options["sample_job"]:
            self.stdout.write(json.dumps({"token": token, "jobId": str(_submit_sample(identity))}))
        else:
            self.stdout.write(token)


def _submit_sample(identity: Identity) -> uuid.UUID:
    """Submit the sample document without a model: a front end's tests get a real rubric and need no key."""
    sample = conf.samples() / "essay-rubric.pdf"
    data = sample.read_bytes()
    job = {
        "kind": Kind.EXTRACT,
        "file_name": sample.name,
        "file_type": sniff(data),
        "data": data,
        "parameters": {"total_points": None, "instruction": "", "provider": "local", "models": {}},
    }
    return submission.submit(identity, route="sample", headers={}, job=job)
