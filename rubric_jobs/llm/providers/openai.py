"""OpenAI, and every server that speaks its chat completions (Ollama, vLLM, LM Studio, a gateway)."""

from __future__ import annotations

import asyncio
import base64
import json
import re
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import TYPE_CHECKING, Any

from rubric_jobs import errors
from rubric_jobs.llm import offload, prompts
from rubric_jobs.llm.provider import Reply, Task
from rubric_jobs.llm.providers import faults
from rubric_jobs.llm.providers.connections import PerLoop, tls

if TYPE_CHECKING:
    import openai
    from openai.types import CompletionUsage
    from openai.types.chat import ChatCompletion, ChatCompletionChunk

VENDOR = faults.Vendor(
    title="OpenAI", key_setting="OPENAI_API_KEY", url_setting="OPENAI_BASE_URL", model_setting="OPENAI_MODEL"
)

_REASONS_ADJUSTABLY = re.compile(r"gpt-[5-9](?!.*chat)|o[1-9]\b")
"""OpenAI's reasoning models, which think for long by default; other models and servers refuse the parameter."""

IDLE_CONNECTIONS = 20
"""Idle connections that a client keeps; the worker limits the calls in flight."""
CALLS_PER_CLIENT = 50
"""Calls for one client, which scans all its connections at each call: 500 take a tenth of a call's CPU time."""

_SCHEMA_WORDS = ("response_format", "json_schema", "json_object", "structured output", "guided_json")


class OpenAIProvider:
    name = "openai"

    def __init__(self, *, api_key: str, base_url: str = "") -> None:
        self._api_key = api_key
        self._base_url = base_url
        self._clients: PerLoop[openai.AsyncOpenAI] = PerLoop(self._new_client, calls_per_client=CALLS_PER_CLIENT)
        self._form_of: dict[str, int] = {}

    @property
    def is_ready(self) -> bool:
        return bool(self._api_key)

    def preload(self) -> None:
        import openai  # noqa: F401

        tls()

    def _new_client(self) -> openai.AsyncOpenAI:
        import httpx2
        import openai

        # The default limit is 100 connections.
        limits = httpx2.Limits(max_connections=None, max_keepalive_connections=IDLE_CONNECTIONS)
        # A server that redirects to another origin would be sent the key and the document there.
        http = httpx2.AsyncClient(limits=limits, follow_redirects=False, verify=tls())
        return openai.AsyncOpenAI(
            api_key=self._api_key,
            base_url=self._base_url or "https://api.openai.com/v1",
            max_retries=0,
            http_client=http,
        )

    async def answer(
        self, task: Task, *, model: str, timeout_s: float, on_text: Callable[[str], None] | None = None
    ) -> Reply:
        if not self.is_ready:
            raise VENDOR.missing_key()
        prompt = await offload.run(task.size, prompts.for_task, task)
        async with _faults_named(model, timeout_s):
            while True:
                form = self._form_of.get(model, 0)
                try:
                    answer = await self._ask(_request(prompt, model, form), on_text, timeout_s)
                    break
                except _schema_refusal() as fault:
                    if form + 1 == len(_FORMS) or not _names_the_schema(fault):
                        raise
                    self._form_of[model] = form + 1
        return answer.reply(model)

    async def _ask(self, request: dict[str, Any], on_text: Callable[[str], None] | None, timeout_s: float) -> _Answer:
        answer = _Answer()
        with self._clients.client() as client:
            completions: Any = client.chat.completions
            if on_text is None:
                answer.take_whole(await completions.create(**request, timeout=timeout_s))
                return answer
            usage = {"include_usage": True}
            stream = await completions.create(**request, stream=True, stream_options=usage, timeout=timeout_s)
            async with stream:
                async for chunk in stream:
                    if answer.take(chunk):
                        on_text(answer.text)
        return answer

    async def aclose(self) -> None:
        for client in self._clients.drop():
            await client.close()


@contextmanager
def _unlike_its_protocol() -> Iterator[None]:
    """The SDK does not validate answers: another server may send text where an object should be."""
    try:
        yield
    except (AttributeError, TypeError, LookupError, ValueError, OverflowError):
        raise VENDOR.not_its_protocol() from None


class _Answer:
    """What has arrived so far: the text, the refusal, the ending, the tokens."""

    def __init__(self) -> None:
        self.text = ""
        self._is_refused = False
        self._ending: str | None = None
        self._model: str | None = None
        self._spent = (0, 0)

    @_unlike_its_protocol()
    def take(self, chunk: ChatCompletionChunk) -> bool:
        """Add a chunk. Returns whether it had text."""
        self._model = chunk.model or self._model
        self._spent = _tokens(chunk.usage) or self._spent
        if not chunk.choices:
            return False
        # Compatible servers may omit what OpenAI always sends.
        choice: Any = chunk.choices[0]
        self._ending = choice.finish_reason or self._ending
        if choice.delta is None:
            return False
        self._is_refused = self._is_refused or bool(choice.delta.refusal)
        self.text += choice.delta.content or ""
        return bool(choice.delta.content)

    @_unlike_its_protocol()
    def take_whole(self, whole: ChatCompletion) -> None:
        message = whole.choices[0].message
        self.text += message.content or ""
        self._is_refused = bool(message.refusal)
        self._ending, self._model = whole.choices[0].finish_reason, whole.model
        self._spent = _tokens(whole.usage) or self._spent

    def reply(self, model: str) -> Reply:
        with faults.paid(*self._spent):
            self._check(model)
        return Reply(self.text, self._model or model, *self._spent)

    def _check(self, model: str) -> None:
        if self._is_refused or self._ending == "content_filter":
            raise VENDOR.refused()
        if self._ending == "length":
            raise VENDOR.truncated(model)
        if self._ending is None:
            raise VENDOR.connection_lost() if self.text else VENDOR.not_its_protocol()
        if not self.text.strip():
            raise VENDOR.empty()


