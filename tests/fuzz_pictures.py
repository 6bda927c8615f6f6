"""Mutated pictures against the decoders and recognition: `python tests/fuzz_pictures.py 100000 500`.

The first count is decoded only, in processes limited as a recognizer is; the second is recognised through the real
sandbox. Every picture must end as pixels, a reading or a DocumentError, and in time. The seed of each fault is printed.
"""

from __future__ import annotations

import argparse
import asyncio
import io
import multiprocessing
import random
import resource
import signal
import sys
import time
from collections import Counter
from pathlib import Path

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from PIL import Image, ImageDraw

from rubric_jobs import errors
from rubric_jobs.documents import sniff
from rubric_jobs.documents.scans import decode
from rubric_jobs.reader import sandbox

BATCH = 1_000
LONGEST_S = 5
SLOW_S = 60.0
NASTY = [b"\x00", b"\xff" * 8, b"\xff\xc0", b"\xff\xda", b"IDAT", b"VP8X", b"\x7f\xff\xff\xff", b"\xff\xff\xff\xff"]


def corpus(width: int, height: int) -> list[bytes]:
    """The same page in every format and colour."""
    page = Image.new("RGB", (width, height), "white")
    pen = ImageDraw.Draw(page)
    for row in range(1, 5):
        pen.text((width // 12, row * height // 6), f"Thesis {row}: {row * 5} points", fill="black")
        pen.line((width // 16, row * height // 6 - 6, width - width // 16, row * height // 6 - 6), fill="black")
    kinds = [
        ("RGB", "PNG", {}),
        ("L", "PNG", {"optimize": True}),
        ("P", "PNG", {}),
        ("RGBA", "PNG", {}),
        ("I;16", "PNG", {}),
        ("RGB", "JPEG", {"quality": 60}),
        ("L", "JPEG", {"progressive": True}),
        ("CMYK", "JPEG", {}),
        ("RGB", "WEBP", {"quality": 50}),
        ("RGBA", "WEBP", {"lossless": True}),
    ]
    return [_saved(page.convert("L").convert(mode) if mode == "I;16" else page.convert(mode), kind, how)
            for mode, kind, how in kinds]  # fmt: skip


def _saved(picture: Image.Image, kind: str, how: dict[str, object]) -> bytes:
    stream = io.BytesIO()
    picture.save(stream, kind, **how)
    return stream.getvalue()


def mutated(data: bytes, dice: random.Random) -> bytes:
    body = bytearray(data)
    for _ in range(dice.choice([1, 1, 2, 4, 16])):
        # Headers are short and decide most; they get half of the changes.
        at = dice.randrange(min(len(body), 120)) if dice.random() < 0.5 else dice.randrange(len(body))
        choice = dice.random()
        if choice < 0.6:
            body[at] = dice.randrange(256)
        elif choice < 0.75:
            body[at:at] = dice.choice(NASTY)
        elif choice < 0.9:
            del body[at : at + dice.randint(1, 60)]
        else:
            body[at:at] = body[at : at + dice.randint(1, 200)]
        if len(body) < 64:
            break
    return bytes(body)


def decoded(data: bytes) -> str:
    try:
        sniff(data)
        decode.grey(decode.picture(data))
    except errors.DocumentError as refused:
        return refused.code
    except MemoryError:
        return errors.DocumentTooLarge.code
    return "pixels"


def _batch(first: int, count: int, ends: multiprocessing.Queue[tuple[int, str]]) -> None:
    resource.setrlimit(resource.RLIMIT_DATA, (sandbox.RECOGNIZER_DATA, sandbox.RECOGNIZER_DATA))
    originals = corpus(160, 120)
    for number in range(first, first + count):
        dice = random.Random(number)
        signal.alarm(LONGEST_S)  # kills this process, which is a fault
        try:
            end = decoded(mutated(dice.choice(originals), dice))
        except Exception as fault:
            end = f"fault: {type(fault).__name__}"
        ends.put((number, end))
    signal.alarm(0)


def decode_only(count: int, seed: int) -> tuple[Counter[str], list[str]]:
    """Ends of `count` pictures from `seed` on, and the faults among them: what died or took too long is one."""
    ends: Counter[str] = Counter()
    faults: list[str] = []
    context = multiprocessing.get_context("fork")
    for first in range(seed, seed + count, BATCH):
        size = min(BATCH, seed + count - first)
        queue: multiprocessing.Queue[tuple[int, str]] = context.Queue()
        child = context.Process(target=_batch, args=(first, size, queue))
        child.start()
        told = 0
        while told < size and (child.is_alive() or not queue.empty()):
            try:
                number, end = queue.get(timeout=1)
            except Exception:
                continue
            told += 1
            ends[end] += 1
            if end.startswith("fault"):
                faults.append(f"seed {number}: {end}")
        child.join()
        if told < size:
            faults.append(f"seed {first + told}: the process ended with {child.exitcode}")
    return ends, faults


async def recognised(count: int, seed: int) -> tuple[Counter[str], list[str]]:
    """As `decode_only`, through the sandbox to a reading."""
    originals = corpus(800, 600)
    ends: Counter[str] = Counter()
    faults: list[str] = []
    async with sandbox.Sandbox(recognizes=True) as box:
        for number in range(seed, seed + count):
            dice = random.Random(number)
            began = time.monotonic()
            try:
                local = (await box.read(mutated(dice.choice(originals), dice))).local
                end = local.code if isinstance(local, errors.RubricJobError) else "rubric"
            except errors.DocumentError as refused:
                end = refused.code
            except Exception as fault:
                end = f"fault: {type(fault).__name__}"
            if end == errors.InternalError.code or time.monotonic() - began > SLOW_S:
                end = f"fault: {end}"
            ends[end] += 1
            if end.startswith("fault"):
                faults.append(f"seed {number}: {end}")
    return ends, faults


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("count", nargs="?", type=int, default=100_000)
    parser.add_argument("recognised", nargs="?", type=int, default=500)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    began = time.monotonic()
    ends, faults = decode_only(options.count, options.seed)
    sys.stdout.write(f"{options.count} decoded in {time.monotonic() - began:.0f} s: {dict(ends.most_common())}\n")
    sys.stdout.flush()
    began = time.monotonic()
    more_ends, more = asyncio.run(recognised(options.recognised, options.seed))
    sys.stdout.write(f"{options.recognised} recognised in {time.monotonic() - began:.0f} s: {dict(more_ends)}\n")
    sys.stdout.write("".join(f"{fault}\n" for fault in faults + more))
    return 1 if faults or more else 0


if __name__ == "__main__":
    sys.exit(main())
