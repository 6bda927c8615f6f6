"""Distinct PDFs through the whole extract path, provider local: how many for a second of CPU, and whose CPU it is."""

from __future__ import annotations

import io
import time
import uuid
from typing import Any

import psutil
import psycopg
from django.db import transaction
from pypdf import PdfWriter

from benchmarks import engines
from benchmarks import figures as figure
from benchmarks.engines import Ours
from benchmarks.provider_calls import SAMPLE, real_worker, submit
from rubric_jobs.documents import pdf

DOCUMENTS = 100


def figures(ours_url: str) -> dict[str, Any]:
    """The library's own CPU is that of PDFium and the walk over its page objects, in a process of its own."""
    files = [_distinct() for _ in range(DOCUMENTS)]
    ours = Ours(ours_url, WORKER_PROCESSES="1")
    with real_worker(ours) as worker, psycopg.connect(ours_url, autocommit=True) as connection:
        submit("extract", _distinct(), provider="local")  # the sandbox's child is warm
        engines.wait_until_done(ours, connection)
        before = _cpu_s(worker)
        with transaction.atomic():
            for data in files:
                submit("extract", data, provider="local")
        engines.wait_until_done(ours, connection)
        whole_s = _cpu_s(worker) - before
    return {
        "documents_per_cpu_second": figure.stated(DOCUMENTS / whole_s, unit="documents of 4 pages"),
        "documents_share_not_the_librarys": figure.bound(1 - _library_s(files) / whole_s, at_most=0.25, unit="of CPU"),
    }


def _distinct() -> bytes:
    """The sample with a title of its own."""
    writer = PdfWriter(clone_from=SAMPLE)
    writer.add_metadata({"/Title": uuid.uuid4().hex})
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def _library_s(files: list[bytes]) -> float:
    began = time.process_time()
    for data in files:
        pdf._contents(data)
    return time.process_time() - began


def _cpu_s(worker: psutil.Process) -> float:
    total = 0.0
    for process in [worker, *worker.children(recursive=True)]:
        times = process.cpu_times()
        total += times.user + times.system
    return total
