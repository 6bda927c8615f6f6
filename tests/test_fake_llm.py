"""The fake as a process of its own, changed over HTTP and by markers while it runs."""

from __future__ import annotations

import json
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.fake_llm import FakeLLM


@pytest.fixture
def address() -> Iterator[str]:
    command = [sys.executable, "-m", "tests.fake_llm", "--port", "0"]
    root = Path(__file__).parent.parent
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=root) as process:
        assert process.stdout is not None
        yield process.stdout.readline().split()[0]
        process.terminate()


def post(url: str, body: Any) -> Any:
    request = urllib.request.Request(url, json.dumps(body).encode(), {"authorization": "Bearer k"})
    with urllib.request.urlopen(request, timeout=20) as answer:
        return json.load(answer)


def ask(address: str, text: str) -> Any:
    message = {"role": "user", "content": text}
    return post(f"{address}/v1/chat/completions", {"model": "m", "messages": [message]})


def test_a_process_of_its_own_is_changed_and_asked_over_http(address: str) -> None:
    assert post(f"{address}/__admin/behave", {"latency_s": 0.2})["latency_s"] == 0.2
    start = time.monotonic()
    answer = ask(address, "<document-0123456789ab>\nThesis: 30 points\nStyle: 20 points\n</document-0123456789ab>")
    assert time.monotonic() - start >= 0.2
    told = json.loads(answer["choices"][0]["message"]["content"])
    assert [(criterion["name"], criterion["points"]) for criterion in told["criteria"]] == [
        ("Thesis", 30),
        ("Style", 20),
    ]
    with urllib.request.urlopen(f"{address}/__admin/history", timeout=20) as shown:
        history = json.load(shown)
    assert (history["served"], history["calls"][0]["vendor"]) == (1, "openai")


def test_a_marker_in_a_prompt_rules_that_call_alone(fake_llm: FakeLLM) -> None:
    with pytest.raises(urllib.error.HTTPError) as caught:
        ask(fake_llm.url, "[[fake mode=503]] hello")
    assert caught.value.code == 503
    caught.value.close()
    assert ask(fake_llm.url, "hello")["choices"]


def test_a_mode_that_does_not_exist_is_refused(fake_llm: FakeLLM) -> None:
    with pytest.raises(ValueError, match="no such mode"):
        fake_llm.behave(mode="perfect")
