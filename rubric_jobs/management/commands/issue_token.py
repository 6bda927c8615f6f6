"""Print a bearer token for local use."""

from __future__ import annotations

import uuid
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from rubric_jobs import auth


class Command(BaseCommand):
    help = "Print a bearer token (HS256, signed with JWT_SIGNING_KEY) for a tenant's user."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--tenant", required=True, type=uuid.UUID, metavar="UUID")
        parser.add_argument("--user", required=True, type=uuid.UUID, metavar="UUID")
        parser.add_argument("--minutes", type=int, default=60, help="how long it is valid (default: %(default)s)")

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.JWT_SIGNING_KEY:
            raise CommandError("Tokens are verified with JWT_JWKS_URL; only the holder of its private key issues them.")
        token = auth.issue(tenant_id=options["tenant"], user_id=options["user"], minutes=options["minutes"])
        self.stdout.write(token)
