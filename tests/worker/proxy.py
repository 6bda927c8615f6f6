"""A middleman on TCP between workers and a database, which can stop passing anything on without saying so."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager

STATEMENTS = (b"Q", b"P", b"B")
"""How a client's messages begin that ask something of a database: Query, Parse, Bind."""


class Proxy:
    """Listens on 127.0.0.1:`port` for the server behind `socket_path`.

    `freeze()` makes all connections of now half-open: they take and give nothing more, yet stay open. Later ones work.
    While it `only_lets_in`, connections are made and end at their first statement: a pooler without its database.
    """

    def __init__(self, socket_path: str) -> None:
        self._socket_path = socket_path
        self._frozen: set[asyncio.StreamWriter] = set()
        self._open: set[asyncio.StreamWriter] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self.only_lets_in = False
        self.port = 0

    async def start(self) -> asyncio.Server:
        server = await asyncio.start_server(self._connected, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        return server

    def freeze(self) -> int:
        """How many connections are half-open from now on."""
        before = len(self._frozen)
        self._frozen |= self._open
        return len(self._frozen) - before

    @property
    def frozen_and_kept(self) -> int:
        """Half-open connections that the client has not given up yet."""
        return len(self._frozen & self._open)

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._open.add(writer)
        there, back = await asyncio.open_unix_connection(self._socket_path)
        try:
            async with asyncio.TaskGroup() as ways:
                ways.create_task(self._pass_on(reader, back, writer))
                ways.create_task(self._pass_on(there, writer, writer))
        except* (OSError, asyncio.IncompleteReadError):
            pass
        finally:
            self._open.discard(writer)
            writer.close()
            back.close()

    async def _pass_on(
        self, source: asyncio.StreamReader, sink: asyncio.StreamWriter, client: asyncio.StreamWriter
    ) -> None:
        while data := await source.read(65536):
            if self.only_lets_in and sink is not client and data[:1] in STATEMENTS:
                raise ConnectionError
            if client not in self._frozen:  # what a frozen connection sends is taken, and goes nowhere
                sink.write(data)
                await sink.drain()
        raise ConnectionError


@contextmanager
def proxy_to(socket_path: str) -> Iterator[Proxy]:
    """A proxy in a thread with an event loop of its own."""
    proxy, is_up = Proxy(socket_path), threading.Event()
    loop, stopping = asyncio.new_event_loop(), asyncio.Event()

    async def serve() -> None:
        async with await proxy.start():
            is_up.set()
            await stopping.wait()
            others = asyncio.all_tasks() - {asyncio.current_task()}
            for task in others:
                task.cancel()
            await asyncio.gather(*others, return_exceptions=True)

    thread = threading.Thread(target=loop.run_until_complete, args=(serve(),), daemon=True)
    thread.start()
    assert is_up.wait(5)
    try:
        yield proxy
    finally:
        loop.call_soon_threadsafe(stopping.set)
        thread.join(10)
        loop.close()
