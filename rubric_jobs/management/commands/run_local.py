"""Serve the page and the API with a worker on this machine until Ctrl-C."""

from __future__ import annotations

import signal
import time
import uuid
from typing import Any

from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser

from grader.local_service import LocalService, LocalServiceError
from rubric_jobs.management.commands import create_local_user


class Command(BaseCommand):
    help = "Start database, web server and worker; stop them on Ctrl-C."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--port", type=int, default=8000)

    def handle(self, *args: Any, **options: Any) -> None:
        signal.signal(signal.SIGTERM, signal.default_int_handler)
        try:
            with LocalService(port=options["port"]) as service:
                self._greet(service)
                while True:
                    service.ensure_alive()
                    time.sleep(0.5)
        except LocalServiceError as error:
            raise CommandError(str(error)) from None
        except KeyboardInterrupt:
            self.stdout.write("Stopped.")

    def _greet(self, service: LocalService) -> None:
        ids = f"--tenant {uuid.uuid4()} --user {uuid.uuid4()}"
        self.stdout.write(f"Serving {service.address} (logs: {service.logs}). Ctrl-C stops it.")
        self._show_the_way_in()
        self.stdout.write(f"A token for the API:     .venv/bin/python manage.py issue_token {ids}")
        self.stdout.write(f"An account for {service.address}/admin/:  .venv/bin/python manage.py createsuperuser")

    def _show_the_way_in(self) -> None:
        again = f".venv/bin/python manage.py create_local_user --username {create_local_user.NAME} --new-password"
        if get_user_model().objects.exists():
            self.stdout.write(f"Sign in with an account of yours. A forgotten password:  {again}")
            return
        self.stdout.write("Sign in with this account, made for you just now:")
        call_command("create_local_user", stdout=self.stdout)
