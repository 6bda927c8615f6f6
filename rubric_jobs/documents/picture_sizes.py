"""Reads a picture's size from its header, so that a file that would unpack to gigabytes is refused undecoded."""

from __future__ import annotations

import struct

from rubric_jobs.errors import DocumentTooLarge, UnreadableDocument

PNG, JPEG, WEBP = "image/png", "image/jpeg", "image/webp"
PICTURES = (PNG, JPEG, WEBP)
MOST_PIXELS = 64_000_000
"""Phone cameras take up to 50 million."""
_PNG = b"\x89PNG\r\n\x1a\n"
_NO_SIZE_IN = frozenset((0xC4, 0xC8, 0xCC))
"""JPEG markers from C0 to CF that do not begin a frame."""
_MOST_MARKERS = 10_000
_CUT_OFF = "The picture is damaged or cut off; please take or save it again."


def kind_of(data: bytes) -> str | None:
    """The MIME type of a supported picture, by its first bytes."""
    if data.startswith(_PNG):
        return PNG
    if data.startswith(b"\xff\xd8\xff"):
        return JPEG
    return WEBP if data[:4] == b"RIFF" and data[8:12] == b"WEBP" else None


def check(data: bytes) -> str:
    """The MIME type of a picture that is small enough to decode. Raises DocumentTooLarge or UnreadableDocument."""
    kind = kind_of(data)
    try:
        width, height = {PNG: _png, JPEG: _jpeg, WEBP: _webp}[kind](data) if kind else (0, 0)
    except (struct.error, IndexError):
        width = height = 0
    if kind is None or not width or not height:
        raise UnreadableDocument(_CUT_OFF)
    if width * height > MOST_PIXELS:
        million = MOST_PIXELS // 1_000_000
        raise DocumentTooLarge(f"The picture has more than {million} million pixels; please send a smaller one.")
    return kind


def _png(data: bytes) -> tuple[int, int]:
    """ISO/IEC 15948, 11.2.2."""
    width, height = struct.unpack_from(">II", data, 16)
    return (width, height) if data[12:16] == b"IHDR" else (0, 0)


def _jpeg(data: bytes) -> tuple[int, int]:
    """ITU-T T.81, B.1 and B.2.2: the first frame header. The decoder refuses a later, larger one."""
    at = 2
    for _ in range(_MOST_MARKERS):
        if data[at] != 0xFF:
            break
        marker = data[at + 1]
        if marker == 0xFF:  # padding
            at += 1
            continue
        if 0xC0 <= marker <= 0xCF and marker not in _NO_SIZE_IN:
            height, width = struct.unpack_from(">HH", data, at + 5)
            return width, height
        at += 2 + (0 if marker == 0x01 or 0xD0 <= marker <= 0xD8 else struct.unpack_from(">H", data, at + 2)[0])
    return 0, 0


def _webp(data: bytes) -> tuple[int, int]:
    """RFC 9649, 2.5 to 2.7."""
    form = data[12:16]
    if form == b"VP8X":
        return 1 + int.from_bytes(data[24:27], "little"), 1 + int.from_bytes(data[27:30], "little")
    if form == b"VP8L":
        bits = int.from_bytes(data[21:25], "little")
        return 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
    if form == b"VP8 " and data[23:26] == b"\x9d\x01\x2a":
        width, height = struct.unpack_from("<HH", data, 26)
        return width & 0x3FFF, height & 0x3FFF
    return 0, 0
