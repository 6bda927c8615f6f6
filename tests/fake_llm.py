"""A real HTTP server on loopback that speaks the wire protocols of Gemini and of OpenAI, and misbehaves on request.

In a test: the fixture `fake_llm` (its `url`, `behave`, `then`, `history`). As a process of its own:

    python -m tests.fake_llm --port 0 --latency 28

which prints its address; `POST /__admin/behave` (the fields of Behaviour as JSON) changes it while it runs,
`GET /__admin/history` tells what came in. A marker in a prompt, `[[fake mode=429 latency_s=2]]`, rules one call alone.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import re
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field, fields, replace
from typing import Any

import pytest

from tests import fake_answers, fake_protocols
from tests.fake_protocols import Call, Ending, RefusalError

STATUS_MODES = {
    "400": (400, "Request contains an invalid argument.", "INVALID_ARGUMENT"),
    "bad_key": (400, "API key not valid. Please pass a valid API key.", "API_KEY_INVALID"),
    "401": (401, "Incorrect API key provided: sk-fake-secret.", "invalid_api_key"),
    "403": (403, "Permission denied for the key sk-fake-secret.", "PERMISSION_DENIED"),
    "404": (404, "The model does not exist or was shut down.", "model_not_found"),
    "413": (413, "Request payload is too large.", "request_too_large"),
    "429": (429, "Resource has been exhausted.", "RESOURCE_EXHAUSTED"),
    "quota": (429, "You exceeded your current quota.", "insufficient_quota"),
    "500": (500, "An internal error has occurred.", "INTERNAL"),
    "503": (503, "The model is overloaded.", "UNAVAILABLE"),
}
"""Modes that answer with an HTTP error: status, message, the vendor's own code."""

OTHER_MODES = {
    "ok",
    "hang",
    "reset",
    "reset_midway",
    "cut_off",
    "refusal",
    "block",
    "invalid_json",
    "nul",
    "empty",
    "not_json",
}
REFUSING_MODES = {"no_schema": ("json_schema",), "no_json_mode": ("json_schema", "json_object")}
"""Modes in which an OpenAI-compatible server does not know these kinds of `response_format`."""

MODES = frozenset(
    {*STATUS_MODES, *OTHER_MODES, *REFUSING_MODES, *fake_answers.SPOILED, *fake_protocols.OF_ANOTHER_KIND}
)
_MARKER = re.compile(r"\[\[fake ([^\]\n]{1,200})\]\]")
_HISTORY = 2_000


@dataclass(frozen=True)
class Behaviour:
    """`latency_s` passes before the first byte, `pace_s` between the parts of a stream, of `part_characters` each.

    `answer` replaces the rubric derived from the request, as JSON values or as raw text.
    """

    mode: str = "ok"
    latency_s: float = 0.0
    pace_s: float = 0.0
    part_characters: int = 160
    retry_after_s: float | None = None
    answer: Any = None

    def __post_init__(self) -> None:
        if self.mode not in MODES:
            raise ValueError(f"no such mode: {self.mode}")

    def changed_by(self, marker: str) -> Behaviour:
        types = {each.name: type(getattr(Behaviour(), each.name)) for each in fields(Behaviour)}
        told = dict(word.split("=", 1) for word in marker.split())
        return replace(
            self, **{name: (types[name] if types[name] in {int, str} else float)(told[name]) for name in told}
        )


