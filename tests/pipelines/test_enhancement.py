"""The whole enhancement pipeline, with the real SDKs over real HTTP against the fake server."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rubric_jobs import errors, reader
from rubric_jobs.documents import typed_text
from rubric_jobs.llm import points_answer
from rubric_jobs.llm.provider import Reply
from rubric_jobs.llm.providers import registry
from rubric_jobs.llm.providers.registry import ProviderSettings
from rubric_jobs.llm.routing import Policy
from rubric_jobs.pipelines import enhancement
from rubric_jobs.pipelines.enhancement import EnhancementRequest
from rubric_jobs.pipelines.outcome import Outcome
from rubric_jobs.reader import typed
from rubric_jobs.reader.sandbox import Reading
from rubric_jobs.rubric import text as rubric_text
from rubric_jobs.rubric.model import Adjustment, Criterion, Level, Rubric
from tests import rubrics
from tests.fake_llm import FakeLLM

RULES = "be kind\nfocus on grammar\ncite sources"
WHOLE = rubric_text.write(rubrics.essay())
AUTO = Policy(call_timeout_s=20)

Run = Callable[..., Outcome]


def request_for(rules: str, total: object = 100, **more: Any) -> EnhancementRequest:
    return EnhancementRequest(rules=rules, total_points=Decimal(str(total)), **more)


async def read_text(text: str) -> Reading:
    """As the sandbox, without a process of its own."""

    def read() -> Reading:
        document = typed_text.parse(text)
        try:
            return Reading(document, Rubric.model_validate(typed.read(document).model_dump()), reader.plans(document))
        except errors.NoRubricFound as error:
            return Reading(document, error)

    return await asyncio.to_thread(read)


def enhanced(
    request: EnhancementRequest, settings: dict[str, Any] | None = None, policy: Policy = AUTO, **more: Any
) -> Outcome:
    async def go() -> Outcome:
        providers = registry.build(ProviderSettings(**settings or {}))
        try:
            return await enhancement.enhance(
                request, read=more.pop("read", read_text), providers=providers, policy=policy, **more
            )
        finally:
            await providers.aclose()

    return asyncio.run(go())


@pytest.fixture
def run(fake_llm: FakeLLM) -> Run:
    """Both vendors have a key and are the fake server."""
    keys = {"gemini_api_key": "k", "openai_api_key": "k"}
    urls = {"gemini_base_url": fake_llm.url, "openai_base_url": fake_llm.openai_url}
    return lambda request, **more: enhanced(request, **{"settings": urls | keys} | more)


def worths(done: Outcome) -> list[Decimal | None]:
    return [criterion.points for criterion in done.rubric.criteria]


def codes(done: Outcome) -> list[str]:
    return [warning.code for warning in done.rubric.warnings]


def wording(rubric: Rubric) -> list[Any]:
    return [(c.name, c.description, [(level.name, level.description) for level in c.levels]) for c in rubric.criteria]


def turns_of_the_loop_beside(request: EnhancementRequest, **settings: Any) -> int:
    """How often another job of the same loop had its turn until this one had ended."""

    async def go() -> int:
        enhancing = asyncio.ensure_future(
            enhancement.enhance(
                request, read=read_text, providers=registry.build(ProviderSettings(**settings)), policy=AUTO
            )
        )
        turns = 0
        while not enhancing.done():
            await asyncio.sleep(0.001)
            turns += 1
        with contextlib.suppress(errors.RubricJobError):
            enhancing.result()
        return turns

    return asyncio.run(go())


@pytest.mark.parametrize(
    "rules",
    ["**Scoring**:\n" + "- **A (5 pts)**:\n" * 4_900, ("|5 " * 13 + "\n") * 300],
    ids=["many criteria", "a large table"],
)
def test_the_other_jobs_of_the_loop_go_on_while_a_huge_text_is_read_and_shared_out(rules: str) -> None:
    assert turns_of_the_loop_beside(request_for(rules, 100_000, provider="local")) > 20


# ---- A whole rubric.


def test_a_whole_rubric_is_rescaled_without_a_model() -> None:
    done = enhanced(request_for(WHOLE))
    assert worths(done) == [60, 40]
    assert wording(done.rubric) == wording(rubrics.essay())
    assert (done.provider, done.model, done.prompt_tokens, done.completion_tokens) == ("local", None, 0, 0)
    assert (len(done.rubric.criteria), done.ungrounded, done.asked_again) == (2, 0, False)


def test_the_result_is_the_one_of_the_contract() -> None:
    done = enhanced(request_for(WHOLE, "50.5"))
    assert done.result == {
        "success": True,
        "enhanced_rubric": rubric_text.write(done.rubric),
        "total_points": 50.5,
        "rubric": done.rubric.as_json(),
    }
    assert done.result["enhanced_rubric"].startswith("Essay rubric\n\n**Scoring (50.5 pts total):**")
    assert json.loads(json.dumps(done.result)) == done.result
    assert type(enhanced(request_for(WHOLE, "50.00")).result["total_points"]) is int


def test_a_whole_rubric_stays_local_in_auto_though_a_model_has_a_key(run: Run, fake_llm: FakeLLM) -> None:
    assert run(request_for(WHOLE)).provider == "local"
    assert not fake_llm.history


def test_a_wish_sends_a_whole_rubric_to_a_model_in_auto(run: Run, fake_llm: FakeLLM) -> None:
    done = run(request_for(WHOLE, instruction="Thesis counts more."))
    assert (done.provider, len(fake_llm.history)) == ("gemini", 1)
    assert sum(worth or 0 for worth in worths(done)) == 100
    assert wording(done.rubric) == wording(rubrics.essay())
    assert done.prompt_tokens > 0
    assert done.completion_tokens > 0
    assert "wish_not_heeded" not in codes(done)


def test_a_wish_that_no_model_can_heed_is_told_of() -> None:
    done = enhanced(request_for(WHOLE, instruction="Thesis counts more."))
    assert worths(done) == [60, 40]
    assert "wish_not_heeded" in codes(done)
    assert "wish_not_heeded" not in codes(enhanced(request_for(WHOLE, instruction=" ")))


@pytest.mark.parametrize("provider", ["gemini", "openai"])
def test_a_model_changes_points_alone(run: Run, fake_llm: FakeLLM, provider: str) -> None:
    answer = {"points": ["1 Thesis 30", "2 Style 10"], "title": "Another title", "criteria": [{"name": "THESIS"}]}
    fake_llm.behave(answer=answer)
    done = run(request_for(WHOLE, 40, provider=provider))
    assert worths(done) == [30, 10]
    assert (done.provider, done.rubric.title, done.answer_form) == (provider, "Essay rubric", "plan")
    assert wording(done.rubric) == wording(rubrics.essay())
    assert [level.points for level in done.rubric.criteria[0].levels] == [30, 15, 0]
    assert [each.points for each in done.rubric.adjustments] == [4]


@pytest.mark.parametrize("mode", ["added_criterion", "dropped_row", "renamed_criterion", "no_criteria"])
def test_a_model_that_does_not_keep_the_criteria_is_asked_once_more_then_failed(
    run: Run, fake_llm: FakeLLM, mode: str
) -> None:
    fake_llm.behave(mode=mode)
    with pytest.raises(errors.AnswerInvalid, match="did not give every criterion"):
        run(request_for(WHOLE, provider="gemini"))
    assert len(fake_llm.history) == 2


@pytest.mark.parametrize("provider", ["gemini", "openai"])
def test_the_second_question_quotes_what_was_wrong(run: Run, fake_llm: FakeLLM, provider: str) -> None:
    fake_llm.then(mode="dropped_row")
    done = run(request_for(WHOLE, provider=provider))
    assert done.asked_again
    assert wording(done.rubric) == wording(rubrics.essay())
    assert "criterion 2 has no points" in str(fake_llm.history[1])


@pytest.mark.parametrize(
    "points",
    [
        ["1 Thesis 60"],
        ["1 Style 60", "2 Thesis 40"],
        ["1 Thesis 60", "2 Style 40", "3 Grammar 5"],
        ["1 Thesis 60", "1 Thesis 50", "2 Style 40"],
        ["1 Thesis 60", "2 Style 40", "1.9 Clear 3"],
        ["1 Thesis 60", "2 Style 40", "1.1 Blurry 3"],
        ["1 Thesis 60", "2 Style forty"],
        ["1 Thesis 100", "2 Style 0"],
    ],
)
def test_points_for_another_rubric_are_refused(run: Run, fake_llm: FakeLLM, points: list[str]) -> None:
    fake_llm.behave(answer={"points": points})
    with pytest.raises(errors.AnswerInvalid):
        run(request_for(WHOLE, provider="gemini"))
    assert len(fake_llm.history) == 2


@pytest.mark.parametrize("rules", [WHOLE, RULES])
def test_a_wrong_sum_is_repaired(run: Run, fake_llm: FakeLLM, rules: str) -> None:
    fake_llm.behave(mode="wrong_sum")
    done = run(request_for(rules, provider="gemini"))
    assert sum(worth or 0 for worth in worths(done)) == 100
    assert len(fake_llm.history) == 1


@pytest.mark.parametrize("rules", [WHOLE, RULES])
def test_a_criterion_worth_more_than_the_whole_is_refused(run: Run, fake_llm: FakeLLM, rules: str) -> None:
    fake_llm.behave(mode="altered_points")
    with pytest.raises(errors.AnswerInvalid, match="more points than there are"):
        run(request_for(rules, provider="gemini"))


def test_points_that_a_model_leaves_as_they_were_are_scaled_down(run: Run, fake_llm: FakeLLM) -> None:
    fake_llm.behave(answer=points_answer.written(rubrics.essay()))
    assert worths(run(request_for(WHOLE, 5, provider="gemini"))) == [3, 2]


def test_levels_without_points_get_those_of_the_model(run: Run, fake_llm: FakeLLM) -> None:
    levels = [Level(name="Good", description="Is clear."), Level(name="Poor", description="Is not.")]
    whole = Rubric(criteria=[Criterion(name=name, levels=levels) for name in ("Clarity", "Depth")])
    told = ["1 Clarity 10", "1.1 Good 10", "1.2 Poor 6", "2 Depth 10", "2.1 Good 10", "2.2 Poor 6"]
    fake_llm.behave(answer={"points": told})
    done = run(request_for(rubric_text.write(whole), 20, provider="openai"))
    assert [[level.points for level in each.levels] for each in done.rubric.criteria] == [[10, 6], [10, 6]]


def test_the_criteria_appear_while_a_model_gives_them_points(run: Run, fake_llm: FakeLLM) -> None:
    fake_llm.behave(part_characters=8)
    seen: list[dict[str, Any]] = []
    ticks = itertools.count()
    run(request_for(WHOLE, provider="gemini"), on_progress=lambda **told: seen.append(told), clock=ticks.__next__)
    writing = [told["partial_rubric"]["criteria"] for told in seen if told["stage"] == "writing"]
    assert ["Thesis"] in [[criterion["name"] for criterion in criteria] for criteria in writing]


def test_a_penalty_in_a_pasted_table_takes_nothing_from_the_criteria() -> None:
    table = "Criteria\tPoints\nThesis\t20\nEvidence\t30\nLate penalty\t-5\nTotal\t50"
    done = enhanced(request_for(table, 100))
    assert worths(done) == [40, 60]
    assert [(each.kind, each.reason, each.points) for each in done.rubric.adjustments] == [
        ("penalty", "Late penalty", 10)
    ]


def test_a_pasted_rubric_is_read_by_a_plan_which_comes_with_the_outcome_of_arithmetic_alone(run: Run) -> None:
    text = "Method: 30 points\nResults: 10 points\nStyle: 10 points"
    done = enhanced(request_for(text))
    assert worths(done) == [60, 20, 20]
    assert done.plan is not None
    assert [criterion.source.paragraph for criterion in done.rubric.criteria if criterion.source] == [0, 1, 2]
    assert enhanced(request_for(WHOLE)).plan is None
    assert run(request_for(text, provider="gemini")).plan is None


def test_a_text_that_no_reader_gets_to_the_end_of_is_taken_for_rules(run: Run) -> None:
    async def too_much(_: str) -> Reading:
        raise errors.DocumentTooLarge

    assert run(request_for("Method: 30 points\nResults: 10 points", 40), read=too_much).provider == "gemini"
    with pytest.raises(errors.NeedsModel):
        enhanced(request_for("Method: 30 points\nResults: 10 points", 40), read=too_much)


def test_one_line_without_a_number_is_rules_without_being_read(run: Run) -> None:
    async def never(_: str) -> Reading:
        raise AssertionError

    assert run(request_for(" Be clear. Cite sources.\n", 40), read=never).provider == "gemini"


def test_a_mismatch_of_the_old_total_is_told_of() -> None:
    assert "total_mismatch" in codes(enhanced(request_for(WHOLE.replace("20 pts total", "25 pts total"))))


@rubrics.quick
@given(rubrics.rubrics, st.integers(80, 800).map(lambda quarters: Decimal(quarters) / 4))
def test_any_rubric_of_any_form_comes_back_whole_with_exactly_its_total(rubric: Rubric, total: Decimal) -> None:
    done = enhanced(request_for(rubric_text.write(rubric), total))
    again = rubric_text.read(done.result["enhanced_rubric"])
    assert sum(each.points or 0 for each in again.criteria) == total == again.total_points
    assert wording(again) == wording(rubric)


def test_without_a_total_a_whole_rubric_keeps_its_own() -> None:
    done = enhanced(EnhancementRequest(rules="Thesis: 2.5 points\nStyle: 2.5 points\nForm: 5 points"))
    assert worths(done) == [Decimal("2.5"), Decimal("2.5"), 5]
    assert done.result["total_points"] == 10


def test_without_a_total_few_rules_and_a_rubric_without_points_are_refused() -> None:
    with pytest.raises(errors.InvalidPoints, match="Say how many points"):
        enhanced(EnhancementRequest(rules=RULES))
    with pytest.raises(errors.InvalidPoints, match="no total of its own"):
        enhanced(EnhancementRequest(rules="Style\n- Good: nice\n- Poor: not\nForm\n- Good: nice\n- Poor: not"))


def test_sections_and_percents_are_kept() -> None:
    penalty = Adjustment(kind="penalty", reason="Late: 10 % a day")
    criteria = [Criterion(name=name, section="Part one", points=Decimal(10)) for name in ("A", "B")]
    done = enhanced(request_for(rubric_text.write(Rubric(criteria=criteria, adjustments=[penalty])), 40))
    assert [criterion.section for criterion in done.rubric.criteria] == ["Part one", "Part one"]
    assert done.rubric.adjustments == [penalty]


def test_a_scale_that_begins_with_its_worst_level_is_not_turned_upside_down() -> None:
    levels = [Level(name=name) for name in ("Does not meet", "Meets", "More than meets")]
    rules = rubric_text.write(Rubric(criteria=[Criterion(name=name, levels=levels) for name in ("A", "B")]))
    done = enhanced(request_for(rules, 40))
    assert [[level.points for level in each.levels] for each in done.rubric.criteria] == [[0, 10, 20]] * 2


# ---- A few rules.


@pytest.mark.parametrize("provider", ["gemini", "openai"])
def test_a_few_rules_become_a_rubric_of_exactly_the_total(run: Run, provider: str) -> None:
    done = run(request_for(RULES, 33, provider=provider))
    assert 4 <= len(done.rubric.criteria) <= 8
    assert all(2 <= len(each.levels) <= 4 for each in done.rubric.criteria)
    assert sum(worth or 0 for worth in worths(done)) == 33 == done.result["total_points"]
    assert (done.provider, done.rubric.kind) == (provider, "analytic")
    assert all(each.levels[0].points == each.points for each in done.rubric.criteria)


def test_a_few_rules_without_a_model_need_one() -> None:
    with pytest.raises(errors.NeedsModel, match="no provider is set up"):
        enhanced(request_for(RULES))


def test_a_few_rules_for_the_local_provider_need_a_model_too(run: Run, fake_llm: FakeLLM) -> None:
    with pytest.raises(errors.NeedsModel, match="local provider has none"):
        run(request_for(RULES, provider="local"))
    assert not fake_llm.history


def a_new_rubric(**changes: Any) -> dict[str, Any]:
    levels = [{"name": "Good", "description": "Yes.", "points": 4}, {"name": "Poor", "description": "No.", "points": 1}]
    criteria = [{"name": f"Criterion {letter}", "points": 4, "levels": levels, **changes} for letter in "ABCD"]
    return {"title": "New", "criteria": criteria}


@pytest.mark.parametrize(
    "answer",
    [
        {"criteria": a_new_rubric()["criteria"][:3]},
        {"criteria": [{**each, "name": f"{each['name']}{n}"} for n in range(3) for each in a_new_rubric()["criteria"]]},
        a_new_rubric(name="Same"),
        a_new_rubric(name=" "),
        a_new_rubric(points=0),
        a_new_rubric(points=-4),
        a_new_rubric(levels=[]),
        a_new_rubric(levels=[{"name": "Good", "points": 4}]),
        a_new_rubric(levels=[{"name": str(n), "points": 5 - n} for n in range(5)]),
        a_new_rubric(levels=[{"name": "Good", "points": 4}, {"name": None, "points": 1}]),
        a_new_rubric(
            levels=[{"name": name, "points": worth} for name, worth in (("Good", 4), ("Fair", 1), ("Poor", 3))]
        ),
        a_new_rubric(levels=[{"name": "Good", "points": 4}, {"name": "Poor", "points": 4}]),
        a_new_rubric(levels=[{"name": "Good", "points": 4}, {"name": "Poor"}]),
    ],
    ids=range(13),
)
def test_a_new_rubric_out_of_bounds_is_asked_for_once_more_then_failed(
    run: Run, fake_llm: FakeLLM, answer: dict[str, Any]
) -> None:
    fake_llm.behave(answer=answer)
    with pytest.raises(errors.AnswerInvalid):
        run(request_for(RULES, provider="gemini"))
    assert len(fake_llm.history) == 2


def test_a_new_rubric_within_bounds_is_scaled_to_the_total(run: Run, fake_llm: FakeLLM) -> None:
    fake_llm.behave(answer=a_new_rubric())
    done = run(request_for(RULES, 30))
    assert worths(done) == [8, 8, 7, 7]
    assert [[level.points for level in each.levels] for each in done.rubric.criteria] == [
        [8, 2],
        [8, 2],
        [7, 2],
        [7, 2],
    ]


def test_penalties_that_a_model_writes_are_meant_for_the_total(run: Run, fake_llm: FakeLLM) -> None:
    adjustments = [{"kind": "penalty", "reason": "Late", "points": 5}]
    fake_llm.behave(answer={**a_new_rubric(), "adjustments": adjustments})
    assert [each.points for each in run(request_for(RULES, 50)).rubric.adjustments] == [5]


def test_a_leaked_prompt_is_refused(run: Run, fake_llm: FakeLLM) -> None:
    fake_llm.behave(mode="leak")
    with pytest.raises(errors.AnswerInvalid):
        run(request_for(RULES))


# ---- Totals, fallbacks, hooks.


@pytest.mark.parametrize(
    ("rules", "total"), [(RULES, "0.75"), (WHOLE, "0.25"), (WHOLE, "10.1"), (WHOLE, 0), (WHOLE, "NaN")]
)
def test_a_total_that_cannot_be_shared_out_is_refused_before_anybody_is_asked(
    run: Run, fake_llm: FakeLLM, rules: str, total: object
) -> None:
    with pytest.raises(errors.InvalidPoints):
        run(request_for(rules, total, provider="gemini"))
    assert not fake_llm.history


@pytest.mark.parametrize("total", [1, "1.25"])
def test_a_total_that_allows_few_criteria_alone_is_checked_against_their_number(
    run: Run, fake_llm: FakeLLM, total: object
) -> None:
    fake_llm.then(answer={"criteria": [{**each, "points": 1} for each in a_new_rubric()["criteria"]]})
    done = run(request_for(RULES, total))
    assert sum(worth or 0 for worth in worths(done)) == Decimal(str(total))


def test_the_fallback_takes_over_where_the_first_provider_fails(run: Run, fake_llm: FakeLLM) -> None:
    fake_llm.then(mode="503")
    done = run(request_for(RULES), policy=Policy(provider="gemini", fallback=("openai",), call_timeout_s=20))
    assert done.provider == "openai"


def test_the_local_fallback_rescales_a_whole_rubric_and_never_makes_one_up(run: Run, fake_llm: FakeLLM) -> None:
    policy = Policy(provider="gemini", fallback=("local",), call_timeout_s=20)
    fake_llm.behave(mode="503")
    done = run(request_for(WHOLE, 10), policy=policy)
    assert (done.provider, done.model, worths(done)) == ("local", None, [6, 4])
    with pytest.raises(errors.ProviderUnavailable):
        run(request_for(RULES), policy=policy)


@pytest.mark.parametrize(
    ("mode", "error"),
    [
        ("401", errors.ProviderRejected),
        ("404", errors.ModelRetired),
        ("500", errors.ProviderUnavailable),
        ("cut_off", errors.AnswerTruncated),
        ("refusal", errors.AnswerRefused),
        ("invalid_json", errors.AnswerInvalid),
        ("wrong_shape", errors.AnswerInvalid),
    ],
)
@pytest.mark.parametrize("provider", ["gemini", "openai"])
def test_a_models_failure_is_an_error_and_never_a_rubric(
    run: Run, fake_llm: FakeLLM, provider: str, mode: str, error: type[errors.RubricJobError]
) -> None:
    fake_llm.behave(mode=mode)
    with pytest.raises(error):
        run(request_for(RULES, provider=provider))


def test_a_stored_reply_is_gone_on_from_without_another_call(run: Run, fake_llm: FakeLLM) -> None:
    kept: list[Reply] = []
    first = run(request_for(RULES), on_reply=kept.append)
    fake_llm.behave(mode="503")
    again = run(request_for(RULES), stored_reply=kept[0])
    assert again.result == first.result
    assert len(kept) == 1


def test_progress_tells_the_stages_and_the_partial_rubric(run: Run, fake_llm: FakeLLM) -> None:
    stages: list[tuple[str, int]] = []

    def report(*, stage: str, criteria_found: int = 0, partial_rubric: dict[str, Any] | None = None) -> None:
        stages.append((stage, len(partial_rubric["criteria"]) if partial_rubric else criteria_found))

    ticks = iter(range(10**6))
    fake_llm.behave(pace_s=0.001)
    done = run(request_for(RULES), on_progress=report, clock=lambda: float(next(ticks)))
    assert [stage for stage, _ in stages[:2]] == ["reading", "asking"]
    assert stages[-1] == ("checking", len(done.rubric.criteria))
    assert any(stage == "writing" and count >= 1 for stage, count in stages)
