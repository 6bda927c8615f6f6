"""The rows: the production table and its side tables. The tables themselves are SQL under `migrations/`."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models.functions import Now

from rubric_jobs import conf


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
        """This user's jobs in this tenant. Every read for a caller goes through here."""
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
    calling = models.TextField(null=True)
    input_digest = models.BinaryField(null=True)
    trace_id = models.TextField(null=True)

    objects = RubricJobQuerySet.as_manager()

    class Meta:
        db_table = '"grader"."rubric_extraction_jobs"'
        permissions = [
            ("cancel_rubricjob", "Can cancel rubric jobs"),
            ("retry_rubricjob", "Can retry rubric jobs"),
            ("purge_rubricjob", "Can purge finished rubric jobs"),
        ]

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
    """A provider's raw reply, kept until the job has its result."""

    job = models.OneToOneField(RubricJob, models.CASCADE, primary_key=True, related_name="reply")
    reply = models.JSONField()

    class Meta:
        db_table = '"grader"."rubric_job_replies"'

    def __str__(self) -> str:
        return f"reply for {self.job_id}"


class RubricJobAttempt(models.Model):
    """One line of the ledger: an attempt with its owner, times, cost and outcome. Never content."""

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
    answer_form = models.TextField(null=True)
    plans_answered = models.IntegerField(null=True)
    plans_refused = models.IntegerField(null=True)
    trace_id = models.TextField(null=True)

    class Meta:
        db_table = '"grader"."rubric_job_attempts"'

    def __str__(self) -> str:
        return f"attempt {self.attempt_id} of {self.job_id}"


class ProviderLane(models.Model):
    """The circuit breaker of a provider's model that failed: failures in a row, and until when it is open."""

    pk = models.CompositePrimaryKey("provider", "model")
    provider = models.TextField()
    model = models.TextField()
    failures = models.IntegerField(db_default=0)
    paused_until = models.DateTimeField(null=True)
    probe_until = models.DateTimeField(null=True)
    probe_token = models.BigIntegerField(null=True)

    class Meta:
        db_table = '"grader"."provider_lanes"'

    def __str__(self) -> str:
        return f"{self.provider} {self.model}"


class Membership(models.Model):
    """The tenant and user that a Django account stands for."""

    account = models.OneToOneField(conf.ACCOUNT_MODEL, models.CASCADE, related_name="membership")
    tenant_id = models.UUIDField()
    user_id = models.UUIDField()

    class Meta:
        db_table = '"grader"."memberships"'

    def __str__(self) -> str:
        return f"account {self.account_id}"


class FleetControl(models.Model):
    """The control over all workers; without a row, nothing is paused."""

    id = models.SmallIntegerField(primary_key=True, default=1)
    is_claiming_paused = models.BooleanField(db_default=False)
    reason = models.TextField(db_default="", blank=True)
    changed_by = models.TextField(db_default="", blank=True)
    changed_at = models.DateTimeField(db_default=Now())

    class Meta:
        db_table = '"grader"."rubric_fleet_controls"'

    def __str__(self) -> str:
        return "claiming is paused" if self.is_claiming_paused else "claiming goes on"


class TenantControl(models.Model):
    """The controls over one tenant; without a row, nothing is limited."""

    tenant_id = models.UUIDField(primary_key=True)
    name = models.TextField(db_default="", blank=True, help_text="How operators' pages call this tenant.")
    is_local_only = models.BooleanField(
        "local only", db_default=False, help_text="Documents never leave for a model's service."
    )
    daily_token_cap = models.BigIntegerField(
        null=True,
        blank=True,
        help_text="Tokens per UTC day; once they are spent, the tenant is local only until midnight.",
    )
    note = models.TextField(db_default="", blank=True)

    class Meta:
        db_table = '"grader"."rubric_tenant_controls"'

    def __str__(self) -> str:
        # A row that is not saved yet holds the database's default in place of its name.
        return self.name if isinstance(self.name, str) and self.name else f"tenant {self.tenant_id}"
