"""Parses and reads documents in a child process, so that a hostile document cannot take down the worker.

A child is reused. Its CPU time, address space and output are limited, and its environment holds no secret. It is
replaced when it dies, hangs, grows or has read its share of documents. Run as a module, this file is the child.
"""

from __future__ import annotations

import asyncio
import base64
import gc
import json
import math
import os
import resource
import sys
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, BinaryIO, Self

from rubric_jobs import errors
from rubric_jobs.documents import scans
from rubric_jobs.documents.kinds import DOCX, PDF, sniff
from rubric_jobs.documents.model import Document
from rubric_jobs.documents.pictures import Picture
from rubric_jobs.reader.child_process import LENGTH, READER, RECOGNIZER, REQUEST, TOO_MUCH, Child
from rubric_jobs.reader.plan import Plan
from rubric_jobs.reader.recognition import Recognizer
from rubric_jobs.reader.turns import Turns
from rubric_jobs.rubric.model import Rubric

WALL_S = 20.0
"""From request to answer. Three children that share a core need three times the CPU time."""
CPU_S = 6
"""A hundred pages full of tables take 3.5 s; a rubric takes 0.1 s."""
ADDRESS_SPACE = 512 * 1024 * 1024
LARGEST_INPUT = 64 * 1024 * 1024
DOCUMENTS_PER_CHILD = 200
COLLECTED_AFTER = 20_000
"""Number of new objects after which Python searches for reference cycles."""
RETIRING_RSS = 256 * 1024 * 1024
RECOGNIZER_DATA = 800 * 1024 * 1024
"""Private writable memory of a child that recognises a page. The memory of libraries does not count."""
RECOGNIZER_CPU_S = 30
"""For one page; a page full of small print takes 5 s."""


_NOTHING_RECOGNIZED = "No text could be recognised in the document; a sharper, straighter picture may help."


@dataclass(frozen=True, slots=True)
class Reading:
    """`local` is the deterministic reader's rubric, or the error that says why there is none.

    `unread` is a PDF of the pages without text, if other pages have text.
    `plans` are the likeliest ones, best first. The reading need not be one of them.
    """

    document: Document
    local: Rubric | errors.RubricJobError
    plans: tuple[Plan, ...] = ()
    unread: bytes | None = field(default=None, repr=False)


class Sandbox:
    """Reads up to `children` documents at once, at most `of_one_tenant` of them for one tenant. Others wait.

    Tenants take turns. A sandbox belongs to one event loop. One that `recognizes` also reads pages without text from
    their pictures, if the packages for that are installed.
    """

    def __init__(self, children: int = 1, *, of_one_tenant: int | None = None, recognizes: bool = False) -> None:
        self._recognizer = Recognizer() if recognizes and scans.is_installed() else None
        self._turns = Turns(children, most_of_one=of_one_tenant or children)
        self._idle: list[Child] = []
        self._all: set[Child] = set()
        self._ending: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def read(self, data: bytes, file_type: str = "", *, tenant: Hashable = None) -> Reading:
        """Raises a DocumentError when the document can't be parsed; a cancelled read stops its child.

        The bytes alone decide how they are read; `file_type` is for the caller's own checks. The read takes a turn of
        `tenant`.
        """
        if len(data) > LARGEST_INPUT:
            raise errors.DocumentTooLarge
        answer = await self._ask(data, {"do": "read"}, tenant=tenant)
        scanned = answer.get("document", {}).get("scanned")
        recognizer = self._recognizer if scanned and sniff(data) != DOCX else None
        if recognizer is not None:
            pages = await recognizer.pages(data, scanned, tenant=tenant)
            answer = await self._ask(data, {"do": "read", "recognized": pages}, tenant=tenant) if pages else answer
        # A long document takes seconds to unpack. Do not block the other jobs of this loop.
        reading = await asyncio.to_thread(_reading, answer)
        if isinstance(reading.local, errors.ScannedDocument) and recognizer is not None:
            return replace(reading, local=errors.ScannedDocument(_NOTHING_RECOGNIZED))
        return reading

    async def read_text(self, text: str, *, tenant: Hashable = None) -> Reading:
        """Like `read`, for a text that was typed or pasted as a rubric or as rules for one."""
        answer = await self._ask(text.encode(), {"do": "read text"}, tenant=tenant)
        return await asyncio.to_thread(_reading, answer)

    async def pictures(self, data: bytes, pages: Sequence[int], *, tenant: Hashable) -> list[Picture]:
        """Pages (from 1) of a PDF or photos. Empty if they cannot be drawn, so that the rubric is not lost."""
        if not pages or len(data) > LARGEST_INPUT:
            return []
        try:
            if sniff(data) == PDF:
                drawn = (await self._ask(data, {"do": "draw", "pages": list(pages)}, tenant=tenant)).get("pictures", [])
            else:
                drawn = await self._recognizer.pictures(data, pages, tenant=tenant) if self._recognizer else []
        except errors.RubricJobError:
            return []
        return [Picture.from_json(picture) for picture in drawn]

    async def _ask(self, data: bytes, task: dict[str, Any], *, tenant: Hashable) -> dict[str, Any]:
        async with self._turns.turn(tenant):
            child = await self._child()
            try:
                answer = await child.ask(data, task, wall_s=WALL_S)
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
        if self._recognizer is not None:
            await self._recognizer.close()
        await asyncio.gather(*self._ending)

    async def _child(self) -> Child:
        while self._idle:
            child = self._idle.pop()
            if child.process.returncode is None and child.served < DOCUMENTS_PER_CHILD:
                return child
            self._discard(child)
        child = await Child.start(READER)
        self._all.add(child)
        return child

    def _discard(self, child: Child) -> None:
        self._all.discard(child)
        ending = asyncio.create_task(child.end())
        self._ending.add(ending)
        ending.add_done_callback(self._ending.discard)


