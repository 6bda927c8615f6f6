"""Parsing and local reading in a child process that hostile documents can't take the worker down with.

A child is warm and reused. It is limited in CPU time, address space and output, holds no secret in its environment,
and is replaced when it dies, hangs, grows or has read its share of documents. Run as a module, this file is the child.

The children are asyncio's own: the caller may be a daemonic process, which `multiprocessing` forbids to have children.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import math
import os
import resource
import struct
import sys
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Self

from rubric_jobs import errors
from rubric_jobs.documents.model import Document
from rubric_jobs.documents.pictures import Picture
from rubric_jobs.reader.plan import Plan
from rubric_jobs.reader.turns import Turns
from rubric_jobs.rubric.model import Rubric

WALL_S = 20.0
"""From handing a document over to its answer: the CPU's time where three children share a core."""
CPU_S = 6
"""A hundred pages full of tables take 3.5 s; a rubric takes 0.1 s."""
ADDRESS_SPACE = 512 * 1024 * 1024
LARGEST_ANSWER = 32 * 1024 * 1024
LARGEST_INPUT = 64 * 1024 * 1024
DOCUMENTS_PER_CHILD = 200
RETIRING_RSS = 256 * 1024 * 1024

_LENGTH = struct.Struct(">Q")
_REQUEST = struct.Struct(">QQ")
"""Before a request: the lengths of the pages wanted as pictures (a JSON list; empty to read) and of the document."""
_PROJECT = Path(__file__).resolve().parents[2]
_TOO_MUCH = "The document is too complex to be read safely; please save it again or upload only the rubric's pages."
_TOO_SLOW = "Reading the document took too long; please upload only the rubric's pages."


@dataclass(frozen=True, slots=True)
class Reading:
    """`local` is the deterministic reader's rubric, or the error that says why there is none.

    `plans` are the likeliest ones, best first; none of them need be the reading that stands.
    """

    document: Document
    local: Rubric | errors.RubricJobError
    plans: tuple[Plan, ...] = ()


class Sandbox:
    """Up to `children` documents are read at once, `of_one_tenant` of them of the same tenant; more of them wait.

    Tenants take turns. One sandbox belongs to one event loop.
    """

    def __init__(self, children: int = 1, *, of_one_tenant: int | None = None) -> None:
        self._turns = Turns(children, most_of_one=of_one_tenant or children)
        self._idle: list[_Child] = []
        self._all: set[_Child] = set()
        self._ending: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def read(self, data: bytes, file_type: str = "", *, tenant: Hashable = None) -> Reading:
        """Raises a DocumentError when the document can't be parsed; a cancelled read stops its child.

        The bytes alone decide how they are read; `file_type` is what the caller was told and only for its own checks.
        `tenant` is whose turn it takes.
        """
        if len(data) > LARGEST_INPUT:
            raise errors.DocumentTooLarge
        answer = await self._ask(data, tenant=tenant)
        # A long document takes seconds to unpack; the other jobs of this loop go on.
        return await asyncio.to_thread(_reading, answer)

    async def pictures(self, data: bytes, pages: Sequence[int], *, tenant: Hashable) -> list[Picture]:
        """The pages of a PDF (from 1) as pictures; none where it cannot be drawn: a rubric is not lost for that."""
        if not pages or len(data) > LARGEST_INPUT:
            return []
        try:
            answer = await self._ask(data, pages, tenant=tenant)
        except errors.RubricJobError:
            return []
        return [Picture.from_json(picture) for picture in answer.get("pictures", [])]

    async def _ask(self, data: bytes, pages: Sequence[int] = (), *, tenant: Hashable) -> dict[str, Any]:
        async with self._turns.turn(tenant):
            child = await self._child()
            try:
                answer = await child.ask(data, pages)
            except BaseException:
                self._discard(child)
                raise
            if answer.get("retire") or child.served >= DOCUMENTS_PER_CHILD:
                self._discard(child)
            else:
                self._idle.append(child)
        return answer

    async def close(self) -> None:
        """Stops every child, busy or not."""
        self._idle.clear()
        for child in list(self._all):
            self._discard(child)
        await asyncio.gather(*self._ending)

    async def _child(self) -> _Child:
        while self._idle:
            child = self._idle.pop()
            if child.process.returncode is None and child.served < DOCUMENTS_PER_CHILD:
                return child
            self._discard(child)
        child = await _Child.start()
        self._all.add(child)
        return child

    def _discard(self, child: _Child) -> None:
        self._all.discard(child)
        ending = asyncio.create_task(child.end())
        self._ending.add(ending)
        ending.add_done_callback(self._ending.discard)


