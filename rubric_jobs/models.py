"""The rows: the production table and what stands beside it. The tables themselves are SQL under `migrations/`."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.db.models.functions import Now


class Status(models.TextChoices):
    PENDING = "pending"
    PROCESSING = "processing"
    COMPLETED = "completed"
    FAILED = "failed"


class Kind(models.TextChoices):
    EXTRACT = "extract"
    ENHANCE = "enhance"


class RubricJobQuerySet(models.QuerySet["RubricJob"]):
    def visible_to(self, *, tenant_id: uuid.UUID, user_id: uuid.UUID) -> RubricJobQuerySet:
        """The jobs of this user in this tenant: every read for a caller goes through here."""
        return self.filter(tenant_id=tenant_id, user_id=user_id, kind__isnull=False)


class RubricJob(models.Model):
    """One extraction or enhancement. `kind` is null for rows that other programs wrote before this service."""

    job_id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    tenant_id = models.UUIDField()
    user_id = models.UUIDField()
    file_name = models.TextField()
    file_type = models.TextField()
    file_size_kb = models.IntegerField(null=True)
    status = models.TextField(choices=Status.choices)
    result = models.JSONField(null=True)
    error_message = models.TextField(null=True)
    performance_metrics = models.JSONField(null=True)
    created_at = models.DateTimeField(db_default=Now())
    updated_at = models.DateTimeField(db_default=Now())
    completed_at = models.DateTimeField(null=True)

    kind = models.TextField(choices=Kind.choices, null=True)
    error_code = models.TextField(null=True)
    retryable = models.BooleanField(null=True)
    progress = models.JSONField(null=True)
    deadline_at = models.DateTimeField(null=True)
    queued_at = models.DateTimeField(null=True)
    queue_tag = models.BigIntegerField(null=True)
    run_after = models.DateTimeField(null=True)
    attempt = models.IntegerField(db_default=0)
    crashes = models.IntegerField(db_default=0)
    claim_token = models.BigIntegerField(null=True)
    claimed_at = models.DateTimeField(null=True)
    lease_expires_at = models.DateTimeField(null=True)

    objects = RubricJobQuerySet.as_manager()

    class Meta:
        db_table = '"grader"."rubric_extraction_jobs"'

    def __str__(self) -> str:
        return f"{self.kind or 'adopted'} {self.job_id} ({self.status})"


class RubricJobInput(models.Model):
    """The uploaded bytes (null for an enhancement) and the caller's parameters."""

    job = models.OneToOneField(RubricJob, models.CASCADE, primary_key=True, related_name="input")
    parameters = models.JSONField()
    data = models.BinaryField(null=True)

    class Meta:
        db_table = '"grader"."rubric_job_inputs"'

    def __str__(self) -> str:
        return f"input of {self.job_id}"


class RubricJobReply(models.Model):
    """What a provider answered, word for word, until the job has its result."""

    job = models.OneToOneField(RubricJob, models.CASCADE, primary_key=True, related_name="reply")
    reply = models.JSONField()

    class Meta:
        db_table = '"grader"."rubric_job_replies"'

    def __str__(self) -> str:
        return f"reply for {self.job_id}"


class RubricJobAttempt(models.Model):
    """One line of the ledger: who ran what, for how long, at what cost, with what end. Never content."""

    class Outcome(models.TextChoices):
        COMPLETED = "completed"
        FAILED = "failed"
        RETRIED = "retried"
        RELEASED = "released"
        LOST = "lost"
        CANCELLED = "cancelled"

    attempt_id = models.BigAutoField(primary_key=True)
    job_id = models.UUIDField()
    tenant_id = models.UUIDField()
    user_id = models.UUIDField()
    kind = models.TextField(choices=Kind.choices)
    worker = models.TextField()
    started_at = models.DateTimeField(db_default=Now())
    ended_at = models.DateTimeField(null=True)
    queue_ms = models.IntegerField(null=True)
    run_ms = models.IntegerField(null=True)
    outcome = models.TextField(choices=Outcome.choices, null=True)
    error_code = models.TextField(null=True)
    llm_provider = models.TextField(null=True)
    llm_model = models.TextField(null=True)
    prompt_tokens = models.IntegerField(null=True)
    completion_tokens = models.IntegerField(null=True)

    class Meta:
        db_table = '"grader"."rubric_job_attempts"'

    def __str__(self) -> str:
        return f"attempt {self.attempt_id} of {self.job_id}"


class Membership(models.Model):
    """The tenant and user that a Django account stands for."""

    account = models.OneToOneField(settings.AUTH_USER_MODEL, models.CASCADE, related_name="membership")
    tenant_id = models.UUIDField()
    user_id = models.UUIDField()

    class Meta:
        db_table = '"grader"."memberships"'

    def __str__(self) -> str:
        return f"account {self.account_id}"
