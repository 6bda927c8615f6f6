"""What both Gemini SDKs share: the schema format, how an answer ends, error bodies."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from rubric_jobs.errors import AnswerInvalid, ProviderError
from rubric_jobs.llm.providers.faults import Vendor, seconds_of_duration

VENDOR = Vendor(
    title="Gemini", key_setting="GEMINI_API_KEY", url_setting="GEMINI_BASE_URL", model_setting="GEMINI_MODEL"
)

_REFUSALS = frozenset({"SAFETY", "RECITATION", "BLOCKLIST", "PROHIBITED_CONTENT", "SPII", "LANGUAGE", "MODEL_ARMOR"})


_VERSIONED = re.compile(r"(.*)/(v1(?:alpha|beta)?)/?")


def split_version(base_url: str) -> tuple[str, str | None]:
    """Address and version of a base URL such as `https://host/v1beta`; None without a version."""
    match = _VERSIONED.fullmatch(base_url)
    return (match[1], match[2]) if match else (base_url, None)


def plain_schema(schema: Mapping[str, Any]) -> dict[str, Any]:
    """A JSON schema in the subset of OpenAPI that every Gemini model accepts: `nullable` instead of unions.

    The order of properties is given, because Gemini otherwise writes them alphabetically.
    """
    branches = [branch for branch in schema.get("anyOf", ()) if branch.get("type") != "null"]
    if branches:
        return plain_schema(branches[0]) | {"nullable": True}
    plain: dict[str, Any] = {"type": str(schema["type"]).upper()}
    if "enum" in schema:
        plain["enum"] = list(schema["enum"])
    if "description" in schema:
        plain["description"] = schema["description"]
    if "items" in schema:
        plain["items"] = plain_schema(schema["items"])
    if "properties" in schema:
        plain["properties"] = {name: plain_schema(item) for name, item in schema["properties"].items()}
        plain["required"] = list(schema["required"])
        plain["propertyOrdering"] = list(schema["properties"])
    return plain


def check_ending(ending: str | None, block: str | None, text: str, model: str) -> None:
    """Raises a ProviderError unless the answer is complete; `ending` and `block` are the protocol's own words."""
    if block is not None or ending in _REFUSALS:
        raise VENDOR.refused()
    if ending == "MAX_TOKENS":
        raise VENDOR.truncated(model)
    if ending is None:
        raise VENDOR.connection_lost() if text else VENDOR.not_its_protocol()
    if ending != "STOP":
        raise AnswerInvalid(f"{VENDOR.title} ended its answer in a way that leaves no rubric.")
    if not text.strip():
        raise VENDOR.empty()


def fault_of_body(status: int, body: Any, model: str, retry_after_s: float | None) -> ProviderError:
    """The error for an HTTP error with that JSON body; `retry_after_s` comes from its headers."""
    details = _details(body)
    if status == 400 and any(detail.get("reason") == "API_KEY_INVALID" for detail in details):
        return VENDOR.wrong_key()
    delays = [delay for detail in details if (delay := seconds_of_duration(detail.get("retryDelay"))) is not None]
    wait = retry_after_s if retry_after_s is not None else max(delays, default=None)
    return VENDOR.of_status(status, model=model, retry_after_s=wait)


def _details(body: Any) -> list[Mapping[str, Any]]:
    error = body.get("error", body) if isinstance(body, Mapping) else None
    details = error.get("details") if isinstance(error, Mapping) else None
    return [detail for detail in details if isinstance(detail, Mapping)] if isinstance(details, list) else []
