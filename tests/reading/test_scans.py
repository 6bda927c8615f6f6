"""Scans and photos: recognised, read, and never called certain."""

from __future__ import annotations

import asyncio
import io
import sys
import time
from collections.abc import Iterator
from functools import cache

import pytest
from PIL import Image, ImageDraw
from pypdf import PdfReader

from rubric_jobs import documents, errors, reader
from rubric_jobs.documents import picture_pages
from rubric_jobs.documents.geometry import Edge, Word
from rubric_jobs.documents.recognized import LONG_SIDE_PT
from rubric_jobs.documents.scans import availability, decode, letters, reversed_text, rulings, shaded, straighten
from rubric_jobs.reader import recognition, sandbox
from rubric_jobs.rubric.model import Rubric
from tests.fuzz_pictures import decode_only
from tests.reading import hostile_pictures
from tests.reading.builders import as_docx, as_pdf
from tests.reading.samples_grids import HEADER_POINTS
from tests.reading.scanned import as_jpeg, as_scanned_pdf, on_a_desk, page_of, scanned

pytestmark = pytest.mark.long


@cache
def printed() -> Image.Image:
    return page_of(HEADER_POINTS)


@cache
def by_text() -> Rubric:
    return reader.read(documents.parse(as_pdf(HEADER_POINTS, "ruled")))


_running: list[tuple[asyncio.Runner, sandbox.Sandbox]] = []


@pytest.fixture(scope="module", autouse=True)
def _recognizing() -> Iterator[None]:
    """One sandbox for all readings: its processes take a second of CPU to start."""
    with asyncio.Runner() as runner:
        box = sandbox.Sandbox(recognizes=True)
        _running.append((runner, box))
        yield
        _running.clear()
        runner.run(box.close())


def read(data: bytes) -> sandbox.Reading:
    ((runner, box),) = _running
    return runner.run(box.read(data))


def told(rubric: object) -> list[tuple[str, object, list[object]]]:
    assert isinstance(rubric, Rubric)
    return [(each.name, each.points, [level.points for level in each.levels]) for each in rubric.criteria]


@cache
def of_scan() -> sandbox.Reading:
    return read(as_scanned_pdf(scanned(printed())))


def test_a_scan_is_read_like_the_text_that_it_is_a_picture_of() -> None:
    assert told(of_scan().local) == told(by_text())


def test_what_was_recognised_is_doubted_and_never_certain() -> None:
    reading = of_scan()
    assert reading.document.recognized_pages == (1,)
    assert isinstance(reading.local, Rubric)
    assert reading.local.certain is False
    assert any(doubt.why == "recognized_text" for doubt in reading.local.doubts)
    assert any("pages 1 was recognised" in warning.message for warning in reading.local.warnings)


def test_boxes_stand_where_the_text_is_in_the_picture() -> None:
    local = of_scan().local
    assert isinstance(local, Rubric)
    source, plain = local.criteria[0].source, by_text().criteria[0].source
    assert source is not None
    assert plain is not None
    assert source.bbox is not None
    assert plain.bbox is not None
    assert source.page == 1
    # The page was turned by 1.3° about its middle: 15 points at its edge.
    assert all(abs(one - other) < 20 for one, other in zip(source.bbox, plain.bbox, strict=True))


def test_a_photo_is_turned_as_its_exif_says() -> None:
    taken = decode.picture(as_jpeg(Image.new("L", (400, 300), 255), orientation=6))
    assert taken.size == (300, 400)


def test_photos_are_pages_in_order_read_however_they_were_taken_and_drawn_upright() -> None:
    upside_down = on_a_desk(printed()).rotate(180)
    data = picture_pages.joined([as_jpeg(Image.new("L", (160, 120), 255)), as_jpeg(upside_down)])
    ((runner, box),) = _running
    reading, pictures = read(data), runner.run(box.pictures(data, [2], tenant=None))
    assert documents.sniff(data) == picture_pages.SEVERAL
    assert reading.document.pages == 2
    assert reading.document.recognized_pages == (2,)
    assert told(reading.local) == told(by_text())
    height = round(upside_down.height / upside_down.width * LONG_SIDE_PT)
    assert [(picture.page, round(picture.height)) for picture in pictures] == [(2, height)]


def test_the_scanned_pages_of_a_document_with_text_go_to_a_model_alone() -> None:
    """Nothing can be recognised on the picture, so a model has to look at it, but not at the page of text."""
    reading = read(as_scanned_pdf(Image.new("L", (300, 400), 128), before=as_pdf(HEADER_POINTS, "ruled")))
    assert reading.document.scanned_pages == (2,)
    assert reading.unread is not None
    assert len(PdfReader(io.BytesIO(reading.unread)).pages) == 1


