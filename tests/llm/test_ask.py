from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from rubric_jobs import errors
from rubric_jobs.documents import Cell, Document, Table
from rubric_jobs.llm import ask as asking
from rubric_jobs.llm.ask import Answer, Objection, Question, Target
from rubric_jobs.llm.provider import EnhanceTask, Reply, Task
from rubric_jobs.rubric.model import Rubric, Source
from tests import cpu
from tests.llm import tasks

TASK = EnhanceTask(rules="be clear", instruction="", total_points=Decimal(10), rubric=None)
GOOD = {"title": "T", "criteria": [{"name": "A", "points": 10, "levels": [{"name": "Met"}]}]}


class Scripted:
    """A provider that answers what it was told to, one after the other, and keeps what it was asked."""

    is_ready = True

    def __init__(self, *answers: Any, name: str = "scripted") -> None:
        self.name = name
        self.answers = list(answers)
        self.asked: list[Task] = []

    def preload(self) -> None:
        """Nothing to import."""

    async def answer(
        self, task: Task, *, model: str, timeout_s: float, on_text: Callable[[str], None] | None = None
    ) -> Reply:
        self.asked.append(task)
        told = self.answers.pop(0)
        if isinstance(told, Exception):
            raise told
        if told == "hang":
            await asyncio.Event().wait()
        text = told if isinstance(told, str) else json.dumps(told)
        if on_text:
            on_text(text)
        return Reply(text=text, model=model, prompt_tokens=7, completion_tokens=3)

    async def aclose(self) -> None:
        """Nothing to close."""


def accept(_rubric: Rubric) -> None:
    """No objection."""


def ask(provider: Scripted, **more: Any) -> Answer:
    return asyncio.run(
        asking.ask(
            Question(more.pop("task", TASK), asking.passing(more.pop("check", accept)), more.pop("on_text", None)),
            target=Target(provider, "m"),
            **({"timeout_s": 5} | more),
        )
    )


def test_a_good_answer_is_taken_with_its_tokens_and_its_provider() -> None:
    answer = ask(Scripted(GOOD))
    assert (answer.rubric.criteria[0].name, answer.asked_again) == ("A", False)
    assert (answer.prompt_tokens, answer.completion_tokens, answer.reply.provider, answer.reply.model) == (
        7,
        3,
        "scripted",
        "m",
    )


def test_a_bad_answer_is_complained_about_and_asked_for_once_more() -> None:
    provider = Scripted("no rubric", GOOD)
    answer = ask(provider)
    assert answer.asked_again
    assert (answer.prompt_tokens, answer.completion_tokens) == (14, 6)
    assert [bool(task.complaint) for task in provider.asked] == [False, True]


def test_a_second_bad_answer_is_refused_and_there_is_no_third_question() -> None:
    provider = Scripted("no", "no", GOOD)
    with pytest.raises(errors.AnswerInvalid):
        ask(provider)
    assert len(provider.asked) == 2


def test_the_check_may_object_with_a_complaint_that_the_user_never_sees() -> None:
    provider = Scripted(GOOD, GOOD)

    def check(rubric: Rubric) -> None:
        raise Objection("Not kept.", complaint=f"“{rubric.criteria[0].name}” is new.")

    with pytest.raises(errors.AnswerInvalid) as refused:
        ask(provider, check=check)
    assert str(refused.value) == "Not kept."
    assert provider.asked[1].complaint == "“A” is new."


def test_every_reply_is_handed_over_before_it_is_judged() -> None:
    kept: list[str] = []

    async def keep(reply: Reply) -> None:
        kept.append(reply.text)

    with pytest.raises(errors.AnswerInvalid):
        ask(Scripted("one", "two"), on_reply=keep)
    assert kept == ["one", "two"]
    ask(Scripted("three", GOOD), on_reply=lambda reply: kept.append(reply.text))
    assert kept[2] == "three"


def test_a_stored_reply_stands_for_the_first_call_and_is_not_handed_over_again() -> None:
    kept: list[Reply] = []
    provider = Scripted()
    stored = Reply(text=json.dumps(GOOD), model="old", prompt_tokens=2, completion_tokens=1, provider="scripted")
    answer = ask(provider, stored_reply=stored, on_reply=kept.append)
    assert (answer.reply, answer.prompt_tokens, kept, provider.asked) == (stored, 2, [], [])


def test_a_stored_reply_that_is_no_good_is_asked_for_once_more() -> None:
    provider = Scripted(GOOD)
    answer = ask(provider, stored_reply=Reply(text="{", model="old", prompt_tokens=2))
    assert (answer.asked_again, answer.prompt_tokens, len(provider.asked)) == (True, 9, 1)
    assert provider.asked[0].complaint


def test_a_call_that_never_ends_is_a_timeout(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asking, "TIMEOUT_GRACE_S", 0.5)
    with pytest.raises(errors.ProviderTimeout):
        ask(Scripted("hang"), timeout_s=0.01)


