"""Gemini through google-genai, the SDK that Google maintains."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.request import getproxies

from rubric_jobs import errors, prompts
from rubric_jobs.aside import aside
from rubric_jobs.providers import faults
from rubric_jobs.providers.base import Reply, Task
from rubric_jobs.providers.connections import PerLoop, tls
from rubric_jobs.providers.gemini_protocol import VENDOR, check_ending, fault_of_body, plain_schema, split_version

if TYPE_CHECKING:
    import aiohttp
    from google import genai
    from google.genai import types

_SETS_THINKING_LEVEL = re.compile(r"gemini-([3-9]|\d\d)\b|gemini-(flash|pro|flash-lite)-latest")
"""Older families answer a thinking level with a 400."""


class GeminiProvider:
    name = "gemini"
    needs_key = True

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

        # The SDK builds its models when they are first used, which halts all jobs of a worker for 50 ms at a time.
        for model in (types.GenerateContentConfig, types.UserContent, types.GenerateContentResponse, types.Candidate):
            model.model_rebuild()
        tls()

    def _connect(self) -> _Connection:
        import aiohttp
        from google import genai
        from google.genai import types

        # Else the SDK makes one of a class that aiohttp discourages. Calls in flight have no limit, the worker sets it.
        # Where no proxy is set, aiohttp would look for one, and for passwords in a file, at each call.
        http = aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0), trust_env=bool(getproxies()))
        base_url, version = split_version(self._base_url)
        options = types.HttpOptions(
            base_url=base_url or None,
            api_version=version,
            # Without this the SDK would repeat a request whose connection failed, by itself.
            retry_options=types.HttpRetryOptions(attempts=1),
            client_args={"verify": tls()},
            async_client_args={"ssl": tls()},
            aiohttp_client=http,
        )
        return _Connection(genai.Client(api_key=self._api_key, vertexai=False, http_options=options), http)

    async def answer(
        self, task: Task, *, model: str, timeout_s: float, on_text: Callable[[str], None] | None = None
    ) -> Reply:
        if not self.is_ready:
            raise VENDOR.missing_key()
        prompt = await aside(task.size, prompts.for_task, task)
        async with _faults_named(model, timeout_s):
            with self._connections.client() as connection:
                answer = await _ask(connection.sdk.aio.models, prompt, model, timeout_s, on_text)
        return answer.reply(model)

    async def aclose(self) -> None:
        for connection in self._connections.drop():
            await connection.sdk.aio.aclose()
            # The SDK leaves a session that it was given open.
            await connection.http.close()


@dataclass(frozen=True, slots=True)
class _Connection:
    sdk: genai.Client
    http: aiohttp.ClientSession


async def _ask(
    models: genai.models.AsyncModels,
    prompt: prompts.Prompt,
    model: str,
    timeout_s: float,
    on_text: Callable[[str], None] | None,
) -> _Answer:
    config, contents = _config(prompt, model, timeout_s), _contents(prompt)
    if on_text is None:
        return _Answer(await models.generate_content(model=model, contents=contents, config=config))
    answer = _Answer()
    async for part in await models.generate_content_stream(model=model, contents=contents, config=config):
        if answer.take(part):
            on_text(answer.text)
    return answer


class _Answer:
    """What has arrived so far: the text without the model's thoughts, the ending, the tokens."""

    def __init__(self, whole: types.GenerateContentResponse | None = None) -> None:
        self.text = ""
        self._ending: str | None = None
        self._block: str | None = None
        self._model: str | None = None
        self._prompt_tokens = 0
        self._completion_tokens = 0
        if whole is not None:
            self.take(whole)

    def take(self, part: types.GenerateContentResponse) -> bool:
        """Add a part; whether it brought text."""
        before = len(self.text)
        candidate = part.candidates[0] if part.candidates else None
        if candidate is not None:
            pieces = (candidate.content.parts if candidate.content else None) or []
            self.text += "".join(piece.text or "" for piece in pieces if not piece.thought)
            self._ending = _word(candidate.finish_reason) or self._ending
        if part.prompt_feedback is not None:
            self._block = _word(part.prompt_feedback.block_reason) or self._block
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


def _word(value: Any) -> str | None:
    return None if value is None else str(getattr(value, "value", value))


def _config(prompt: prompts.Prompt, model: str, timeout_s: float) -> types.GenerateContentConfig:
    from google.genai import types

    thinking = types.ThinkingConfig(thinking_level=types.ThinkingLevel.LOW)
    return types.GenerateContentConfig(
        system_instruction=prompt.system,
        response_mime_type="application/json",
        thinking_config=thinking if _SETS_THINKING_LEVEL.match(model) else None,
        http_options=types.HttpOptions(
            timeout=max(1, round(timeout_s * 1000)),
            # As the protocol has it, since the SDK would take it apart for a quarter of a call's CPU time.
            extra_body={"generationConfig": {"responseSchema": _Shared(plain_schema(prompt.schema))}},
        ),
    )


class _Shared(dict[str, Any]):
    """What nobody changes: the SDK copies a call's options twice, all the way down."""

    def __deepcopy__(self, memo: Any) -> _Shared:
        return self


def _contents(prompt: prompts.Prompt) -> list[types.PartUnionDict]:
    from google.genai import types

    parts: list[types.PartUnionDict] = []
    if prompt.attachment is not None:
        parts.append(types.Part.from_bytes(data=prompt.attachment.data, mime_type=prompt.attachment.mime_type))
    return [*parts, types.Part.from_text(text=prompt.user)]


@asynccontextmanager
async def _faults_named(model: str, timeout_s: float) -> AsyncIterator[None]:
    import aiohttp
    from google.genai import errors as sdk

    try:
        # The SDK's own timeout counts anew with each part of a stream.
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
