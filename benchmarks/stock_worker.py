"""Stock django-q2's worker."""

import django

django.setup()

from django.core.management import call_command
from django_q.management.commands.qcluster import Command

if __name__ == "__main__":
    call_command(Command(), skip_checks=True)