def test_text_arrives_while_it_is_written() -> None:
    seen: list[str] = []
    ask(Scripted(GOOD), on_text=seen.append)
    assert seen == [json.dumps(GOOD)]


def test_an_answer_without_an_end_is_broken_off_as_soon_as_it_is_too_long() -> None:
    class Endless(Scripted):
        parts = 0

        async def answer(self, task: Task, *, on_text: Callable[[str], None] | None = None, **_: Any) -> Reply:
            assert on_text
            while True:
                self.parts += 1
                on_text("x" * (self.parts * asking.MAX_REPLY_CHARACTERS // 2))

    provider = Endless()
    with pytest.raises(errors.AnswerInvalid, match="far too long"):
        ask(provider, on_text=len)
    assert provider.parts == 3


def in_turn(*providers: Scripted, **more: Any) -> Answer:
    candidates = [Target(provider, f"model-of-{provider.name}") for provider in providers]
    return asyncio.run(asking.ask_in_turn([Question(TASK, asking.passing(accept))], candidates, timeout_s=5, **more))


def test_the_next_one_is_asked_where_the_first_fails() -> None:
    answer = in_turn(Scripted(errors.ProviderUnavailable(), name="a"), Scripted(GOOD, name="b"))
    assert (answer.reply.provider, answer.reply.model) == ("b", "model-of-b")


@pytest.mark.parametrize("answered", [errors.AnswerTruncated(), errors.AnswerRefused(), errors.AnswerInvalid()])
def test_who_was_answered_is_charged_though_the_next_one_is_busy(answered: Exception) -> None:
    with pytest.raises(errors.ProviderBusy) as raised:
        in_turn(Scripted(answered, answered, name="a"), Scripted(errors.ProviderBusy(), name="b"))
    assert raised.value.charged


def test_who_was_not_answered_is_not_charged_while_one_is_busy() -> None:
    with pytest.raises(errors.ProviderBusy) as raised:
        in_turn(Scripted(errors.ProviderRejected(), name="a"), Scripted(errors.ProviderBusy(), name="b"))
    assert not raised.value.charged


def test_whatever_a_server_says_a_reply_can_be_stored() -> None:
    reply = Reply(text="ab\ud83d", model="m\0", prompt_tokens=3_000_000_000, completion_tokens=-1)
    assert (reply.text, reply.model, reply.completion_tokens) == ("ab?", "m", 0)
    assert reply.prompt_tokens < 2**31 / 4


def test_points_that_would_take_a_gigabyte_to_write_are_no_points() -> None:
    with pytest.raises(errors.AnswerInvalid):
        asking.parse('{"criteria": [{"name": "A", "points": "1e-999999999"}]}')


def test_the_stored_reply_is_the_first_ones_alone() -> None:
    first, second = Scripted(errors.ProviderUnavailable(), name="a"), Scripted(GOOD, name="b")
    stored = Reply(text=json.dumps(GOOD), model="old", provider="a")
    assert in_turn(first, second, stored_reply=stored).reply == stored
    assert in_turn(first, second, stored_reply=Reply(text="{", model="old")).reply.provider == "b"
    assert [len(first.asked), len(second.asked)] == [1, 1]
    assert not second.asked[0].complaint


def test_where_all_fail_what_waiting_may_help_is_raised_first() -> None:
    with pytest.raises(errors.ProviderUnavailable):
        in_turn(Scripted(errors.ModelRetired(), name="a"), Scripted(errors.ProviderUnavailable(), name="b"))
    with pytest.raises(errors.ModelRetired):
        in_turn(Scripted(errors.ModelRetired(), name="a"), Scripted(errors.AnswerRefused(), name="b"))


def test_what_is_no_providers_fault_ends_the_asking() -> None:
    second = Scripted(GOOD, name="b")
    with pytest.raises(errors.NoRubricFound):
        in_turn(Scripted(errors.NoRubricFound(), name="a"), second)
    assert not second.asked


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Here is your rubric:",
        "[]",
        '"text"',
        "[" * 100_000,
        '{"criteria": null}',
        '{"criteria": [{"name": null}]}',
        '{"criteria": [{"name": "A", "points": NaN}]}',
        '{"criteria": [{"name": "A", "points": 1e999}]}',
        '{"criteria": [{"name": "A", "points": ' + "9" * 5000 + "}]}",
        '{"criteria": [{"name": "A", "points": "many"}]}',
        '{"criteria": [{"name": "\\ud800"}]}',
        '{"criteria": [{"name": "A"}',
        json.dumps({"criteria": [{"name": "A"}] * 201}),
        json.dumps({"criteria": [{"name": "A", "levels": [{}] * 21}]}),
        json.dumps({"criteria": [{"name": "A" * 1_001}]}),
        json.dumps({"criteria": [{"name": "A", "description": "x" * 20_001}]}),
        json.dumps({"criteria": [], "adjustments": [{"kind": "penalty", "reason": "late"}] * 101}),
        json.dumps({"criteria": [], "title": "x" * 2_000_001}),
        json.dumps({"criteria": [{"name": "A", "points": 600_000}] * 2}),
        json.dumps({"criteria": [{"name": "A", "points": -500_000.25}] * 2}),
    ],
    ids=range(21),
)
def test_a_reply_that_is_no_rubric_within_bounds_is_refused_in_one_sentence(text: str) -> None:
    with pytest.raises(errors.AnswerInvalid) as refused:
        asking.parse(text)
    assert str(refused.value).startswith("The language model's answer was ")
    assert len(str(refused.value)) < 150


