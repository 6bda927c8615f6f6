"""Gemini through google-genai, the SDK that Google maintains.

The SDK's client makes the calls: address, key, connections, streams, errors. Its models are bypassed, because they take
two thirds of a call's CPU; see docs/decisions/google-genai-beside-the-legacy-sdk.md.
"""

from __future__ import annotations

import asyncio
import re
from base64 import b64encode
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import quote
from urllib.request import getproxies

from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel

from rubric_jobs import errors
from rubric_jobs.llm import offload, prompts
from rubric_jobs.llm.provider import Reply, Task
from rubric_jobs.llm.providers import faults
from rubric_jobs.llm.providers.connections import PerLoop, tls
from rubric_jobs.llm.providers.gemini_protocol import VENDOR, check_ending, fault_of_body, plain_schema, split_version

if TYPE_CHECKING:
    import aiohttp
    from google import genai
    from google.genai import types

_SETS_THINKING_LEVEL = re.compile(r"gemini-([3-9]|\d\d)\b|gemini-(flash|pro|flash-lite)-latest")
"""Older families answer a thinking level with a 400."""


class GeminiProvider:
    name = "gemini"

    def __init__(self, *, api_key: str, base_url: str = "") -> None:
        self._api_key = api_key
        self._base_url = base_url
        self._connections: PerLoop[_Connection] = PerLoop(self._connect)

    @property
    def is_ready(self) -> bool:
        return bool(self._api_key)

    def preload(self) -> None:
        import aiohttp  # noqa: F401
        from google.genai import types

        # The SDK builds its models on first use, which would stall all jobs of a worker.
        types.HttpOptions.model_rebuild()
        tls()

    def _connect(self) -> _Connection:
        import aiohttp
        from google import genai
        from google.genai import types

        # The SDK would make a session of a class that aiohttp deprecates. The worker limits the calls in flight, not
        # this session. Without a proxy setting, aiohttp would look for one, and for a password file, at each call.
        http = aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0), trust_env=bool(getproxies()))
        base_url, version = split_version(self._base_url)
        options = types.HttpOptions(
            base_url=base_url or None,
            api_version=version,
            # By default the SDK repeats a request whose connection failed.
            retry_options=types.HttpRetryOptions(attempts=1),
            client_args={"verify": tls()},
            # A server that names another origin would be sent the key and the document there.
            async_client_args={"ssl": tls(), "allow_redirects": False},
            aiohttp_client=http,
        )
        return _Connection(genai.Client(api_key=self._api_key, vertexai=False, http_options=options), http)

    async def answer(
        self, task: Task, *, model: str, timeout_s: float, on_text: Callable[[str], None] | None = None
    ) -> Reply:
        if not self.is_ready:
            raise VENDOR.missing_key()
        body = await offload.run(task.size, _body, task, model)
        async with _faults_named(model, timeout_s):
            with self._connections.client() as connection:
                answer = await _ask(connection.sdk, model, body, timeout_s, on_text)
        return answer.reply(model)

    async def aclose(self) -> None:
        for connection in self._connections.drop():
            await connection.sdk.aio.aclose()
            # The SDK does not close a session that it was given.
            await connection.http.close()


@dataclass(frozen=True, slots=True)
class _Connection:
    sdk: genai.Client
    http: aiohttp.ClientSession


async def _ask(
    sdk: genai.Client, model: str, body: dict[str, Any], timeout_s: float, on_text: Callable[[str], None] | None
) -> _Answer:
    from google.genai import types

    client = sdk._api_client
    options = types.HttpOptions(timeout=max(1, round(timeout_s * 1000)))
    answer = _Answer()
    if on_text is None:
        answer.take(await client.async_request("post", _path(model, "generateContent"), body, options))
        return answer
    path = _path(model, "streamGenerateContent?alt=sse")
    async for part in await client.async_request_streamed("post", path, body, options):
        if answer.take(part):
            on_text(answer.text)
    return answer


def _path(model: str, method: str) -> str:
    """`model` may be a tuned one (`tunedModels/name`); its name is quoted, so that a caller cannot change the path."""
    family, _, name = model.rpartition("/")
    return f"{quote(family or 'models', safe='')}/{quote(name, safe='')}:{method}"