@dataclass
class FakeLLM:
    """The control of a running server; safe to use from another thread."""

    port: int = 0
    behaviour: Behaviour = Behaviour()
    answering: Callable[[Call], Any] | None = None
    """What to answer a call, instead of the behaviour's answer; None: as the behaviour says."""
    history: deque[Call] = field(default_factory=lambda: deque(maxlen=_HISTORY), repr=False)
    most_in_flight: int = 0
    served: int = 0
    _queued: deque[Behaviour] = field(default_factory=deque)
    _connections: set[asyncio.Task[None]] = field(default_factory=set, repr=False)
    _busy: set[asyncio.Task[None]] = field(default_factory=set, repr=False)
    _loop: asyncio.AbstractEventLoop | None = field(default=None, repr=False)

    @property
    def in_flight(self) -> int:
        return len(self._busy)

    @property
    def url(self) -> str:
        """GEMINI_BASE_URL."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def openai_url(self) -> str:
        """OPENAI_BASE_URL."""
        return f"{self.url}/v1"

    def behave(self, **changes: Any) -> None:
        """From now on."""
        self.behaviour = replace(self.behaviour, **changes)

    def then(self, **changes: Any) -> None:
        """For one call alone, after those queued before."""
        self._queued.append(replace(self.behaviour, **changes))

    def reset(self) -> None:
        """Well-behaved again, with an empty history and without the calls that still hang."""
        self.behaviour, self.answering = Behaviour(), None
        self._queued.clear()
        for task in list(self._busy):
            assert self._loop is not None
            self._loop.call_soon_threadsafe(task.cancel)
        self.history.clear()
        self.most_in_flight = self.served = 0

    async def start(self) -> asyncio.Server:
        self._loop = asyncio.get_running_loop()
        server = await asyncio.start_server(self._connected, "127.0.0.1", self.port, backlog=4096, limit=1 << 20)
        self.port = server.sockets[0].getsockname()[1]
        return server

    async def stop(self, server: asyncio.Server) -> None:
        server.close()
        for task in list(self._connections):
            task.cancel()
        await asyncio.gather(*self._connections, return_exceptions=True)

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._connections.add(task)
        try:
            while request := await _request(reader):
                if not await self._serve(request, writer, task):
                    break
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        finally:
            self._connections.discard(task)
            writer.close()

    async def _serve(self, request: _Request, writer: asyncio.StreamWriter, task: asyncio.Task[None]) -> bool:
        """Answer one request; whether the connection goes on."""
        if request.path.startswith("/__admin/"):
            return await _send_json(writer, 200, self._administer(request))
        if request.path == "/v1/models":
            return await _send_json(writer, 200, {"object": "list", "data": [{"id": "gpt-6-luna", "object": "model"}]})
        vendor = "openai" if request.path == fake_protocols.OPENAI_PATH else "gemini"
        try:
            call = fake_protocols.understood(request.path, request.query, request.headers, request.body)
        except RefusalError as refusal:
            body = fake_protocols.error_body(vendor, refusal.status, refusal.message, refusal.code, None)
            return await _send_json(writer, refusal.status, body)
        self.history.append(call)
        self._busy.add(task)
        self.most_in_flight = max(self.most_in_flight, self.in_flight)
        try:
            return await _answer(call, self._behaviour_for(call), writer)
        finally:
            self._busy.discard(task)
            self.served += 1

    def _behaviour_for(self, call: Call) -> Behaviour:
        chosen = self._queued.popleft() if self._queued else self.behaviour
        if self.answering and (answer := self.answering(call)) is not None:
            chosen = replace(chosen, answer=answer)
        marker = _MARKER.search(call.user)
        return chosen.changed_by(marker[1]) if marker else chosen

    def _administer(self, request: _Request) -> Any:
        match request.path.removeprefix("/__admin/"):
            case "behave":
                self.behave(**json.loads(request.body))
                return asdict(self.behaviour)
            case "then":
                self.then(**json.loads(request.body))
                return {"queued": len(self._queued)}
            case "reset":
                self.reset()
                return {}
            case "history":
                shown = [{"vendor": c.vendor, "model": c.model, "path": c.path, "user": c.user} for c in self.history]
                counts = {"served": self.served, "in_flight": self.in_flight, "most_in_flight": self.most_in_flight}
                return {**counts, "calls": shown}
        return {"paths": ["behave", "then", "reset", "history"]}


@dataclass(frozen=True)
class _Request:
    path: str
    query: str
    headers: dict[str, str]
    body: bytes


async def _request(reader: asyncio.StreamReader) -> _Request | None:
    try:
        head = await reader.readuntil(b"\r\n\r\n")
    except asyncio.IncompleteReadError:
        return None
    first, *lines = head.decode("latin-1").split("\r\n")
    headers = {
        name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in lines if line)
    }
    path, _, query = first.split(" ")[1].partition("?")
    body = await reader.readexactly(int(headers.get("content-length", 0)))
    return _Request(path, query, headers, body)


async def _answer(call: Call, behaviour: Behaviour, writer: asyncio.StreamWriter) -> bool:
    mode = behaviour.mode
    await asyncio.sleep(behaviour.latency_s)
    if mode in STATUS_MODES:
        status, message, code = STATUS_MODES[mode]
        body = fake_protocols.error_body(call.vendor, status, message, code, behaviour.retry_after_s)
        wait = {} if behaviour.retry_after_s is None else {"Retry-After": f"{behaviour.retry_after_s:g}"}
        return await _send_json(writer, status, body, wait if call.vendor == "openai" else {})
    if call.body.get("response_format", {}).get("type") in REFUSING_MODES.get(mode, ()):
        body = fake_protocols.error_body(
            "openai", 400, "Invalid value for 'response_format.type'.", "invalid_value", None
        )
        return await _send_json(writer, 400, body)
    match mode:
        case "hang":
            await asyncio.sleep(3600)
        case "reset":
            return _reset(writer)
        case "not_json":
            return await _send(writer, 200, b"<html>a gateway's page</html>", "text/html")
    if body := fake_protocols.OF_ANOTHER_KIND.get(mode):
        kind = "text/event-stream" if call.is_stream else "application/json"
        return await _send(writer, 200, b"data: " + body + b"\n\n" if call.is_stream else body, kind)
    text, ending = _text_of(call, behaviour)
    if call.is_stream:
        return await _send_stream(call, behaviour, text, ending, writer)
    if mode == "reset_midway":
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 5000\r\n\r\n{")
        return _reset(writer)
    return await _send_json(writer, 200, fake_protocols.whole_answer(call, text, ending))


def _text_of(call: Call, behaviour: Behaviour) -> tuple[str, Ending]:
    mode = behaviour.mode
    if isinstance(behaviour.answer, str):
        return behaviour.answer, Ending()
    if mode in {"refusal", "block"}:
        return "I can't help with that." if call.vendor == "openai" else "", Ending(mode)
    derived = behaviour.answer if behaviour.answer is not None else fake_answers.to(call.user)
    spoil = fake_answers.SPOILED.get(mode)
    text = json.dumps(spoil(derived, call.system) if spoil else derived, ensure_ascii=False)
    match mode:
        case "cut_off":
            return text[: len(text) // 2], Ending("cut_off")
        case "nul":
            return text[:20] + "\0" + text[20:], Ending()
        case "invalid_json":
            return "Sure! Here is your rubric: " + text[:-3], Ending()
        case "empty":
            return "", Ending()
    return text, Ending()


async def _send_stream(
    call: Call, behaviour: Behaviour, text: str, ending: Ending, writer: asyncio.StreamWriter
) -> bool:
    size = behaviour.part_characters
    pieces = [text[start : start + size] for start in range(0, len(text), size)]
    ready = bytearray(b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n")
    for number, event in enumerate(fake_protocols.stream_events(call, pieces, ending)):
        if number and behaviour.pace_s:
            await _send_ready(ready, writer)
            await asyncio.sleep(behaviour.pace_s)
        data = f"data: {event}\r\n\r\n".encode()
        ready += b"%x\r\n%s\r\n" % (len(data), data)
        if behaviour.mode == "reset_midway" and number == 3:
            await _send_ready(ready, writer)
            return _reset(writer)
    ready += b"0\r\n\r\n"
    await _send_ready(ready, writer)
    return True


async def _send_ready(ready: bytearray, writer: asyncio.StreamWriter) -> None:
    """Parts that are ready together leave together."""
    writer.write(bytes(ready))
    ready.clear()
    await writer.drain()


def _reset(writer: asyncio.StreamWriter) -> bool:
    writer.transport.abort()
    return False


async def _send_json(
    writer: asyncio.StreamWriter, status: int, body: Any, headers: dict[str, str] | None = None
) -> bool:
    return await _send(writer, status, json.dumps(body).encode(), "application/json", headers)


async def _send(
    writer: asyncio.StreamWriter, status: int, body: bytes, content_type: str, headers: dict[str, str] | None = None
) -> bool:
    lines = {"content-type": content_type, "content-length": str(len(body)), **(headers or {})}
    head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
    writer.write(f"HTTP/1.1 {status} Fake\r\n{head}\r\n".encode() + body)
    await writer.drain()
    return True


@contextlib.contextmanager
def running(**behaviour: Any) -> Iterator[FakeLLM]:
    """A server in a thread with an event loop of its own."""
    fake = FakeLLM(behaviour=Behaviour(**behaviour))
    is_up = threading.Event()
    loop = asyncio.new_event_loop()
    stopping = asyncio.Event()

    async def serve() -> None:
        server = await fake.start()
        is_up.set()
        await stopping.wait()
        await fake.stop(server)

    thread = threading.Thread(target=loop.run_until_complete, args=(serve(),), daemon=True)
    thread.start()
    assert is_up.wait(10)
    try:
        yield fake
    finally:
        loop.call_soon_threadsafe(stopping.set)
        thread.join(10)
        loop.close()


@pytest.fixture(scope="session")
def _fake_llm_server() -> Iterator[FakeLLM]:
    with running() as fake:
        yield fake


@pytest.fixture
def fake_llm(_fake_llm_server: FakeLLM) -> Iterator[FakeLLM]:
    """The fake, well-behaved and with an empty history."""
    _settle(_fake_llm_server)  # a service of a whole module may have called it after the module's last test
    yield _fake_llm_server
    _settle(_fake_llm_server)


def _settle(fake: FakeLLM) -> None:
    deadline = time.monotonic() + 10
    while fake.in_flight and time.monotonic() < deadline:
        fake.reset()
        time.sleep(0.01)
    fake.reset()


async def _serve_forever(arguments: argparse.Namespace) -> None:
    behaviour = Behaviour(mode=arguments.mode, latency_s=arguments.latency, pace_s=arguments.pace)
    fake = FakeLLM(port=arguments.port, behaviour=behaviour)
    server = await fake.start()
    print(f"{fake.url}  (GEMINI_BASE_URL={fake.url} OPENAI_BASE_URL={fake.openai_url})", flush=True)  # noqa: T201
    async with server:
        await server.serve_forever()


def main() -> None:
    parser = argparse.ArgumentParser(description="A fake Gemini and OpenAI on loopback.")
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    parser.add_argument("--latency", type=float, default=0.0, metavar="SECONDS", help="before the first byte")
    parser.add_argument("--pace", type=float, default=0.0, metavar="SECONDS", help="between the parts of a stream")
    parser.add_argument("--mode", default="ok", choices=sorted(MODES))
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(_serve_forever(parser.parse_args()))


if __name__ == "__main__":
    main()