def read_now(data: bytes, file_type: str = "", *, recognizes: bool = False) -> Reading:
    """Like `Sandbox.read`, for a caller without an event loop, such as the command line.

    Also uses a child: a limit on this process's address space could not be lifted afterwards.
    """

    async def read_once() -> Reading:
        async with Sandbox(recognizes=recognizes) as sandbox:
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
        unread=base64.b64decode(answer["unread"]) if "unread" in answer else None,
    )


def _as_error(answer: dict[str, Any]) -> errors.RubricJobError:
    return errors.by_code().get(answer["error"], errors.InternalError)(answer["message"])


def _as_answer(error: errors.RubricJobError) -> dict[str, Any]:
    return {"error": error.code, "message": str(error)}


def answer_for(data: bytes, recognized: Sequence[dict[str, Any]] = ()) -> dict[str, Any]:
    """The child's answer for one document. Never raises.

    `recognized` are pages of it that a recognizer has read.
    """
    from rubric_jobs import documents, reader
    from rubric_jobs.documents.recognized import Recognized

    try:
        document = documents.parse(data, [Recognized.from_json(page) for page in recognized])
    except errors.RubricJobError as error:
        return _as_answer(error)
    except (MemoryError, RecursionError):
        return {**_as_answer(errors.DocumentTooLarge(TOO_MUCH)), "retire": True}
    except Exception:
        # Whatever breaks a parser, to the user it is a file that cannot be read.
        return _as_answer(errors.UnreadableDocument())
    unread = _unread(data, document)
    return {**_read(document, reader.read), **unread}


def text_answer_for(data: bytes) -> dict[str, Any]:
    """Like `answer_for`, for a typed or pasted text."""
    from rubric_jobs.documents import typed_text
    from rubric_jobs.reader import typed

    try:
        document = typed_text.parse(data.decode())
    except errors.RubricJobError as error:
        return _as_answer(error)
    except MemoryError:
        return {**_as_answer(errors.DocumentTooLarge(TOO_MUCH)), "retire": True}
    return _read(document, typed.read)


def pictures_for(data: bytes, pages: Sequence[int]) -> dict[str, Any]:
    """The child's answer to a request for pictures. Never raises."""
    from rubric_jobs.documents import pictures

    try:
        return {"pictures": [picture.as_json() for picture in pictures.of_pages(data, pages)]}
    except MemoryError:
        return {"pictures": [], "retire": True}
    except Exception:
        return {"pictures": []}


