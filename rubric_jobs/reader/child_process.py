"""Starts, asks and ends a child process that answers requests about documents over pipes.

Asyncio starts the children, because the caller may be a daemonic process, to which `multiprocessing` allows none.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import struct
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rubric_jobs import errors

LARGEST_ANSWER = 32 * 1024 * 1024
LENGTH = struct.Struct(">Q")
"""Header of an answer: its length."""
REQUEST = struct.Struct(">QQ")
"""Header of a request: the lengths of the task (a JSON object) and of the document."""
READER, RECOGNIZER = "reader", "recognizer"
"""Purposes of a child. The limits of its process depend on it."""
TOO_MUCH = "The document is too complex to be read safely; please save it again or upload only the rubric's pages."
TOO_SLOW = "Reading the document took too long; please upload only the rubric's pages."
_PROJECT = Path(__file__).resolve().parents[2]
# One page uses one core and leaves the others to other documents.
_ENVIRONMENT = {"PATH": os.defpath, "LANG": "C.UTF-8", "OMP_THREAD_LIMIT": "1"}


@dataclass(eq=False, slots=True)
class Child:
    process: asyncio.subprocess.Process
    served: int = 0

    @classmethod
    async def start(cls, purpose: str) -> Child:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "rubric_jobs.reader.sandbox",
            purpose,
            cwd=_PROJECT,
            env=_ENVIRONMENT,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
            # A session of its own: the parent handles Ctrl-C on the terminal and ends its children.
            start_new_session=True,
        )
        return cls(process)

    async def ask(self, data: bytes, task: Mapping[str, Any], *, wall_s: float) -> dict[str, Any]:
        """The child's answer for a document. Raises DocumentTooLarge if it dies or takes too long."""
        stdin, stdout = self.process.stdin, self.process.stdout
        if stdin is None or stdout is None:
            raise errors.InternalError
        try:
            async with asyncio.timeout(wall_s):
                wanted = json.dumps(task).encode()
                stdin.write(REQUEST.pack(len(wanted), len(data)) + wanted + data)
                await stdin.drain()
                (size,) = LENGTH.unpack(await stdout.readexactly(LENGTH.size))
                if size > LARGEST_ANSWER:
                    raise errors.DocumentTooLarge(TOO_MUCH)
                self.served += 1
                return dict(await asyncio.to_thread(json.loads, await stdout.readexactly(size)))
        except TimeoutError as error:
            raise errors.DocumentTooLarge(TOO_SLOW) from error
        except (asyncio.IncompleteReadError, ConnectionError, ValueError) as error:
            raise errors.DocumentTooLarge(TOO_MUCH) from error

    async def end(self) -> None:
        """Kills the child and waits for it. Reads its pipe to the end, because asyncio would else keep it open."""
        if self.process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                self.process.kill()
        if self.process.stdin is not None:
            self.process.stdin.close()
        try:
            await self.process.communicate()
        except RuntimeError:
            # Another task still reads from the pipe. That read ends with the child and empties the pipe.
            await self.process.wait()