def test_without_recognition_a_scan_ends_as_before() -> None:
    reading = sandbox.read_now(as_scanned_pdf(printed()))
    assert isinstance(reading.local, errors.ScannedDocument)
    assert "needs text recognition or a language model" in str(reading.local)
    assert reading.document.is_scanned


def test_a_picture_without_text_says_what_may_help() -> None:
    reading = read(as_jpeg(Image.new("L", (120, 120), 200)))
    assert isinstance(reading.local, errors.ScannedDocument)
    assert "sharper" in str(reading.local)


def test_a_page_of_one_process_waits_for_the_page_of_another() -> None:
    async def overlapping() -> bool:
        running = seen = 0

        async def take() -> None:
            nonlocal running, seen
            async with recognition._host_turn():
                running += 1
                seen = max(seen, running)
                await asyncio.sleep(0.05)
                running -= 1

        await asyncio.gather(take(), take(), take())
        return seen > 1

    assert not asyncio.run(overlapping())


def test_what_is_missing_is_named_as_it_is_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    assert availability.missing() == []
    monkeypatch.setattr(availability, "_PLACES", ("/nowhere",))
    monkeypatch.setitem(availability.PACKAGES, "no_such_module", "a-package")
    assert availability.missing() == ["a-package", "tesseract-ocr-osd", "tesseract-ocr-script-latn"]


def test_asking_whether_recognition_is_there_loads_none_of_it() -> None:
    code = "import sys; from rubric_jobs.documents import scans; scans.is_installed(); print('cv2' in sys.modules)"

    async def said() -> bytes:
        child = await asyncio.create_subprocess_exec(sys.executable, "-c", code, stdout=asyncio.subprocess.PIPE)
        return (await child.communicate())[0]

    assert asyncio.run(said()).strip() == b"False"


@pytest.mark.parametrize("angle", [-4.0, -0.7, 2.0])
def test_the_slope_of_lines_is_measured_to_a_twentieth_of_a_degree(angle: float) -> None:
    import numpy as np

    page = Image.new("L", (1000, 1400), 255)
    pen = ImageDraw.Draw(page)
    for y in range(150, 1250, 40):
        pen.rectangle((120, y, 880, y + 12), fill=0)
    askew = np.asarray(page.rotate(angle, fillcolor=255, resample=Image.Resampling.BICUBIC))
    assert straighten._slope(askew) == pytest.approx(-angle, abs=0.05)


def test_stems_of_a_title_are_no_rulings_and_letters_keep_what_hangs_below_an_underline() -> None:
    import numpy as np

    page = Image.new("L", (1200, 900), 255)
    pen = ImageDraw.Draw(page)
    for x in (100, 180, 260):  # an h of 27 points: a stem, an arch and a leg
        pen.rectangle((x, 100, x + 9, 165), fill=0)
        pen.rectangle((x, 125, x + 40, 133), fill=0)
        pen.rectangle((x + 34, 125, x + 42, 165), fill=0)
    pen.rectangle((80, 300, 1000, 303), fill=0)
    pen.rectangle((500, 285, 505, 318), fill=0)  # a descender through the underline
    pen.rectangle((80, 500, 83, 560), fill=0)  # a short ruling between two cells
    across, _, mask = rulings.find(np.asarray(page))
    assert [(edge.is_horizontal, round(edge.at / 10)) for edge in across] == [(True, 30), (False, 8)]
    assert not mask[90:180].any()
    assert not mask[300:304, 502].any()
    assert mask[300:304, 700].all()


def test_light_letters_on_a_dark_area_become_dark_ones_on_light() -> None:
    import numpy as np

    page = Image.new("L", (1200, 800), 240)
    pen = ImageDraw.Draw(page)
    pen.rectangle((100, 100, 1000, 160), fill=70)  # a heading's area with letters in it
    for x in range(300, 460, 20):
        pen.rectangle((x, 115, x + 8, 145), fill=235)
    pen.rectangle((100, 300, 1000, 360), fill=150)  # a shaded area with dark letters stays as it is
    for x in range(300, 460, 20):
        pen.rectangle((x, 315, x + 8, 345), fill=10)
    for x in range(100, 500, 20):  # large, dense letters of a title
        pen.rectangle((x, 500, x + 12, 570), fill=20)
    before = np.asarray(page)
    after = reversed_text.as_printed(before)
    assert after[130, 304] < 20
    assert after[130, 500] > 230
    assert (after[200:] == before[200:]).all()