def photos_for(data: bytes, pages: Sequence[int]) -> dict[str, Any]:
    """A recognizer's answer to a request for photos. Never raises."""
    from rubric_jobs.documents.scans import drawing

    try:
        return {"pictures": [picture.as_json() for picture in drawing.of_photos(data, pages)]}
    except Exception:
        return {"pictures": []}


def recognized_for(data: bytes, number: int) -> dict[str, Any]:
    """A recognizer's answer for a page (from 1). Never raises."""
    from rubric_jobs.documents.scans import page

    try:
        return {"recognized": page.of_document(data, number).as_json()}
    except errors.DocumentError as error:
        return _as_answer(error)
    except Exception:
        return {}


def _unread(data: bytes, document: Document) -> dict[str, str]:
    """A PDF of the pages without text, for the model to look at. It gets the other pages as text."""
    if document.is_garbled or not document.blocks or not 0 < len(document.scanned_pages) < document.pages:
        return {}
    from rubric_jobs.documents import pdf_excerpt

    try:
        return {"unread": base64.b64encode(pdf_excerpt.of_pages(data, document.scanned_pages)).decode()}
    except Exception:
        return {}


def _read(document: Document, read: Callable[[Document], Rubric]) -> dict[str, Any]:
    return {"document": document.as_json(), "local": _local(document, read), "plans": _plans(document)}


def _local(document: Document, read: Callable[[Document], Rubric]) -> dict[str, Any]:
    try:
        return read(document).model_dump(mode="json", exclude_none=True)
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


def _limit_this_process(purpose: str) -> None:
    if purpose == RECOGNIZER:
        # Models are mapped from files, and libraries reserve address space that they never use.
        resource.setrlimit(resource.RLIMIT_DATA, (RECOGNIZER_DATA, RECOGNIZER_DATA))
    else:
        resource.setrlimit(resource.RLIMIT_AS, (ADDRESS_SPACE, ADDRESS_SPACE))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))


def _limit_next_document(cpu_s: int) -> None:
    used = resource.getrusage(resource.RUSAGE_SELF)
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    resource.setrlimit(resource.RLIMIT_CPU, (math.ceil(used.ru_utime + used.ru_stime) + cpu_s, hard))


def _resident_bytes() -> int:
    """The memory of this process now. Its `ru_maxrss` would include that of the process that started it."""
    try:
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    except OSError:
        return 0
    return pages * resource.getpagesize()


def _answer(task: dict[str, Any], data: bytes) -> dict[str, Any]:
    match task["do"]:
        case "draw":
            return pictures_for(data, task["pages"])
        case "draw photos":
            return photos_for(data, task["pages"])
        case "recognize":
            return recognized_for(data, task["page"])
        case "read text":
            return text_answer_for(data)
        case _:
            return answer_for(data, task.get("recognized", ()))


def _serve(requests: BinaryIO, answers: BinaryIO, *, cpu_s: int) -> None:
    while len(head := requests.read(REQUEST.size)) == REQUEST.size:
        of_task, of_data = REQUEST.unpack(head)
        task, data = json.loads(requests.read(of_task)), requests.read(of_data)
        _limit_next_document(cpu_s)
        answer = _answer(task, data)
        if _resident_bytes() > RETIRING_RSS:
            answer["retire"] = True
        body = json.dumps(answer, separators=(",", ":")).encode()
        answers.write(LENGTH.pack(len(body)) + body)
        answers.flush()


def _main(purpose: str) -> None:
    answers = os.fdopen(os.dup(1), "wb")
    # A library that prints must not be able to write into the answers.
    os.dup2(2, 1)
    if purpose == READER:
        from rubric_jobs.documents import docx, pdf, typed_text
        from rubric_jobs.reader import typed

        del docx, pdf, typed_text, typed
    # Loaded modules stay, and documents make few cycles. A search after every 700 objects took 5 % of the time.
    gc.freeze()
    gc.set_threshold(COLLECTED_AFTER)
    # Limit only now, so that Python can still write bytecode of these imports for the next child.
    _limit_this_process(purpose)
    _serve(sys.stdin.buffer, answers, cpu_s=CPU_S if purpose == READER else RECOGNIZER_CPU_S)


if __name__ == "__main__":
    _main(sys.argv[1])