def _tokens(usage: CompletionUsage | None) -> tuple[int, int] | None:
    """Tokens of prompt and completion; compatible servers may omit one or both."""
    return (int(usage.prompt_tokens or 0), int(usage.completion_tokens or 0)) if usage else None


def _request(prompt: prompts.Prompt, model: str, form: int) -> dict[str, Any]:
    system, response_format = _FORMS[form](prompt)
    request: dict[str, Any] = {
        "model": model,
        "messages": [{"role": "system", "content": system}, {"role": "user", "content": _content(prompt)}],
    }
    if response_format is not None:
        request["response_format"] = response_format
    if _REASONS_ADJUSTABLY.match(model):
        request["reasoning_effort"] = "low"
    if prompt.most_tokens is not None:
        # Reasoning models refuse the old name; other servers may not know the new one.
        name = "max_completion_tokens" if _REASONS_ADJUSTABLY.match(model) else "max_tokens"
        request[name] = prompt.most_tokens
    return request


def _content(prompt: prompts.Prompt) -> str | list[dict[str, Any]]:
    if not prompt.attachments:
        return prompt.user
    return [*map(_part, prompt.attachments), {"type": "text", "text": prompt.user}]


def _part(file: prompts.Attachment) -> dict[str, Any]:
    """A picture or a PDF, which the protocol keeps apart."""
    url = f"data:{file.mime_type};base64,{base64.b64encode(file.data).decode('ascii')}"
    if file.mime_type.startswith("image/"):
        return {"type": "image_url", "image_url": {"url": url}}
    return {"type": "file", "file": {"filename": file.file_name, "file_data": url}}


_Form = tuple[str, dict[str, Any] | None]


def _strict_schema(prompt: prompts.Prompt) -> _Form:
    schema = {"name": "rubric", "strict": True, "schema": prompt.schema}
    return prompt.system, {"type": "json_schema", "json_schema": schema}


def _json_mode(prompt: prompts.Prompt) -> _Form:
    return _with_schema_in_words(prompt), {"type": "json_object"}


def _words_alone(prompt: prompts.Prompt) -> _Form:
    return _with_schema_in_words(prompt), None


def _with_schema_in_words(prompt: prompts.Prompt) -> str:
    shape = json.dumps(prompt.schema, separators=(",", ":"))
    return f"{prompt.system}\nAnswer with the JSON object alone. Its JSON schema: {shape}"


_FORMS: tuple[Callable[[prompts.Prompt], _Form], ...] = (_strict_schema, _json_mode, _words_alone)
"""From the strictest form to the one that every server accepts."""


def _schema_refusal() -> type[Exception] | tuple[type[Exception], ...]:
    import openai

    return (openai.BadRequestError, openai.UnprocessableEntityError)


def _names_the_schema(fault: BaseException) -> bool:
    said = str(getattr(fault, "body", None) or fault).lower()
    return any(word in said for word in _SCHEMA_WORDS)


@asynccontextmanager
async def _faults_named(model: str, timeout_s: float) -> AsyncIterator[None]:
    import httpx2
    import openai

    try:
        # The SDK's own time-out restarts with each part of a stream.
        async with asyncio.timeout(timeout_s):
            yield
    except errors.RubricJobError:
        raise
    except openai.APIStatusError as fault:
        raise _of_status(fault, model) from None
    except (TimeoutError, openai.APITimeoutError, httpx2.TimeoutException):
        raise VENDOR.timeout(timeout_s) from None
    except openai.APIConnectionError as fault:
        if isinstance(fault.__cause__, httpx2.UnsupportedProtocol | httpx2.InvalidURL):
            raise VENDOR.bad_url() from None
        raise VENDOR.connection_lost() from None
    except (httpx2.HTTPError, httpx2.StreamError, OSError):
        raise VENDOR.connection_lost() from None
    except openai.APIError as fault:
        # An error inside a stream has no HTTP status.
        raise _of_stream(fault) from None
    except (ValueError, openai.OpenAIError):
        raise VENDOR.not_its_protocol() from None


def _of_status(fault: openai.APIStatusError, model: str) -> errors.ProviderError:
    if fault.status_code == faults.HTTP_TOO_MANY and fault.code == "insufficient_quota":
        return VENDOR.quota_used_up()
    wait = faults.retry_after_s(fault.response.headers)
    return VENDOR.of_status(fault.status_code, model=model, retry_after_s=wait)


def _of_stream(fault: openai.APIError) -> errors.ProviderError:
    if fault.code == "insufficient_quota":
        return VENDOR.quota_used_up()
    return VENDOR.busy(None) if fault.code == "rate_limit_exceeded" else VENDOR.connection_lost()
