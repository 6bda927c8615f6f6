"""Pictures made to take a decoder down: small files that want much memory or time."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib

from PIL import Image

from rubric_jobs.documents import picture_pages


def _chunk(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def png(width: int, height: int, *, rows: bytes = b"", before: bytes = b"", bits: int = 8, colour: int = 0) -> bytes:
    header = _chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, bits, colour, 0, 0, 0))
    data = _chunk(b"IDAT", zlib.compress(rows, 9))
    return b"\x89PNG\r\n\x1a\n" + header + before + data + _chunk(b"IEND", b"")


def saved(picture: Image.Image, kind: str, **options: object) -> bytes:
    stream = io.BytesIO()
    picture.save(stream, kind, **options)
    return stream.getvalue()


def pixel_bomb() -> bytes:
    return png(65_535, 65_535)


def webp_bomb() -> bytes:
    body = b"VP8X" + struct.pack("<I", 10) + b"\0\0\0\0" + b"\xff\xff\xff" * 2
    return b"RIFF" + struct.pack("<I", len(body) + 4) + b"WEBP" + body


def as_large_as_allowed() -> bytes:
    """63 million pixels of 16 bits in four channels, of which the file holds none."""
    return png(9_000, 7_000, bits=16, colour=6)


def large_and_whole() -> bytes:
    """63 million white pixels in 60 KB."""
    return png(9_000, 7_000, rows=(b"\0" + b"\xff" * 9_000) * 7_000)


def text_that_inflates() -> bytes:
    """A comment of 60 MB in a picture of one pixel."""
    comment = b"Comment\0\0" + zlib.compress(b"x" * 60_000_000, 9)
    return png(1, 1, rows=b"\0\0", before=_chunk(b"zTXt", comment))


def rows_without_end() -> bytes:
    """A picture of ten pixels, whose rows unpack to 60 MB."""
    return png(10, 1, rows=b"\0" * 60_000_000)


def second_frame_is_larger() -> bytes:
    """A JPEG whose first frame header tells 8 pixels, and whose second one tells 4 billion."""
    plain = saved(Image.new("L", (8, 8), 255), "JPEG")
    at = plain.index(b"\xff\xc0")
    length = struct.unpack_from(">H", plain, at + 2)[0]
    frame = bytearray(plain[at : at + 2 + length])
    frame[5:9] = b"\xff\xff\xff\xff"
    return plain[: at + 2 + length] + bytes(frame) + plain[at + 2 + length :]


def markers_without_end() -> bytes:
    return b"\xff\xd8\xff" + b"\xff" * 5_000_000 + b"\xd9"


def thousand_scans() -> bytes:
    """A progressive JPEG of 16 million pixels that repeats its last scan a thousand times."""
    plain = saved(Image.new("L", (4_000, 4_000), 255), "JPEG", progressive=True)
    at = plain.rindex(b"\xff\xda")
    return plain[:at] + plain[at:-2] * 1_000 + b"\xff\xd9"


def cut_webp() -> bytes:
    whole = saved(Image.effect_noise((400, 400), 90), "WEBP", quality=60)
    return whole[: len(whole) // 2]


def packed_pages() -> bytes:
    """What looks like several photos, each packed a thousand to one."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for number in range(1, 3):
            archive.writestr(f"{number:03}.png", b"\x89PNG\r\n\x1a\n" + b"\0" * 20_000_000)
    return stream.getvalue()


def forty_bombs() -> bytes:
    return picture_pages.joined([rows_without_end()] * picture_pages.MOST_PAGES)


HOSTILE = {
    maker.__name__: maker
    for maker in (
        pixel_bomb,
        webp_bomb,
        as_large_as_allowed,
        large_and_whole,
        text_that_inflates,
        rows_without_end,
        second_frame_is_larger,
        markers_without_end,
        thousand_scans,
        cut_webp,
        packed_pages,
        forty_bombs,
    )
}
QUICK = {name: HOSTILE[name] for name in HOSTILE if name not in {"large_and_whole", "thousand_scans", "forty_bombs"}}
"""Without those that are decoded to their end, which takes seconds; `tests/fuzz_pictures.py` has them all."""
