from __future__ import annotations

import time
from email.utils import formatdate

import pytest

from rubric_jobs import errors
from rubric_jobs.llm.providers import faults

VENDOR = faults.Vendor("Acme", "ACME_KEY", "ACME_URL", "ACME_MODEL")


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"retry-after": "17"}, 17),
        ({"retry-after": "0.5"}, 0.5),
        ({"retry-after-ms": "250", "retry-after": "9"}, 0.25),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "-3"}, None),
        ({"retry-after": "inf"}, None),
        ({"retry-after": "86400"}, faults.LONGEST_WAIT_S),
        ({"retry-after": "1e14"}, faults.LONGEST_WAIT_S),
        ({"retry-after-ms": "1e14"}, faults.LONGEST_WAIT_S),
        ({"retry-after": "Fri, 31 Dec 9999 23:59:59 GMT"}, faults.LONGEST_WAIT_S),
        ({"retry-after": "Sun, 06 Nov 1994 08:49:42 GMT", "date": "Sun, 06 Nov 1994 08:49:37 GMT"}, 5),
        ({"retry-after": "Sun, 06 Nov 1994 08:49:37 GMT", "date": "Sun, 06 Nov 1994 08:49:42 GMT"}, 0),
        ({"retry-after": "Sun, 06 Nov 1994 08:49:37 GMT", "date": "yesterday"}, None),
    ],
)
def test_the_wait_is_read_from_the_headers(headers: dict[str, str], seconds: float | None) -> None:
    assert faults.retry_after_s(headers) == seconds


def test_the_wait_may_be_a_date() -> None:
    wait = faults.retry_after_s({"retry-after": formatdate(time.time() + 30, usegmt=True)})
    assert wait is not None
    assert 25 < wait <= 30
    assert faults.retry_after_s({"retry-after": formatdate(0, usegmt=True)}) == 0


@pytest.mark.parametrize(
    ("text", "seconds"), [("17s", 17), ("1e14s", 600), ("0.5s", 0.5), ("17", None), (17, None), ("xs", None)]
)
def test_a_protobuf_duration_is_read(text: object, seconds: float | None) -> None:
    assert faults.seconds_of_duration(text) == seconds


@pytest.mark.parametrize("status", [300, 400, 401, 402, 403, 404, 408, 409, 413, 422, 429, 500, 502, 503, 504, 529])
def test_every_status_is_one_sentence_with_a_stable_code(status: int) -> None:
    fault = VENDOR.of_status(status, model="m", retry_after_s=3)
    assert str(fault).startswith(("Acme", "The document is larger"))
    assert fault.code in errors.by_code()
    assert fault.transient == (status in {408, 429} or status >= 500)
    assert fault.retry_after_s == (3 if fault.transient else None)
