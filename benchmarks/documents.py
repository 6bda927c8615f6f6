"""Distinct PDFs through the whole extract path, provider local: how many for a second of CPU, and whose CPU it is."""

from __future__ import annotations

import io
import multiprocessing
import statistics
import time
import uuid
from typing import Any

import pdfplumber
import psutil
import psycopg
from django.db import transaction
from pypdf import PdfWriter

from benchmarks import engines
from benchmarks import figures as figure
from benchmarks.engines import Ours
from benchmarks.provider_calls import SAMPLE, real_worker, submit
from rubric_jobs.documents import pdf
from rubric_jobs.worker.runner import SANDBOX_CHILDREN

DOCUMENTS = 40
"""In a round. The whole path and the library alone take turns: what a second of CPU gets done varies by the minute."""
FOR_THE_PEER = 4
"""It takes a second for each."""


def figures(ours_url: str, *, rounds: int) -> dict[str, Any]:
    """The library's own CPU is that of PDFium and the walk over its page objects, as many at once as in the service.

    pdfplumber is the reader for which a share of a quarter was asked: the whole path may take 4/3 of what it takes
    to find words and tables alone.
    """
    whole_s: list[float] = []
    library_s: list[float] = []
    peer_s: list[float] = []
    ours = Ours(ours_url, WORKER_PROCESSES="1")
    with (
        multiprocessing.get_context("fork").Pool(SANDBOX_CHILDREN) as readers,
        real_worker(ours) as worker,
        psycopg.connect(ours_url, autocommit=True) as connection,
    ):
        # From here on the sandbox's children are warm.
        _extract(ours, connection, [_distinct() for _ in range(2 * SANDBOX_CHILDREN)])
        for _ in range(rounds):
            files = [_distinct() for _ in range(DOCUMENTS)]
            before = _cpu_s(worker)
            _extract(ours, connection, files)
            whole_s.append((_cpu_s(worker) - before) / DOCUMENTS)
            library_s.append(statistics.mean(readers.map(_walked_s, files)))
            peer_s.append(statistics.mean(readers.map(_pdfplumbed_s, files[:FOR_THE_PEER], chunksize=1)))
    share = statistics.median(1 - alone / whole for whole, alone in zip(whole_s, library_s, strict=True))
    return {
        "documents_per_cpu_second": figure.stated(1 / statistics.median(whole_s), unit="documents of 4 pages"),
        "documents_share_not_the_librarys": figure.bound(share, at_most=0.25, unit="of CPU"),
        "documents_whole_path_beside_pdfplumber_alone": figure.ratio(whole_s, peer_s, at_most=1.33, unit="CPU s"),
    }


def _extract(ours: Ours, connection: psycopg.Connection[Any], files: list[bytes]) -> None:
    with transaction.atomic():
        for data in files:
            submit("extract", data, provider="local")
    engines.wait_until_done(ours, connection)


def _walked_s(data: bytes) -> float:
    """Seconds of CPU: PDFium alone, until its pages are words and rulings."""
    began = time.process_time()
    pdf._contents(data)
    return time.process_time() - began


def _pdfplumbed_s(data: bytes) -> float:
    """Seconds of CPU: pdfplumber's words and the texts of its tables."""
    began = time.process_time()
    with pdfplumber.open(io.BytesIO(data)) as document:
        for page in document.pages:
            page.extract_words()
            page.extract_tables()
    return time.process_time() - began


def _distinct() -> bytes:
    """The sample with a title of its own."""
    writer = PdfWriter(clone_from=SAMPLE)
    writer.add_metadata({"/Title": uuid.uuid4().hex})
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def _cpu_s(worker: psutil.Process) -> float:
    total = 0.0
    for process in [worker, *worker.children(recursive=True)]:
        times = process.cpu_times()
        total += times.user + times.system
    return total
