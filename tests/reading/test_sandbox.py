"""The limited child: warm, replaced when it is lost, without secrets, and gone when its reader is cancelled."""

from __future__ import annotations

import asyncio
import io
import os
import random
import signal
import time
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import docx
import pytest
from PIL import Image
from pypdf import PdfReader, PdfWriter
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen import canvas

from rubric_jobs import errors
from rubric_jobs.reader import sandbox
from rubric_jobs.rubric.model import Rubric
from tests import cpu
from tests.reading.builders import as_docx, as_pdf, saved
from tests.reading.hostile import many_text_operators, recursive_forms
from tests.reading.samples_grids import HEADER_POINTS

MEGABYTE = 1024 * 1024
DOCX_DATA = as_docx(HEADER_POINTS)


def noise(size: int) -> bytes:
    return random.Random(7).randbytes(size)


def big_docx() -> bytes:
    stream = io.BytesIO(DOCX_DATA)
    with zipfile.ZipFile(stream, "a") as archive:
        archive.writestr("word/media/photo.png", noise(10 * MEGABYTE - len(DOCX_DATA)))
    return stream.getvalue()


def big_pdf() -> bytes:
    photo = Image.frombytes("RGB", (1640, 1650), noise(1640 * 1650 * 3))
    stream = io.BytesIO()
    page = canvas.Canvas(stream, pageCompression=0)
    page.drawImage(ImageReader(photo), 0, 0, 100, 100)
    page.save()
    writer = PdfWriter()
    for source in (as_pdf(HEADER_POINTS, "ruled"), stream.getvalue()):
        writer.append(PdfReader(io.BytesIO(source)))
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


@pytest.fixture(scope="module")
def _runner() -> Iterator[asyncio.Runner]:
    with asyncio.Runner() as runner:
        yield runner


@pytest.fixture(scope="module")
def box(_runner: asyncio.Runner) -> Iterator[sandbox.Sandbox]:
    """A sandbox for tests that leave its child as it is."""
    box = sandbox.Sandbox()
    yield box
    _runner.run(box.close())


Read = Callable[[bytes], sandbox.Reading]
ReadText = Callable[[str], sandbox.Reading]


@pytest.fixture
def read(box: sandbox.Sandbox, _runner: asyncio.Runner) -> Read:
    return lambda data: _runner.run(box.read(data))


@pytest.fixture
def read_text(box: sandbox.Sandbox, _runner: asyncio.Runner) -> ReadText:
    return lambda text: _runner.run(box.read_text(text))


def test_documents_are_read_one_after_the_other_by_the_same_child(box: sandbox.Sandbox, read: Read) -> None:
    read(DOCX_DATA)
    first = box._idle[0].process.pid
    read(DOCX_DATA)
    assert box._idle[0].process.pid == first


def test_a_pasted_text_is_read_in_a_child_with_its_plans(read_text: ReadText) -> None:
    reading = read_text("Thesis: 20 points\nStyle: 10 points")
    assert isinstance(reading.local, Rubric)
    assert [criterion.name for criterion in reading.local.criteria] == ["Thesis", "Style"]
    assert (len(reading.document.blocks), reading.plans[0].to_json()["parts"][0]["rows"]) == (2, "cc")


@pytest.mark.parametrize("text", ["be kind", "", "\x00\x0b|\t|"])
def test_a_pasted_text_that_is_no_rubric_says_so(read_text: ReadText, text: str) -> None:
    assert isinstance(read_text(text).local, errors.NoRubricFound)


def test_a_pasted_text_of_too_many_lines_is_refused(read_text: ReadText) -> None:
    with pytest.raises(errors.DocumentTooLarge):
        read_text("- A (5 pts)\n" * 6_000)


def test_a_long_document_is_unpacked_beside_the_loop() -> None:
    document = docx.Document()
    for number in range(6_000):
        document.add_paragraph(f"Sentence {number} about whales.")
    data = saved(document)

    async def spent_by_the_loop() -> float:
        async with sandbox.Sandbox() as box:
            began = time.thread_time()
            assert len((await box.read(data)).document.blocks) == 6_000
            return time.thread_time() - began

    assert asyncio.run(spent_by_the_loop()) < 0.05


def test_a_warm_child_costs_a_plain_document_little(read: Read) -> None:
    in_child, in_process = [], []
    for _ in range(6):
        began = time.monotonic()
        read(DOCX_DATA)
        in_child.append(time.monotonic() - began)
        began = time.monotonic()
        sandbox.answer_for(DOCX_DATA)
        in_process.append(time.monotonic() - began)
    assert min(in_child) - min(in_process) < 0.05 * cpu.crowding()


