"""What the trials of the engine share."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

pytest.register_assert_rewrite("tests.worker.faults", "tests.worker.trials", "tests.worker.clusters")

from tests import fake_llm as fakes  # noqa: E402
from tests.worker.trials import Trial, database_url, trial_at  # noqa: E402


@pytest.fixture
def trial(rows: None, _fake_llm_server: fakes.FakeLLM, tmp_path: Path) -> Iterator[Trial]:
    """A trial in the test database, with the fake model at hand."""
    with trial_at(database_url(), tmp_path, GEMINI_BASE_URL=_fake_llm_server.url) as trial:
        yield trial


@pytest.fixture(autouse=True)
def _well_behaved(fake_llm: fakes.FakeLLM) -> None:
    """Each trial begins and ends with a fake that answers well."""