class _Message(BaseModel):
    """A part of Gemini's protocol with the fields that are read here."""

    model_config = ConfigDict(alias_generator=to_camel)


class _Piece(_Message):
    text: str | None = None
    thought: bool | None = None


class _Content(_Message):
    parts: list[_Piece] | None = None


class _Candidate(_Message):
    content: _Content | None = None
    finish_reason: str | None = None


class _Feedback(_Message):
    block_reason: str | None = None


class _Usage(_Message):
    prompt_token_count: int | None = None
    tool_use_prompt_token_count: int | None = None
    candidates_token_count: int | None = None
    thoughts_token_count: int | None = None


class _Part(_Message):
    """An answer, or one event of its stream."""

    candidates: list[_Candidate] | None = None
    prompt_feedback: _Feedback | None = None
    usage_metadata: _Usage | None = None
    model_version: str | None = None


class _Answer:
    """What has arrived so far: the text without the model's thoughts, the ending, the tokens."""

    def __init__(self) -> None:
        self.text = ""
        self._ending: str | None = None
        self._block: str | None = None
        self._model: str | None = None
        self._prompt_tokens = 0
        self._completion_tokens = 0

    def take(self, response: types.HttpResponse) -> bool:
        """Add a response. Returns whether it had text."""
        before = len(self.text)
        part = _Part.model_validate_json(response.body or "")
        if part.candidates:
            candidate = part.candidates[0]
            pieces = (candidate.content.parts if candidate.content else None) or []
            self.text += "".join(piece.text or "" for piece in pieces if not piece.thought)
            self._ending = candidate.finish_reason or self._ending
        if part.prompt_feedback is not None:
            self._block = part.prompt_feedback.block_reason or self._block
        if (usage := part.usage_metadata) is not None:
            self._prompt_tokens = (usage.prompt_token_count or 0) + (usage.tool_use_prompt_token_count or 0)
            self._completion_tokens = (usage.candidates_token_count or 0) + (usage.thoughts_token_count or 0)
        self._model = part.model_version or self._model
        return len(self.text) > before

    def reply(self, model: str) -> Reply:
        tokens = (self._prompt_tokens, self._completion_tokens)
        with faults.paid(*tokens):
            check_ending(self._ending, self._block, self.text, model)
        return Reply(self.text, self._model or model, *tokens)


def _body(task: Task, model: str) -> dict[str, Any]:
    """The request in Gemini's protocol."""
    prompt = prompts.for_task(task)
    parts: list[dict[str, Any]] = [
        {"inlineData": {"mimeType": file.mime_type, "data": b64encode(file.data).decode()}}
        for file in prompt.attachments
    ]
    parts.append({"text": prompt.user})
    config: dict[str, Any] = {"responseMimeType": "application/json", "responseSchema": plain_schema(prompt.schema)}
    if prompt.most_tokens is not None:
        config["maxOutputTokens"] = prompt.most_tokens
    if _SETS_THINKING_LEVEL.match(model):
        config["thinkingConfig"] = {"thinkingLevel": "LOW"}
    return {
        "systemInstruction": {"parts": [{"text": prompt.system}]},
        "contents": [{"role": "user", "parts": parts}],
        "generationConfig": config,
    }


@asynccontextmanager
async def _faults_named(model: str, timeout_s: float) -> AsyncIterator[None]:
    import aiohttp
    from google.genai import errors as sdk

    try:
        # The SDK's own time-out restarts with each part of a stream.
        async with asyncio.timeout(timeout_s):
            yield
    except errors.RubricJobError:
        raise
    except sdk.APIError as fault:
        headers = getattr(fault.response, "headers", None) or {}
        raise fault_of_body(fault.code, fault.details, model, faults.retry_after_s(headers)) from None
    except TimeoutError:
        raise VENDOR.timeout(timeout_s) from None
    except aiohttp.InvalidURL:
        raise VENDOR.bad_url() from None
    except (aiohttp.ClientError, OSError):
        raise VENDOR.connection_lost() from None
    except ValueError:
        raise VENDOR.not_its_protocol() from None
