"""The two wire protocols of the fake: how a request is read, how an answer, a stream and an error look on the wire."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

THOUGHT_TOKENS = 7
GEMINI_PATH = re.compile(r"/v1(?:beta)?/models/([^/:]+):(generateContent|streamGenerateContent)$")
OPENAI_PATH = "/v1/chat/completions"


@dataclass(frozen=True)
class RefusalError(Exception):
    """The service would answer this request with an error of its own accord."""

    status: int
    message: str
    code: str = ""


@dataclass
class Call:
    """One request as it came in. `system`, `user`, `schema` and `files` are read out of the protocol."""

    vendor: str
    path: str
    query: str
    headers: dict[str, str]
    body: dict[str, Any]
    model: str = ""
    is_stream: bool = False
    system: str = ""
    user: str = ""
    schema: dict[str, Any] | None = None
    files: list[bytes] = field(default_factory=list)


def understood(path: str, query: str, headers: dict[str, str], raw: bytes) -> Call:
    """Raises RefusalError where the real service would not take such a request."""
    body = json.loads(raw)
    if match := GEMINI_PATH.match(path):
        call = Call("gemini", path, query, headers, body, model=match[1], is_stream=match[2].startswith("stream"))
        _read_gemini(call)
    elif path == OPENAI_PATH:
        call = Call("openai", path, query, headers, body, model=body["model"], is_stream=body.get("stream", False))
        _read_openai(call)
    else:
        raise RefusalError(404, "no such path")
    return call


_STANDARD = str.maketrans("-_", "+/")


def _read_gemini(call: Call) -> None:
    if not (call.headers.get("x-goog-api-key") or "key=" in call.query):
        raise RefusalError(403, "Method doesn't allow unregistered callers.", "PERMISSION_DENIED")
    config = call.body.get("generationConfig", {})
    thinking = _either(config, "thinkingConfig", "thinking_config")
    if thinking and not re.match(r"gemini-([3-9]|flash|pro)", call.model):
        raise RefusalError(400, "Thinking level is not supported for this model.", "INVALID_ARGUMENT")
    call.schema = _either(config, "responseSchema", "response_schema")
    if call.schema is not None:
        _check_gemini_schema(call.schema)
    call.system = _gemini_text(_either(call.body, "systemInstruction", "system_instruction") or {})
    for content in call.body["contents"]:
        call.user += _gemini_text(content)
        for part in content["parts"]:
            if blob := _either(part, "inlineData", "inline_data"):
                # JSON of protocol buffers takes either alphabet, and the SDK uses that for addresses.
                call.files.append(base64.b64decode(blob["data"].translate(_STANDARD), validate=True))


def _gemini_text(content: dict[str, Any]) -> str:
    return "".join(part.get("text", "") for part in content.get("parts", []))


def _either(node: dict[str, Any], *names: str) -> Any:
    return next((node[name] for name in names if name in node), None)


_GEMINI_KEYS = {"type", "nullable", "enum", "items", "properties", "required", "propertyOrdering"}
_GEMINI_TYPES = ("STRING", "NUMBER", "INTEGER", "BOOLEAN", "ARRAY", "OBJECT")


def _check_gemini_schema(node: dict[str, Any]) -> None:
    # The legacy SDK sends the number of the enumeration's member, as JSON of protocol buffers may.
    kind = _GEMINI_TYPES[node["type"] - 1] if isinstance(node["type"], int) else node["type"]
    if unknown := set(node) - _GEMINI_KEYS - {"description"}:
        raise RefusalError(
            400, f"Unknown name {sorted(unknown)[0]!r} at generation_config.response_schema", "INVALID_ARGUMENT"
        )
    if kind not in _GEMINI_TYPES:
        raise RefusalError(400, f"Unknown type {kind!r}", "INVALID_ARGUMENT")
    for child in [*node.get("properties", {}).values(), *([node["items"]] if "items" in node else [])]:
        _check_gemini_schema(child)


def _read_openai(call: Call) -> None:
    if not call.headers.get("authorization", "").startswith("Bearer "):
        raise RefusalError(401, "You didn't provide an API key.", "invalid_api_key")
    form = call.body.get("response_format") or {}
    if form.get("type") == "json_schema":
        call.schema = form["json_schema"]["schema"]
        if form["json_schema"].get("strict"):
            _check_strict_schema(call.schema)
    for message in call.body["messages"]:
        content = message["content"]
        parts = [{"type": "text", "text": content}] if isinstance(content, str) else content
        for part in parts:
            _read_openai_part(call, message["role"], part)
    if form.get("type") == "json_object" and "json" not in (call.system + call.user).lower():
        raise RefusalError(400, "'messages' must contain the word 'json' in some form.", "invalid_request_error")


def _read_openai_part(call: Call, role: str, part: dict[str, Any]) -> None:
    if part["type"] == "file":
        head, _, encoded = part["file"]["file_data"].partition(",")
        if head != "data:application/pdf;base64":
            raise RefusalError(400, "Expected a PDF.", "invalid_file")
        call.files.append(base64.b64decode(encoded, validate=True))
    elif role == "system":
        call.system += part["text"]
    else:
        call.user += part["text"]


def _check_strict_schema(node: dict[str, Any]) -> None:
    if node.get("type") == "object" and (
        node.get("additionalProperties") is not False or set(node.get("required", ())) != set(node["properties"])
    ):
        raise RefusalError(
            400, "Invalid schema for response_format 'rubric': every field must be required.", "invalid_schema"
        )
    children = [*node.get("properties", {}).values(), *node.get("anyOf", [])]
    for child in [*children, *([node["items"]] if "items" in node else [])]:
        _check_strict_schema(child)


def error_body(vendor: str, status: int, message: str, code: str, wait_s: float | None) -> dict[str, Any]:
    if vendor == "openai":
        return {"error": {"message": message, "type": code or "error", "param": None, "code": code or None}}
    details: list[dict[str, Any]] = []
    if wait_s is not None:
        details.append({"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": f"{wait_s:g}s"})
    if code == "API_KEY_INVALID":
        details.append(
            {"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": code, "domain": "googleapis.com"}
        )
    return {"error": {"code": status, "message": message, "status": code or "UNKNOWN", "details": details}}


@dataclass(frozen=True)
class Ending:
    """How an answer ends: `stop`, `cut_off`, `refusal`, or `block` (of the prompt, before any text)."""

    kind: str = "stop"


_GEMINI_ENDINGS = {"stop": "STOP", "cut_off": "MAX_TOKENS", "refusal": "SAFETY"}
_OPENAI_ENDINGS = {"stop": "stop", "cut_off": "length", "refusal": "stop", "block": "content_filter"}


OF_ANOTHER_KIND = {
    "other_json": b'{"candidates": "none today", "choices": "none today"}',
    "other_usage": b'{"candidates": [], "choices": [], "usageMetadata": "a lot", "usage": "a lot"}',
    "vast_usage": b'{"choices": [], "usageMetadata": {"promptTokenCount": 9e999}, "usage": {"prompt_tokens": 9e999}}',
}
"""What a server says that speaks JSON, but neither vendor's."""


