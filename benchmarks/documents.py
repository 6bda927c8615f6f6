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
from rubric_jobs.runner import SANDBOX_CHILDREN

DOCUMENTS = 100
FOR_THE_PEER = 6
"""It takes a second for each."""


def figures(ours_url: str) -> dict[str, Any]:
    """The library's own CPU is that of PDFium and the walk over its page objects, as many at once as in the service.

    pdfplumber is the reader for which a share of a quarter was asked: the whole path may take 4/3 of what it takes
    to find words and tables alone.
    """
    files = [_distinct() for _ in range(DOCUMENTS)]
    ours = Ours(ours_url, WORKER_PROCESSES="1")
    with real_worker(ours) as worker, psycopg.connect(ours_url, autocommit=True) as connection:
        for _ in range(2 * SANDBOX_CHILDREN):
            submit("extract", _distinct(), provider="local")  # the sandbox's children are warm
        engines.wait_until_done(ours, connection)
        before = _cpu_s(worker)
        with transaction.atomic():
            for data in files:
                submit("extract", data, provider="local")
        engines.wait_until_done(ours, connection)
        whole_s = (_cpu_s(worker) - before) / DOCUMENTS
    with multiprocessing.get_context("fork").Pool(SANDBOX_CHILDREN) as readers:
        library_s = statistics.mean(readers.map(_walked_s, files))
        peer_s = statistics.mean(readers.map(_pdfplumbed_s, files[:FOR_THE_PEER], chunksize=1))
    return {
        "documents_per_cpu_second": figure.stated(1 / whole_s, unit="documents of 4 pages"),
        "documents_share_not_the_librarys": figure.bound(1 - library_s / whole_s, at_most=0.25, unit="of CPU"),
        "documents_whole_path_beside_pdfplumber_alone": figure.ratio([whole_s], [peer_s], at_most=1.33, unit="CPU s"),
    }


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