def test_a_child_that_was_killed_is_replaced() -> None:
    async def after_kill() -> sandbox.Reading:
        async with sandbox.Sandbox() as box:
            await box.read(DOCX_DATA)
            os.kill(box._idle[0].process.pid, signal.SIGKILL)
            await box._idle[0].process.wait()
            return await box.read(DOCX_DATA)

    assert isinstance(asyncio.run(after_kill()).local, Rubric)


def test_cancelling_a_read_ends_the_busy_child_and_frees_its_place() -> None:
    async def cancelled() -> tuple[bool, sandbox.Reading]:
        async with sandbox.Sandbox() as box:
            await box.read(DOCX_DATA)
            child = box._idle[0].process
            reading = asyncio.create_task(box.read(recursive_forms()))
            await asyncio.sleep(0.2)
            reading.cancel()
            with pytest.raises(asyncio.CancelledError):
                await reading
            await asyncio.wait_for(child.wait(), 5)
            following = await box.read(DOCX_DATA)
            return child.returncode is not None, following

    is_gone, following = asyncio.run(cancelled())
    assert is_gone
    assert isinstance(following.local, Rubric)


def test_several_documents_are_read_side_by_side() -> None:
    async def many() -> list[sandbox.Reading]:
        async with sandbox.Sandbox(children=2) as box:
            readings = await asyncio.gather(*(box.read(DOCX_DATA) for _ in range(5)))
            assert len(box._all) <= 2
            return readings

    assert all(isinstance(reading.local, Rubric) for reading in asyncio.run(many()))


def test_a_child_is_retired_after_its_share_of_documents(monkeypatch: pytest.MonkeyPatch) -> None:
    async def pids() -> set[int]:
        async with sandbox.Sandbox() as box:
            seen = set()
            for _ in range(3):
                await box.read(DOCX_DATA)
                seen |= {child.process.pid for child in box._all}
                for child in list(box._idle):
                    child.served = sandbox.DOCUMENTS_PER_CHILD
            return seen

    assert len(asyncio.run(pids())) == 3


def test_a_child_gets_no_secrets_and_no_django(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GEMINI_API_KEY", "a-secret-that-stays-here")

    async def child_of() -> tuple[bytes, str, str]:
        async with sandbox.Sandbox() as box:
            await box.read(DOCX_DATA)
            process = Path("/proc") / str(box._idle[0].process.pid)
            return (process / "environ").read_bytes(), (process / "maps").read_text(), (process / "limits").read_text()

    environment, _, limits = asyncio.run(child_of())
    assert b"GEMINI" not in environment
    assert b"a-secret" not in environment
    assert str(sandbox.ADDRESS_SPACE) in limits


def test_the_sandbox_works_from_any_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert isinstance(sandbox.read_now(DOCX_DATA).local, Rubric)


@pytest.mark.parametrize("maker", [big_docx, big_pdf], ids=["docx", "pdf"])
def test_a_ten_megabyte_document_with_a_rubric_goes_through(read: Read, maker: Callable[[], bytes]) -> None:
    data = maker()
    assert 9.5 * MEGABYTE < len(data) < 11 * MEGABYTE
    reading = read(data)
    assert isinstance(reading.local, Rubric)
    assert [criterion.name for criterion in reading.local.criteria] == ["Thesis", "Use of sources"]


def test_the_document_crosses_the_process_border_unchanged(read: Read) -> None:
    from rubric_jobs import documents

    data = as_pdf(HEADER_POINTS, "ruled")
    assert read(data).document.as_json() == documents.parse(data).as_json()


def test_a_document_without_a_rubric_still_gives_its_text(read: Read) -> None:
    from tests.reading.samples_negative import NEGATIVES

    reading = read(as_docx(NEGATIVES[0]))
    assert isinstance(reading.local, errors.NoRubricFound)
    assert reading.document.text()


def test_a_sandbox_that_is_closed_while_it_reads_ends_the_read_with_one_error() -> None:
    async def close_early() -> None:
        box = sandbox.Sandbox()
        reading = asyncio.create_task(box.read(many_text_operators()))
        while not box._all:
            await asyncio.sleep(0.01)
        await asyncio.sleep(0.2)
        await box.close()
        with pytest.raises(errors.DocumentError):
            await reading

    asyncio.run(close_early())
