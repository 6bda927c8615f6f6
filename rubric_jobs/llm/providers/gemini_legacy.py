"""Gemini through google-generativeai, chosen with GEMINI_SDK.

Google ended its support on 2025-11-30. It has no usable async client with REST, cannot set a thinking level, and does
not stream here. It runs in threads and is imported only when it is used.
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
import warnings
from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from rubric_jobs.errors import ProviderError
from rubric_jobs.llm import offload, prompts
from rubric_jobs.llm.provider import Reply, Task
from rubric_jobs.llm.providers import faults
from rubric_jobs.llm.providers.gemini_protocol import VENDOR, check_ending, fault_of_body, plain_schema, split_version

_POOLED_CONNECTIONS = 256
_importing = threading.Lock()


class LegacyGeminiProvider:
    name = "gemini"

    def __init__(self, *, api_key: str, base_url: str = "") -> None:
        self._api_key = api_key
        self._base_url = base_url
        self._service: Any = None

    @property
    def is_ready(self) -> bool:
        return bool(self._api_key)

    def preload(self) -> None:
        _sdk()

    async def answer(
        self, task: Task, *, model: str, timeout_s: float, on_text: Callable[[str], None] | None = None
    ) -> Reply:
        if not self.is_ready:
            raise VENDOR.missing_key()
        prompt = await offload.run(task.size, prompts.for_task, task)
        try:
            async with asyncio.timeout(timeout_s):
                return await _in_a_thread(lambda: self._ask(prompt, model, timeout_s))
        except TimeoutError:
            raise VENDOR.timeout(timeout_s) from None

    def _ask(self, prompt: prompts.Prompt, model: str, timeout_s: float) -> Reply:
        sdk = _sdk()
        try:
            # With a time-out alone, the SDK repeats a 503 for ten minutes.
            answer = self._connected().generate_content(_request(sdk, prompt, model), timeout=timeout_s, retry=None)
        except Exception as fault:
            raise _named(fault, model, timeout_s) from None
        return _reply(answer, model)

    def _connected(self) -> Any:
        """A service client of its own, because the SDK's `configure` sets key and address for the whole process."""
        if self._service is None:
            options: dict[str, str] = {"api_key": self._api_key}
            if self._base_url:
                # The SDK's own paths contain the version.
                options["api_endpoint"] = split_version(self._base_url)[0]
            from google.ai import generativelanguage
            from requests.adapters import HTTPAdapter

            service = generativelanguage.GenerativeServiceClient(transport="rest", client_options=options)
            session: Any = vars(service.transport)["_session"]
            # It would take a 401 for an expired token and repeat the request twice.
            session._refresh_status_codes = ()
            # A server that names another origin would be sent the key and the document there.
            session.max_redirects = 0
            for scheme in ("https://", "http://"):
                session.mount(scheme, HTTPAdapter(pool_maxsize=_POOLED_CONNECTIONS))
            self._service = service
        return self._service

    async def aclose(self) -> None:
        service, self._service = self._service, None
        if service is not None:
            service.transport.close()


async def _in_a_thread(ask: Callable[[], Reply]) -> Reply:
    """What `ask` returns or raises, run in a daemon thread.

    Calls would block an executor's few threads for half a minute each, and a stopping process would wait for them.
    """
    loop = asyncio.get_running_loop()
    answer: asyncio.Future[Reply] = loop.create_future()

    def settle(reply: Reply | None, fault: BaseException | None) -> None:
        if answer.done():
            return
        if reply is None:
            answer.set_exception(fault or VENDOR.not_its_protocol())
        else:
            answer.set_result(reply)

    def work() -> None:
        reply: Reply | None = None
        fault: BaseException | None = None
        try:
            reply = ask()
        except BaseException as raised:
            fault = raised
        # The loop has ended meanwhile, and nothing waits for the answer.
        with contextlib.suppress(RuntimeError):
            loop.call_soon_threadsafe(settle, reply, fault)

    threading.Thread(target=work, daemon=True, name="gemini-legacy").start()
    return await answer


def _sdk() -> Any:
    """The SDK, imported without its warnings about its end of support and about Python versions."""
    with _importing, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import google.generativeai

        return google.generativeai


def _request(sdk: Any, prompt: prompts.Prompt, model: str) -> Any:
    """The request as the SDK's own message."""
    parts: list[dict[str, Any]] = [
        {"inline_data": {"mime_type": file.mime_type, "data": file.data}} for file in prompt.attachments
    ]
    parts.append({"text": prompt.user})
    return sdk.protos.GenerateContentRequest(
        model=model if "/" in model else f"models/{model}",
        system_instruction={"parts": [{"text": prompt.system}]},
        contents=[{"role": "user", "parts": parts}],
        generation_config={
            "response_mime_type": "application/json",
            "response_schema": _schema(plain_schema(prompt.schema)),
            **({} if prompt.most_tokens is None else {"max_output_tokens": prompt.most_tokens}),
        },
    )


def _schema(node: Any) -> Any:
    """The plain schema with the field names of this SDK, whose protocol buffers lack `propertyOrdering`."""
    if not isinstance(node, dict):
        return node
    known = {name: item for name, item in node.items() if name != "propertyOrdering"}
    if "properties" in known:
        known["properties"] = {name: _schema(item) for name, item in known["properties"].items()}
    if "items" in known:
        known["items"] = _schema(known["items"])
    return {"type_" if name == "type" else name: item for name, item in known.items()}


def _reply(message: Any, model: str) -> Reply:
    candidate = message.candidates[0] if message.candidates else None
    text = "" if candidate is None else _without_thoughts([part.text for part in candidate.content.parts])
    ending = candidate.finish_reason.name if candidate is not None and candidate.finish_reason else None
    block = message.prompt_feedback.block_reason.name if message.prompt_feedback.block_reason else None
    usage = message.usage_metadata
    completion = max(usage.candidates_token_count, usage.total_token_count - usage.prompt_token_count)
    with faults.paid(usage.prompt_token_count, completion):
        check_ending(ending, block, text, model)
    return Reply(text, model, usage.prompt_token_count, completion)


def _without_thoughts(texts: list[str]) -> str:
    """The parts from the first one that begins like JSON, because this SDK drops the mark of thoughts."""
    start = next((index for index, text in enumerate(texts) if text.lstrip().startswith("{")), 0)
    return "".join(texts[start:])


def _named(fault: Exception, model: str, timeout_s: float) -> ProviderError:
    import requests
    from google.api_core import exceptions as core

    if isinstance(fault, ProviderError):
        return fault
    if isinstance(fault, core.GoogleAPICallError) and fault.code:
        headers = getattr(fault.response, "headers", None) or {}
        return fault_of_body(int(fault.code), _body(fault), model, faults.retry_after_s(headers))
    if isinstance(fault, TimeoutError | requests.Timeout | core.RetryError):
        return VENDOR.timeout(timeout_s)
    if isinstance(fault, requests.TooManyRedirects):
        return VENDOR.refused_request(fault.response.status_code if fault.response is not None else HTTPStatus.FOUND)
    if isinstance(fault, requests.exceptions.InvalidURL | requests.exceptions.InvalidSchema):
        return VENDOR.bad_url()
    if isinstance(fault, OSError | requests.RequestException):
        return VENDOR.connection_lost()
    return VENDOR.not_its_protocol()


def _body(fault: Any) -> Any:
    try:
        return fault.response.json()
    except (AttributeError, ValueError):
        return None
