"""Fill the database with a made-up day of jobs, to look at the operators' pages."""

from __future__ import annotations

import uuid
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import connection

from rubric_jobs import conf

TENANTS = {
    uuid.UUID("0b6f7f3e-2f0c-4c39-9f0b-6c8f9f2d1a11"): "North School",
    uuid.UUID("5e0c1c55-5a3b-4a8e-8d5c-7d2f5d9b3c22"): "Harbour College",
    uuid.UUID("a4d0e1f7-8b7e-4f7a-b1de-2c9f1f6e4d33"): "Lakeside University",
}

# Every number follows from the line's own, so that the pictures of two days look the same.
_FACTS = """
SELECT n, (%(tenants)s::uuid[])[1 + n %% 3] AS tenant_id, md5('user ' || n %% 17)::uuid AS user_id,
  md5('demo job ' || n)::uuid AS job_id,
  now() - (n * n / 300.0 + n * 1.5) * interval '1 second' AS ended_at,
  200 + n * 7919 %% 900 AS queue_ms, 300 + n * 104729 %% 9000 AS run_ms,
  CASE WHEN n %% 4 = 0 THEN 'gemini' ELSE 'local' END AS provider,
  CASE WHEN n %% 41 = 0 THEN 'cancelled' WHEN n %% 11 = 3 THEN 'failed' ELSE 'completed' END AS outcome,
  (ARRAY['no_rubric_found', 'scanned_document', 'provider_timeout', 'no_rubric_found', 'encrypted_document',
         'answer_invalid', 'timed_out'])[1 + n %% 7] AS reason,
  (ARRAY['essay rubric.pdf', 'lab report.docx', 'speech.pdf', 'portfolio.docx', 'peer review.pdf'])[1 + n %% 5] AS file
FROM generate_series(1, %(jobs)s) AS n"""

_ATTEMPTS = f"""
INSERT INTO grader.rubric_job_attempts
  (job_id, tenant_id, user_id, kind, worker, started_at, ended_at, queue_ms, run_ms, outcome, error_code,
   llm_provider, llm_model, prompt_tokens, completion_tokens)
SELECT job_id, tenant_id, user_id, 'extract', 'demo:1', ended_at - run_ms * interval '1 millisecond', ended_at,
  queue_ms, run_ms, outcome, CASE outcome WHEN 'failed' THEN reason WHEN 'cancelled' THEN 'cancelled' END,
  provider, CASE provider WHEN 'gemini' THEN 'gemini-3.5-flash' END,
  CASE provider WHEN 'gemini' THEN 2000 + n * 31 %% 900 END, CASE provider WHEN 'gemini' THEN 900 + n * 17 %% 500 END
FROM ({_FACTS}) AS facts"""  # noqa: S608 - constants

_JOBS = f"""
INSERT INTO grader.rubric_extraction_jobs
  (job_id, tenant_id, user_id, file_name, file_type, file_size_kb, status, kind, error_code, error_message, retryable,
   attempt, performance_metrics, created_at, updated_at, completed_at)
SELECT job_id, tenant_id, user_id, file, 'application/pdf', 40 + n, CASE outcome WHEN 'completed' THEN 'completed'
    ELSE 'failed' END, 'extract', CASE outcome WHEN 'failed' THEN reason WHEN 'cancelled' THEN 'cancelled' END,
  CASE outcome WHEN 'completed' THEN NULL ELSE 'Made up for the demo.' END, false, 1,
  jsonb_build_object('llm_provider', provider, 'duration_ms', run_ms),
  ended_at - (run_ms + queue_ms) * interval '1 millisecond', ended_at, ended_at
FROM ({_FACTS}) AS facts WHERE ended_at > now() - interval '50 minutes'"""  # noqa: S608 - constants


class Command(BaseCommand):
    help = (
        "Add a made-up day of jobs and three tenants. Only in debug mode: made-up figures must not reach an operator."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        if not conf.is_debug():
            raise CommandError("DJANGO_DEBUG is off: this may be a real installation, whose figures stay as they are.")
        values: dict[str, Any] = {"tenants": list(TENANTS), "jobs": 5000}
        with connection.cursor() as cursor:
            cursor.execute(_ATTEMPTS, values)
            cursor.execute(f"{_JOBS} ON CONFLICT DO NOTHING", values)
            cursor.executemany(
                """INSERT INTO grader.rubric_tenant_controls (tenant_id, name) VALUES (%s, %s)
                   ON CONFLICT (tenant_id) DO UPDATE SET name = excluded.name""",
                list(TENANTS.items()),
            )
        self.stdout.write("Added a made-up day of 5,000 jobs. `make run` shows it at http://127.0.0.1:8000/admin/.")