def whole_answer(call: Call, text: str, ending: Ending) -> dict[str, Any]:
    if call.vendor == "openai":
        return _openai_whole(call, text, ending)
    return _gemini_part(call, text, ending, usage=True)


def stream_events(call: Call, pieces: list[str], ending: Ending) -> Iterator[str]:
    """The data of each server-sent event, the last ones carrying ending and usage."""
    text = "".join(pieces)
    if call.vendor == "gemini":
        if ending.kind == "block":
            yield json.dumps(_gemini_part(call, "", ending, usage=True))
            return
        for piece in pieces[:-1]:
            yield json.dumps(_gemini_part(call, piece, None, usage=False))
        yield json.dumps(_gemini_part(call, pieces[-1] if pieces else "", ending, usage=True, whole=text))
        return
    yield json.dumps(_openai_chunk(call, {"role": "assistant", "content": ""}))
    for piece in pieces:
        yield json.dumps(_openai_chunk(call, {"refusal" if ending.kind == "refusal" else "content": piece}))
    yield json.dumps(_openai_chunk(call, {}, _OPENAI_ENDINGS[ending.kind]))
    if call.body.get("stream_options", {}).get("include_usage"):
        yield json.dumps({**_openai_chunk(call, {}), "choices": [], "usage": _openai_usage(call, text)})
    yield "[DONE]"


def _gemini_part(
    call: Call, text: str, ending: Ending | None, *, usage: bool, whole: str | None = None
) -> dict[str, Any]:
    part: dict[str, Any] = {"modelVersion": call.model, "responseId": "fake"}
    if usage:
        prompt, completion = _tokens(call.system + call.user), _tokens(text if whole is None else whole)
        counts = {"promptTokenCount": prompt, "candidatesTokenCount": completion, "thoughtsTokenCount": THOUGHT_TOKENS}
        part["usageMetadata"] = {**counts, "totalTokenCount": prompt + completion + THOUGHT_TOKENS}
    if ending is not None and ending.kind == "block":
        return {**part, "promptFeedback": {"blockReason": "PROHIBITED_CONTENT"}}
    candidate: dict[str, Any] = {"index": 0}
    if ending is None or ending.kind != "refusal":
        candidate["content"] = {"role": "model", "parts": [{"text": text}]}
    if ending is not None:
        candidate["finishReason"] = _GEMINI_ENDINGS[ending.kind]
    return {**part, "candidates": [candidate]}


def _openai_whole(call: Call, text: str, ending: Ending) -> dict[str, Any]:
    is_refused = ending.kind == "refusal"
    message = {"role": "assistant", "content": None if is_refused else text, "refusal": text if is_refused else None}
    choice = {"index": 0, "message": message, "finish_reason": _OPENAI_ENDINGS[ending.kind], "logprobs": None}
    head = {"id": "fake", "object": "chat.completion", "created": 1, "model": call.model}
    return {**head, "choices": [choice], "usage": _openai_usage(call, text)}


def _openai_chunk(call: Call, delta: dict[str, Any], ending: str | None = None) -> dict[str, Any]:
    head = {"id": "fake", "object": "chat.completion.chunk", "created": 1, "model": call.model}
    return {**head, "choices": [{"index": 0, "delta": delta, "finish_reason": ending, "logprobs": None}]}


def _openai_usage(call: Call, text: str) -> dict[str, Any]:
    prompt, completion = _tokens(call.system + call.user), _tokens(text)
    return {"prompt_tokens": prompt, "completion_tokens": completion, "total_tokens": prompt + completion}


def _tokens(text: str) -> int:
    return len(text) // 4
