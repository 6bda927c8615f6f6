"""Distinct PDFs through the whole extract path, provider local: documents for a second of CPU, beside pdfplumber."""

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
from rubric_jobs.worker.runner import OF_ONE_TENANT

DOCUMENTS = 40
"""In a round. The whole path and the peer take turns: what a second of CPU gets done varies by the minute."""
FOR_THE_PEER = 4
"""It takes a second for each."""


def figures(ours_url: str, *, rounds: int) -> dict[str, Any]:
    """The whole path, from the claim to the stored rubric, beside pdfplumber's words and tables, as many at once."""
    whole_s: list[float] = []
    peer_s: list[float] = []
    ours = Ours(ours_url, WORKER_PROCESSES="1")
    with (
        multiprocessing.get_context("fork").Pool(OF_ONE_TENANT) as readers,
        real_worker(ours) as worker,
        psycopg.connect(ours_url, autocommit=True) as connection,
    ):
        # From here on the sandbox's children are warm.
        _extract(ours, connection, [_distinct() for _ in range(2 * OF_ONE_TENANT)])
        for _ in range(rounds):
            files = [_distinct() for _ in range(DOCUMENTS)]
            before = _cpu_s(worker)
            _extract(ours, connection, files)
            whole_s.append((_cpu_s(worker) - before) / DOCUMENTS)
            peer_s.append(statistics.mean(readers.map(_pdfplumbed_s, files[:FOR_THE_PEER], chunksize=1)))
    return {
        "documents_per_cpu_second": figure.stated(1 / statistics.median(whole_s), unit="documents of 4 pages"),
        "documents_whole_path_beside_pdfplumber_alone": figure.ratio(whole_s, peer_s, at_most=0.25, unit="CPU s"),
    }


def _extract(ours: Ours, connection: psycopg.Connection[Any], files: list[bytes]) -> None:
    with transaction.atomic():
        for data in files:
            submit("extract", data, provider="local")
    engines.wait_until_done(ours, connection)


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
