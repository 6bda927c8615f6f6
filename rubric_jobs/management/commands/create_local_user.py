"""Create an account for the page, with a password, for a tenant's user."""

from __future__ import annotations

import secrets
import uuid
from typing import Any

from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction

from rubric_jobs.models import Membership

NAME = "teacher"


class Command(BaseCommand):
    help = "Make an account that can sign in to the page, and print its password once."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--username", default=NAME, help="default: %(default)s")
        parser.add_argument("--tenant", type=uuid.UUID, metavar="UUID", help="default: a new tenant")
        parser.add_argument("--user", type=uuid.UUID, metavar="UUID", help="default: a new user")
        parser.add_argument("--new-password", action="store_true", help="of an account that is there already")

    def handle(self, *args: Any, **options: Any) -> None:
        accounts = get_user_model().objects
        name, password = options["username"], secrets.token_urlsafe(9)
        with transaction.atomic():
            account = accounts.filter(username=name).first()
            if account is None:
                account = accounts.create_user(name, password=password)
            elif options["new_password"]:
                account.set_password(password)
                account.save()
            else:
                raise CommandError(f"There is an account “{name}” already; --new-password gives it a new password.")
            ids = {"tenant_id": options["tenant"] or uuid.uuid4(), "user_id": options["user"] or uuid.uuid4()}
            Membership.objects.get_or_create(account=account, defaults=ids)
        self.stdout.write(f"User name: {name}\nPassword:  {password}")
