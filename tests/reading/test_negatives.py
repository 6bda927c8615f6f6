"""No rubric is ever made out of a document that holds none."""

from __future__ import annotations

import pytest

from rubric_jobs import documents, reader
from rubric_jobs.errors import NoRubricFound
from tests.reading.builders import Sample, built
from tests.reading.samples_negative import NEGATIVES


@pytest.mark.parametrize("layout", ["docx", "ruled", "lined", "plain"])
@pytest.mark.parametrize("sample", NEGATIVES, ids=lambda sample: sample.name)
def test_a_document_without_a_rubric_is_refused(sample: Sample, layout: str) -> None:
    with pytest.raises(NoRubricFound):
        reader.read(documents.parse(built(sample, layout)))