@dataclass(eq=False, slots=True)
class _Child:
    process: asyncio.subprocess.Process
    served: int = 0

    @classmethod
    async def start(cls) -> _Child:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "rubric_jobs.reader.sandbox",
            cwd=_PROJECT,
            env={"PATH": os.defpath, "LANG": "C.UTF-8"},
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
            # Its own session: Ctrl-C on the terminal is the parent's to handle, which then ends its children.
            start_new_session=True,
        )
        return cls(process)

    async def ask(self, data: bytes, pages: Sequence[int] = ()) -> dict[str, Any]:
        """What the child answers for a document: its reading, or pictures of these pages of it."""
        stdin, stdout = self.process.stdin, self.process.stdout
        if stdin is None or stdout is None:
            raise errors.InternalError
        try:
            async with asyncio.timeout(WALL_S):
                wanted = json.dumps(list(pages)).encode()
                stdin.write(_REQUEST.pack(len(wanted), len(data)) + wanted + data)
                await stdin.drain()
                (size,) = _LENGTH.unpack(await stdout.readexactly(_LENGTH.size))
                if size > LARGEST_ANSWER:
                    raise errors.DocumentTooLarge(_TOO_MUCH)
                self.served += 1
                return dict(await asyncio.to_thread(json.loads, await stdout.readexactly(size)))
        except TimeoutError as error:
            raise errors.DocumentTooLarge(_TOO_SLOW) from error
        except (asyncio.IncompleteReadError, ConnectionError, ValueError) as error:
            raise errors.DocumentTooLarge(_TOO_MUCH) from error

    async def end(self) -> None:
        """Kills it and waits; its pipe is read empty, or asyncio would keep the pipe open for good."""
        if self.process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                self.process.kill()
        if self.process.stdin is not None:
            self.process.stdin.close()
        try:
            await self.process.communicate()
        except RuntimeError:
            # Somebody still reads from it: that read ends with the child, and has read the pipe empty then.
            await self.process.wait()


def read_now(data: bytes, file_type: str = "") -> Reading:
    """As `Sandbox.read`, for a caller without an event loop, such as the command line.

    In a child of its own too: a limit on address space set in this process could not be taken back afterwards.
    """

    async def read_once() -> Reading:
        async with Sandbox() as sandbox:
            return await sandbox.read(data, file_type)

    return asyncio.run(read_once())


def _reading(answer: dict[str, Any]) -> Reading:
    if "error" in answer:
        raise _as_error(answer)
    local = answer["local"]
    return Reading(
        document=Document.from_json(answer["document"]),
        local=_as_error(local) if "error" in local else Rubric.model_validate(local),
        plans=tuple(map(Plan.from_json, answer["plans"])),
    )


def _as_error(answer: dict[str, Any]) -> errors.RubricJobError:
    return errors.by_code().get(answer["error"], errors.InternalError)(answer["message"])


def _as_answer(error: errors.RubricJobError) -> dict[str, Any]:
    return {"error": error.code, "message": str(error)}


def answer_for(data: bytes) -> dict[str, Any]:
    """What the child answers for one document: never an exception, whatever the bytes are."""
    from rubric_jobs import documents

    try:
        document = documents.parse(data)
    except errors.RubricJobError as error:
        return _as_answer(error)
    except (MemoryError, RecursionError):
        return {**_as_answer(errors.DocumentTooLarge(_TOO_MUCH)), "retire": True}
    except Exception:
        # Whatever a parser stumbles over, to the user it is a file that can't be read.
        return _as_answer(errors.UnreadableDocument())
    return {"document": document.as_json(), "local": _local(document), "plans": _plans(document)}


def pictures_for(data: bytes, pages: Sequence[int]) -> dict[str, Any]:
    """What the child answers where pictures are wanted: never an exception, whatever the bytes are."""
    from rubric_jobs.documents import pictures

    try:
        return {"pictures": [picture.as_json() for picture in pictures.of_pages(data, pages)]}
    except MemoryError:
        return {"pictures": [], "retire": True}
    except Exception:
        return {"pictures": []}


def _local(document: Document) -> dict[str, Any]:
    from rubric_jobs import reader

    try:
        return reader.read(document).model_dump(mode="json", exclude_none=True)
    except errors.RubricJobError as error:
        return _as_answer(error)
    except Exception:
        return _as_answer(errors.InternalError())


def _plans(document: Document) -> list[dict[str, Any]]:
    from rubric_jobs import reader

    try:
        return [plan.to_json() for plan in reader.plans(document)]
    except Exception:
        return []


def _limit_this_process() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (ADDRESS_SPACE, ADDRESS_SPACE))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))


def _limit_next_document() -> None:
    used = resource.getrusage(resource.RUSAGE_SELF)
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    resource.setrlimit(resource.RLIMIT_CPU, (math.ceil(used.ru_utime + used.ru_stime) + CPU_S, hard))


def _resident_bytes() -> int:
    """What this process holds now; its `ru_maxrss` would be that of the process which started it."""
    try:
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    except OSError:
        return 0
    return pages * resource.getpagesize()


def _serve(requests: BinaryIO, answers: BinaryIO) -> None:
    while len(head := requests.read(_REQUEST.size)) == _REQUEST.size:
        of_pages, of_data = _REQUEST.unpack(head)
        pages, data = json.loads(requests.read(of_pages)), requests.read(of_data)
        _limit_next_document()
        answer = pictures_for(data, pages) if pages else answer_for(data)
        if _resident_bytes() > RETIRING_RSS:
            answer["retire"] = True
        body = json.dumps(answer, separators=(",", ":")).encode()
        answers.write(_LENGTH.pack(len(body)) + body)
        answers.flush()


def _main() -> None:
    answers = os.fdopen(os.dup(1), "wb")
    # A library that prints must not be able to write into the answers.
    os.dup2(2, 1)
    from rubric_jobs import reader
    from rubric_jobs.documents import docx, pdf

    del reader, docx, pdf
    # Not before: the next child need not compile again what Python may keep of these.
    _limit_this_process()
    _serve(sys.stdin.buffer, answers)


if __name__ == "__main__":
    _main()
