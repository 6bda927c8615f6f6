"""Every failure a user can meet, as a tree.

    RubricJobError
    ├── DocumentError                problems with the uploaded document
    │   ├── UnsupportedType          unsupported_type
    │   ├── DocumentTooLarge         document_too_large
    │   ├── EmptyDocument            empty_document
    │   ├── UnreadableDocument       unreadable_document
    │   ├── EncryptedDocument        encrypted_document
    │   ├── ScannedDocument          scanned_document
    │   └── NoRubricFound            no_rubric_found
    ├── ProviderError                problems with a language model's service
    │   ├── ProviderUnavailable      provider_unavailable    transient
    │   │   ├── ProviderBusy         (the same code)         transient, costs no attempt
    │   │   └── CircuitOpen          (the same code)         transient, costs no attempt
    │   │       └── CallLimitReached (the same code)         transient, costs no attempt
    │   ├── ProviderTimeout          provider_timeout        transient
    │   ├── ProviderRejected         provider_rejected
    │   ├── ModelRetired             model_retired
    │   ├── AnswerTruncated          answer_truncated
    │   ├── AnswerRefused            answer_refused
    │   └── AnswerInvalid            answer_invalid
    ├── NeedsModel                   needs_model
    ├── InvalidPoints                invalid_points
    ├── NotExportable                not_exportable
    │   └── LevelPointsNeeded        level_points_needed
    ├── Cancelled                    cancelled
    ├── TimedOut                     timed_out
    ├── CrashedWorker                crashed_worker
    └── InternalError                internal_error

`str(error)` is one sentence in the user's words; it never contains document text, a key or SQL.
"""

from __future__ import annotations


class RubricJobError(Exception):
    """The job could not be done."""

    code = "internal_error"
    retryable = False
    """Whether the job may succeed when the user sends it again."""
    transient = False
    """Whether the service tries again by itself."""
    lies_with_submission = False
    """Whether only another submission can fix it; such failures say nothing about the service's health."""
    charged = True
    """Whether the failure counts as one of the job's attempts."""
    llm_provider: str | None = None
    llm_model: str | None = None
    """The provider and model that failed, where one was asked."""
    awaited_provider: str | None = None
    """The provider whose next free call the job waits for."""

    def __init__(self, message: str | None = None, *, retry_after_s: float | None = None) -> None:
        super().__init__(message or (self.__class__.__doc__ or "").split("\n")[0])
        self.retry_after_s = retry_after_s


class DocumentError(RubricJobError):
    """The document could not be used."""

    lies_with_submission = True


class UnsupportedType(DocumentError):
    """Only PDF, DOCX, PNG, JPEG and WebP files can be read."""

    code = "unsupported_type"


class DocumentTooLarge(DocumentError):
    """The document is larger than this service accepts."""

    code = "document_too_large"


class EmptyDocument(DocumentError):
    """The file is empty."""

    code = "empty_document"


class UnreadableDocument(DocumentError):
    """The file is damaged and could not be read; please save it again and upload the new copy."""

    code = "unreadable_document"


class EncryptedDocument(DocumentError):
    """The document is protected by a password; please upload a copy without one."""

    code = "encrypted_document"


class ScannedDocument(DocumentError):
    """The document has scanned pages and no text; reading it needs text recognition or a language model."""

    code = "scanned_document"


class NoRubricFound(DocumentError):
    """No rubric was found in the document."""

    code = "no_rubric_found"


class ProviderError(RubricJobError):
    """The language model could not be used."""

    retryable = True
    prompt_tokens = 0
    completion_tokens = 0
    """The cost of an answer that cannot be used: cut off, refused or empty."""


class ProviderUnavailable(ProviderError):
    """The language model's service is not available at the moment."""

    code = "provider_unavailable"
    transient = True


class ProviderBusy(ProviderUnavailable):
    """The language model's service has too many requests at the moment."""

    charged = False


class CircuitOpen(ProviderUnavailable):
    """The language model's service is paused for a while after repeated failures."""

    charged = False


class CallLimitReached(CircuitOpen):
    """The language model's service is at its limit of simultaneous requests."""

    def __init__(self, provider: str, *, retry_after_s: float) -> None:
        super().__init__(retry_after_s=retry_after_s)
        self.awaited_provider = provider


class ProviderTimeout(ProviderError):
    """The language model did not answer in time."""

    code = "provider_timeout"
    transient = True


class ProviderRejected(ProviderError):
    """The language model's service refused the request; please ask the operator to check its settings."""

    code = "provider_rejected"


class ModelRetired(ProviderError):
    """The language model's service no longer offers this model."""

    code = "model_retired"


class AnswerTruncated(ProviderError):
    """The language model's answer was cut off before its end."""

    code = "answer_truncated"


class AnswerRefused(ProviderError):
    """The language model refused to answer for this document."""

    code = "answer_refused"
    retryable = False


class AnswerInvalid(ProviderError):
    """The language model's answer was not a usable rubric."""

    code = "answer_invalid"


class NeedsModel(RubricJobError):
    """Writing a rubric from a few rules needs a language model; no provider is set up."""

    code = "needs_model"


class ModelsForbidden(RubricJobError):
    """This organisation's documents may not be sent to a language model at the moment."""

    code = "models_forbidden"
    retryable = True


class InvalidPoints(RubricJobError):
    """The points do not add up to a usable total."""

    code = "invalid_points"
    lies_with_submission = True


class NotExportable(RubricJobError):
    """The rubric cannot be written in this format without changing what it is worth."""

    code = "not_exportable"


class LevelPointsNeeded(NotExportable):
    """The levels have no points, which this format needs. Choose “spread” or “full_marks”."""

    code = "level_points_needed"


class Cancelled(RubricJobError):
    """The job was cancelled."""

    code = "cancelled"


class TimedOut(RubricJobError):
    """The job was not finished in time."""

    code = "timed_out"
    retryable = True


class CrashedWorker(RubricJobError):
    """The worker crashed several times while running this job."""

    code = "crashed_worker"
    retryable = True


class InternalError(RubricJobError):
    """Something went wrong inside the service; the error has been logged."""

    code = "internal_error"
    retryable = True


def by_code() -> dict[str, type[RubricJobError]]:
    """Every error that has a code of its own, keyed by it."""
    found: dict[str, type[RubricJobError]] = {}
    waiting = [RubricJobError]
    while waiting:
        kind = waiting.pop()
        waiting += kind.__subclasses__()
        if "code" in vars(kind):
            found[kind.code] = kind
    return found
