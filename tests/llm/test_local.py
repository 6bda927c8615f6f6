from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from rubric_jobs import errors
from rubric_jobs.llm import ask
from rubric_jobs.llm.provider import Reply, Task
from rubric_jobs.llm.providers.local import LocalProvider
from tests.llm import tasks


def answer(task: Task) -> Reply:
    return asyncio.run(LocalProvider().answer(task, model="", timeout_s=1))


def test_a_document_is_answered_with_what_the_reader_found() -> None:
    reply = answer(tasks.extract_task())
    assert ask.parse(reply.text, keep_marks=True) == tasks.grid_rubric()
    assert (reply.model, reply.prompt_tokens, reply.completion_tokens) == ("", 0, 0)


@pytest.mark.parametrize("fault", [errors.NoRubricFound(), errors.ScannedDocument()])
def test_the_readers_error_is_the_answer_where_it_found_none(fault: errors.RubricJobError) -> None:
    with pytest.raises(type(fault)):
        answer(replace(tasks.extract_task(), local=fault))


def test_a_whole_rubric_is_returned_as_it_is() -> None:
    assert ask.parse(answer(tasks.whole_task()).text, keep_marks=True) == tasks.grid_rubric()


def test_a_few_rules_need_a_model() -> None:
    with pytest.raises(errors.NeedsModel):
        answer(tasks.rules_task())
