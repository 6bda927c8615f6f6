"""Pictures of the pages with a job's rubric: written once by its worker, read by its owner, deleted with the job."""

from __future__ import annotations

import uuid
from collections.abc import Mapping

from django.db import connection

from rubric_jobs.jobs.claims import Claim

_KEEP = """
INSERT INTO grader.rubric_job_pictures (job_id, page, png)
SELECT job_id, %(page)s, %(png)s FROM grader.rubric_extraction_jobs
WHERE job_id = %(job_id)s AND claim_token = %(token)s AND status = 'processing'
ON CONFLICT (job_id, page) DO UPDATE SET png = excluded.png"""


def keep(claim: Claim, pictures: Mapping[int, bytes]) -> None:
    """Store the pictures (PNG by page, from 1) of a job that is still this worker's."""
    with connection.cursor() as cursor:
        for page, png_bytes in pictures.items():
            cursor.execute(_KEEP, {"page": page, "png": png_bytes, "job_id": claim.job_id, "token": claim.token})


def png(*, job_id: uuid.UUID, page: int) -> bytes | None:
    """A page's picture. The caller must have checked whose job it is."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT png FROM grader.rubric_job_pictures WHERE job_id = %s AND page = %s", [job_id, page])
        row = cursor.fetchone()
    return bytes(row[0]) if row else None