def test_a_shaded_head_without_rulings_of_its_own_has_the_columns_of_the_row_below() -> None:
    import numpy as np

    page = Image.new("L", (1200, 800), 250)
    pen = ImageDraw.Draw(page)
    pen.rectangle((100, 100, 1000, 160), fill=210)
    level = [Edge(True, y, 100, 1000) for y in (240.0, 320.0)]
    upright = [Edge(False, x, 164, 320) for x in (100.0, 400.0, 1000.0)]
    rows = shaded.in_table(shaded.borders(np.asarray(page)), level)
    assert [round(edge.at, -1) for edge in rows] == [100, 160]
    heads = [Word("Criterion", 120, 110, 250, 140), Word("Points", 420, 110, 500, 140)]
    carried = shaded.with_walls(upright, rows, heads)
    assert all(edge.start == rows[0].at for edge in carried)
    across = [Word("Rubric of the whole course", 120, 110, 700, 140)]
    assert shaded.with_walls(upright, rows, across) == upright


def test_empty_squares_are_boxes_to_tick_and_round_letters_are_none() -> None:
    import numpy as np

    page = Image.new("L", (600, 300), 255)
    pen = ImageDraw.Draw(page)
    for x in range(60, 400, 40):
        pen.rectangle((x, 60, x + 18, 80), outline=0, width=5)
        pen.line((x, 70, x + 18, 70), fill=0, width=5)
    pen.rectangle((450, 55, 478, 83), outline=0, width=3)
    pen.ellipse((60, 150, 88, 178), outline=0, width=3)
    assert list(letters._tick_boxes(letters._ink(np.asarray(page))).items()) == [((450, 55, 479, 84), "☐")]


def test_digits_below_each_other_are_no_upright_word() -> None:
    import numpy as np

    page = Image.new("L", (400, 300), 255)
    pen = ImageDraw.Draw(page)
    for y in range(40, 200, 40):
        pen.rectangle((60, y, 72, y + 22), outline=0, width=4)
    pen.rectangle((200, 40, 212, 182), outline=0, width=4)  # a letter of a title
    ink = letters._ink(np.asarray(page))
    assert letters._is_column(Word("NNA", 60, 40, 73, 183), ink, line=30)
    assert not letters._is_column(Word("I", 200, 40, 213, 183), ink, line=30)


def test_words_of_writing_without_spaces_are_joined_and_others_are_not() -> None:
    parted = [
        Word("项目", 0, 0, 40, 20),
        Word("分数", 44, 0, 84, 20),
        Word("100", 90, 0, 120, 20),
        Word("分", 160, 0, 180, 20),
    ]
    assert [word.text for word in letters._unspaced(parted)] == ["项目分数", "100", "分"]


def test_dots_and_rings_are_bullets_and_dots_of_letters_are_none() -> None:
    import numpy as np

    page = Image.new("L", (600, 400), 255)
    pen = ImageDraw.Draw(page)
    for y in range(60, 360, 60):
        for x in range(120, 420, 40):
            pen.rectangle((x, y, x + 18, y + 20), outline=0, width=4)
    pen.ellipse((60, 64, 72, 76), fill=0)
    pen.ellipse((60, 122, 76, 138), outline=0, width=3)
    pen.ellipse((60, 170, 72, 182), fill=0)  # an i
    pen.rectangle((62, 188, 70, 212), fill=0)
    ink = letters._ink(np.asarray(page))
    assert {(x, y): sign for (x, y, _, _), sign in letters._bullets(ink).items()} == {(60, 64): "•", (60, 122): "○"}


@cache
def ends_of_hostile_pictures() -> tuple[dict[str, tuple[object, float]], sandbox.Reading]:
    """How each one ended and how long it took; then a plain document through the same sandbox."""

    ends: dict[str, tuple[object, float]] = {}
    for name, maker in hostile_pictures.QUICK.items():
        data, began = maker(), time.monotonic()
        try:
            end: object = read(data).local
        except errors.DocumentError as refused:
            end = refused
        ends[name] = end, time.monotonic() - began
    return ends, read(as_docx(HEADER_POINTS))


@pytest.mark.parametrize("name", hostile_pictures.QUICK)
def test_a_hostile_picture_is_refused_in_time_and_the_next_document_is_read(name: str) -> None:
    ends, after = ends_of_hostile_pictures()
    end, took = ends[name]
    assert isinstance(end, errors.DocumentError)
    assert took < recognition.WALL_S
    assert isinstance(after.local, Rubric)


def test_mutated_pictures_end_as_pixels_or_a_clear_refusal() -> None:
    ends, faults = decode_only(300, seed=30_000_000)
    assert not faults
    assert ends["pixels"] > 30
