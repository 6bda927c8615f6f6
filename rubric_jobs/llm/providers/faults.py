"""Failures of a vendor's service, each in one sentence that names the setting to check.

No sentence repeats the vendor's message, which may quote documents, prompts and parts of keys.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from email.utils import parsedate_to_datetime

from rubric_jobs import errors

HTTP_TIMEOUT = 408
HTTP_TOO_LARGE = 413
HTTP_TOO_MANY = 429
LONGEST_WAIT_S = 600.0
"""The longest wait that a service can ask for, so that a wrong header does not shut it off."""


@dataclass(frozen=True, slots=True)
class Vendor:
    """A service and the settings that an operator has for it."""

    title: str
    key_setting: str
    url_setting: str
    model_setting: str

    def missing_key(self) -> errors.ProviderRejected:
        return errors.ProviderRejected(f"{self.title} has no key here; set {self.key_setting} to use it.")

    def wrong_key(self) -> errors.ProviderRejected:
        return errors.ProviderRejected(f"{self.title} did not accept the key; check {self.key_setting}.")

    def quota_used_up(self) -> errors.ProviderRejected:
        return errors.ProviderRejected(
            f"The quota of the {self.title} account is used up; check its billing or {self.key_setting}."
        )

    def unknown_model(self, model: str) -> errors.ModelRetired:
        return errors.ModelRetired(
            f"{self.title} does not offer the model “{model}” any more; set {self.model_setting} to a current one."
        )

    def refused_request(self, status: int) -> errors.ProviderRejected:
        return errors.ProviderRejected(
            f"{self.title} refused the request (HTTP {status}); check {self.model_setting} and {self.url_setting}."
        )

    def too_large(self) -> errors.ProviderRejected:
        return errors.ProviderRejected(f"The document is larger than {self.title} accepts; please send fewer pages.")

    def busy(self, retry_after_s: float | None) -> errors.ProviderBusy:
        return errors.ProviderBusy(
            f"{self.title} has too many requests from this account at the moment.", retry_after_s=retry_after_s
        )

    def down(self, status: int, retry_after_s: float | None) -> errors.ProviderUnavailable:
        return errors.ProviderUnavailable(
            f"{self.title} is not available at the moment (HTTP {status}).", retry_after_s=retry_after_s
        )

    def connection_lost(self) -> errors.ProviderUnavailable:
        return errors.ProviderUnavailable(
            f"The connection to {self.title} failed; if this continues, check the network and {self.url_setting}."
        )

    def bad_url(self) -> errors.ProviderRejected:
        return errors.ProviderRejected(f"The address of {self.title} cannot be used; check {self.url_setting}.")

    def not_its_protocol(self) -> errors.ProviderUnavailable:
        return errors.ProviderUnavailable(
            f"{self.title} sent an answer that could not be read; if this continues, check {self.url_setting}."
        )

    def timeout(self, timeout_s: float) -> errors.ProviderTimeout:
        return errors.ProviderTimeout(
            f"{self.title} did not answer within {timeout_s:.0f} s; LLM_TIMEOUT_SECONDS gives it more time."
        )

    def truncated(self, model: str) -> errors.AnswerTruncated:
        return errors.AnswerTruncated(
            f"The answer of {self.title} was cut off before its end; a model with a longer output than “{model}” "
            f"({self.model_setting}) or a shorter document helps."
        )

    def refused(self) -> errors.AnswerRefused:
        return errors.AnswerRefused(f"{self.title} refused to answer for this document.")

    def empty(self) -> errors.AnswerInvalid:
        return errors.AnswerInvalid(f"{self.title} gave an empty answer.")

    def of_status(self, status: int, *, model: str, retry_after_s: float | None = None) -> errors.ProviderError:
        """The error for an HTTP status other than success."""
        if status in {401, 403}:
            return self.wrong_key()
        if status == 404:
            return self.unknown_model(model)
        if status == HTTP_TIMEOUT or status >= 500:
            return self.down(status, retry_after_s)
        if status == HTTP_TOO_MANY:
            return self.busy(retry_after_s)
        if status == HTTP_TOO_LARGE:
            return self.too_large()
        return self.refused_request(status)


@contextmanager
def paid(prompt_tokens: int, completion_tokens: int) -> Iterator[None]:
    """An unusable answer was paid for too: its error carries the tokens."""
    try:
        yield
    except errors.ProviderError as fault:
        fault.prompt_tokens, fault.completion_tokens = prompt_tokens, completion_tokens
        raise


def retry_after_s(headers: Mapping[str, str]) -> float | None:
    """Seconds to wait by the headers, bounded: `retry-after-ms`, or `Retry-After` in seconds or as a date."""
    milliseconds = _number(headers.get("retry-after-ms"))
    if milliseconds is not None:
        return min(milliseconds / 1000, LONGEST_WAIT_S)
    value = headers.get("retry-after")
    seconds = _number(value)
    if seconds is None and value is not None:
        seconds = _seconds_until(value, now=headers.get("date"))
    return None if seconds is None else min(seconds, LONGEST_WAIT_S)


def _seconds_until(date: str, *, now: str | None) -> float | None:
    """By the sender's clock if its Date header is there, because ours may be wrong."""
    try:
        then = parsedate_to_datetime(date).timestamp()
        return max(0.0, then - (parsedate_to_datetime(now).timestamp() if now else time.time()))
    except ValueError:
        return None


def seconds_of_duration(text: object) -> float | None:
    """Seconds of a protobuf duration such as "17s" or "0.5s", bounded."""
    seconds = _number(text[:-1]) if isinstance(text, str) and text.endswith("s") else None
    return None if seconds is None else min(seconds, LONGEST_WAIT_S)


def _number(text: str | None) -> float | None:
    try:
        value = float(text) if text else None
    except ValueError:
        return None
    return value if value is not None and 0 <= value < float("inf") else None
