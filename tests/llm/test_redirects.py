"""A model's server that redirects gets no further: neither the key nor the document goes to another origin."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

import pytest

from rubric_jobs import errors
from tests.llm import tasks
from tests.llm.conftest import Vendor
from tests.llm.test_conformance import failure


@contextmanager
def server(handler: type[BaseHTTPRequestHandler]) -> Iterator[str]:
    listening = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=listening.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{listening.server_port}"
    finally:
        listening.shutdown()
        thread.join()
        listening.server_close()


@pytest.fixture
def other_origin() -> Iterator[tuple[str, list[str]]]:
    """A server, and the paths that somebody asked it for."""
    asked: list[str] = []

    class Other(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            asked.append(self.path)
            self.send_error(500)

        def do_GET(self) -> None:
            self.do_POST()

        def log_message(self, *_: object) -> None:
            """Nothing."""

    with server(Other) as url:
        yield url, asked


@pytest.mark.parametrize("status", [301, 302, 307, 308])
@pytest.mark.parametrize("is_streamed", [False, True])
def test_a_redirect_to_another_origin_is_not_followed(
    vendor: Vendor,
    vendor_of: Callable[..., Vendor],
    other_origin: tuple[str, list[str]],
    status: int,
    is_streamed: bool,
) -> None:
    elsewhere, asked = other_origin

    class Redirecting(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length") or 0))
            self.send_response(status)
            self.send_header("Location", elsewhere + urlsplit(self.path).path)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Nothing."""

    with server(Redirecting) as url:
        redirected = vendor_of(vendor.kind, gemini_base_url=url, openai_base_url=f"{url}/v1")
        listen = {"on_text": lambda _text: None} if is_streamed else {}
        fault = failure(redirected, tasks.extract_task(), **listen)
    assert asked == []
    assert isinstance(fault, errors.ProviderRejected)
    assert str(status) in str(fault)