LONG = asking.MAX_REPLY_CHARACTERS - 100
HOSTILE = {
    "numbers for criteria": '{"criteria": [' + "1," * (LONG // 2) + "1]}",
    "levels of nothing": '{"criteria": [{"name": "A", "levels": [' + "{}," * (LONG // 3) + "{}]}]}",
    "penalties of nothing": '{"criteria": [], "adjustments": [' + "{}," * (LONG // 3) + "{}]}",
    "a fence and line breaks": "```json\n" + "\n" * LONG + "x",
    "a fence and many more": "```\n" + "\n   ```   x" * (LONG // 11),
    "one long name": '{"criteria": [{"name": "' + "a " * (LONG // 2) + '"}]}',
    "an open list": '{"criteria": [' + '{"name": "A"},' * (LONG // 14),
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_the_longest_hostile_reply_is_refused_at_once(text: str) -> None:
    with cpu.at_most(1), pytest.raises(errors.AnswerInvalid):
        asking.parse(text)


@pytest.mark.parametrize("words", [1, 3_000])
def test_a_long_reply_is_judged_beside_the_loop_and_a_short_one_in_it(words: int) -> None:
    judged_in: list[bool] = []
    reply = {"criteria": [{**GOOD["criteria"][0], "description": "long " * words} for _ in range(3)]}
    ask(Scripted(reply), check=lambda _: judged_in.append(threading.current_thread() is threading.main_thread()))
    assert judged_in == [words == 1]


def test_a_short_reply_is_judged_beside_the_loop_where_the_document_is_long() -> None:
    cells = tuple(Cell(row, 0, "a cell", Source(table=0, row=row, column=0)) for row in range(10_000))
    long = Document(pages=1, blocks=(Table(10_000, 1, cells, Source(table=0)),))
    judged_in: list[bool] = []
    for document in (long, tasks.grid_document()):
        ask(
            Scripted(GOOD),
            task=replace(tasks.extract_task(), document=document),
            check=lambda _: judged_in.append(threading.current_thread() is threading.main_thread()),
        )
    assert judged_in == [False, True]


@pytest.mark.parametrize("fenced", ["```{}```", "```json\n{}", "{}\n```", "``\n{}\n``", "```not json at all\n{}\n```"])
def test_half_a_fence_is_none(fenced: str) -> None:
    with pytest.raises(errors.AnswerInvalid):
        asking.parse(fenced.replace("{}", json.dumps(GOOD)))


@pytest.mark.parametrize("fenced", ["```\n{}\n```", " \n```json \n\n{}\n\n  ``` \n", "```JSON\r\n{}```"])
def test_a_fence_around_the_json_is_no_matter_however_it_is_set(fenced: str) -> None:
    assert asking.parse(fenced.replace("{}", json.dumps(GOOD))).title == "T"


def test_a_fence_around_the_json_is_no_matter() -> None:
    assert asking.parse(f"```json\n{json.dumps(GOOD)}\n```").title == "T"


def test_names_are_folded_and_what_no_database_takes_is_left_out() -> None:
    told = {"title": " ", "criteria": [{"name": "A\n\tB\x00", "description": " x\x00\ny ", "levels": [{"name": ""}]}]}
    rubric = asking.parse(json.dumps(told))
    assert (rubric.title, rubric.criteria[0].name, rubric.criteria[0].description) == (None, "A B", "x\ny")
    assert rubric.criteria[0].levels[0].name is None


def test_points_are_kept_to_four_decimals() -> None:
    assert asking.parse('{"criteria": [{"name": "A", "points": 33.33333333333333}]}').criteria[0].points == Decimal(
        "33.3333"
    )


def test_a_model_cannot_vouch_for_itself() -> None:
    told = {
        "grounded": True,
        "warnings": [{"code": "x", "message": "y"}],
        "totals": {"stated": 5},
        "criteria": [{"name": "A", "grounded": True, "confidence": 1, "levels": [{"source": {"page": 1}}]}],
    }
    rubric = asking.parse(json.dumps(told))
    assert rubric == Rubric.model_validate({"criteria": [{"name": "A", "levels": [{}]}]})
