"""Answers that point, beside answers that copy: their lengths, and how many wrong plans are marked.

    python -m benchmarks.plan_answers DOCS TRUTH [--changes 200]

Over the documents that some plan reads wholly right: the answer's characters (as given: a letter where the plan is
offered; and as a plan of the model's own), the prompt's (rules and material; and with the schema), each divided by
those of the copying form. Then right plans with one random change that changes the rubric: how many are refused or
marked with a warning, and how many right plans are.
"""

from __future__ import annotations

import argparse
import json
import pathlib
import random
import statistics
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from benchmarks import figures as figure
from benchmarks import fit_judging
from rubric_jobs import documents, reader
from rubric_jobs.documents import Document
from rubric_jobs.errors import RubricJobError
from rubric_jobs.llm import plan_answer, prompts
from rubric_jobs.llm.provider import ExtractTask
from rubric_jobs.pipelines import pointing, two_readers
from rubric_jobs.reader import composition
from rubric_jobs.reader.assemble import assemble
from rubric_jobs.reader.candidates import candidates
from rubric_jobs.reader.plan import COLUMN_ROLES, LINE_ROLES, NAMES, ROW_ROLES, Part, Plan, PlanInvalid
from rubric_jobs.reader.sandbox import Reading
from rubric_jobs.rubric.model import Rubric, answer_schema

SEED = 20_261_130
MARKS = {"left_unread", "readers_disagree", "total_mismatch", "unnamed_criterion"}
MOST_TRIES = 200


@dataclass(frozen=True, slots=True)
class Sample:
    """A document with its local reading, and the plan that reads it wholly right."""

    name: str
    data: bytes
    reading: Reading
    right: Plan


def samples(docs: pathlib.Path, truths: pathlib.Path) -> Iterator[Sample]:
    for truth_file in sorted(truths.glob("*.json")):
        truth = json.loads(truth_file.read_text())
        found = [path for path in docs.glob(f"{truth_file.stem}.*") if path.suffix.lower() in (".pdf", ".docx")]
        if truth["kind"] == "none" or not found:
            continue
        data = found[0].read_bytes()
        reading = reading_of(data)
        if reading is not None and (right := right_plan(truth, reading)) is not None:
            yield Sample(truth_file.stem, data, reading, right)


def reading_of(data: bytes) -> Reading | None:
    try:
        document = documents.parse(data)
    except RubricJobError:
        return None
    try:
        local: Rubric | RubricJobError = reader.read(document)
    except RubricJobError as error:
        local = error
    return Reading(document, local, reader.plans(document))


def right_plan(truth: dict[str, Any], reading: Reading) -> Plan | None:
    """The likeliest plan that reads all of the truth, of those that the local reader enumerates."""
    document = reading.document
    plans = [*reading.plans, *(whole.plan for whole in composition.wholes(document, candidates(document)))]
    return next((plan for plan in plans if plan.parts and _quality(truth, plan, document) == 1), None)


def _quality(truth: dict[str, Any], plan: Plan, document: Document) -> float:
    rubric = assemble(plan, document).rubric
    return fit_judging.quality(truth, rubric) if rubric.criteria else 0.0


# --- Lengths


def lengths(sample: Sample) -> dict[str, float]:
    document = sample.reading.document
    offered = plan_answer.choices(sample.reading.plans, document)
    copy = _compact(copied(assemble(sample.right, document).rubric))
    task = ExtractTask(document, sample.reading.local, sample.data, documents.sniff(sample.data))
    old = prompts.for_task(task)
    new = prompts.for_task(replace(task, form="plan", choices=offered))
    sizes = [len(prompt.system) + len(prompt.user) for prompt in (new, old)]
    schemas = [len(_compact(prompt.schema)) for prompt in (new, old)]
    return {
        "answer": len(_compact(plan_answer.written(sample.right, document, offered))) / len(copy),
        "own plan": len(_compact(plan_answer.written(sample.right, document))) / len(copy),
        "prompt": sizes[0] / sizes[1],
        "prompt with schema": (sizes[0] + schemas[0]) / (sizes[1] + schemas[1]),
    }


def copied(rubric: Rubric) -> Any:
    """The rubric as a model copies it: the fields of the answer's schema."""
    return _only(rubric.model_dump(mode="json"), answer_schema())


def _only(value: Any, schema: dict[str, Any]) -> Any:
    if isinstance(value, list):
        return [_only(item, schema["items"]) for item in value]
    if isinstance(value, dict):
        return {name: _only(value[name], item) for name, item in schema["properties"].items()}
    return value


def _compact(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


# --- A liar


def lie(sample: Sample, chance: random.Random) -> Plan | None:
    """The right plan with one random change that changes the rubric."""
    document = sample.reading.document
    truth = assemble(sample.right, document).rubric
    for _ in range(MOST_TRIES):
        number = chance.randrange(len(sample.right.parts))
        parts = list(sample.right.parts)
        parts[number : number + 1] = _changed(parts[number], document, chance)
        try:
            plan = Plan(tuple(parts))
            if not two_readers.is_same(assemble(plan, document).rubric, truth):
                return plan
        except PlanInvalid:
            continue
    return None


def _changed(part: Part, document: Document, chance: random.Random) -> list[Part]:
    by_rows = LINE_ROLES if part.shape == "lines" else COLUMN_ROLES if part.shape == "across" else ROW_ROLES
    by_columns = ROW_ROLES if part.shape == "across" else COLUMN_ROLES
    match chance.randrange(6):
        case 0 | 1 if part.columns:
            return [replace(part, columns=_other_role(part.columns, by_columns, chance))]
        case 2 | 3:
            return [replace(part, rows=_other_role(part.rows, by_rows, chance))]
        case 4:
            return [replace(part, name=chance.choice(NAMES))]
        case _:
            return []


def _other_role(roles: str, known: Any, chance: random.Random) -> str:
    at = chance.randrange(len(roles))
    return roles[:at] + chance.choice([role for role in known if role != roles[at]]) + roles[at + 1 :]


def marks(plan: Plan, reading: Reading) -> set[str]:
    """Why the plan's rubric is marked; `refused` where it is not taken at all."""
    try:
        pointing.believed(plan, reading.document)
    except PlanInvalid:
        return {"refused"}
    rubric = pointing.rubric_of(plan, reading)
    found = {warning.code for warning in rubric.warnings} & MARKS
    return found | ({"a doubt"} if rubric.doubts else set())


def _share(told: list[set[str]]) -> str:
    marked = [bool(each - {"a doubt"}) for each in told]
    kinds = Counter(kind for each in told for kind in each)
    return f"{sum(marked)}/{len(told)} = {sum(marked) / len(told):.3f} {dict(kinds.most_common())}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("docs", type=pathlib.Path)
    parser.add_argument("truth", type=pathlib.Path)
    parser.add_argument("--changes", type=int, default=200)
    arguments = parser.parse_args()
    found = list(samples(arguments.docs, arguments.truth))
    sizes = [lengths(sample) for sample in found]
    print(f"documents that a plan reads wholly right: {len(found)}")
    for name in sizes[0]:
        values = [each[name] for each in sizes]
        p90 = figure.percentile(values, 0.9)
        print(f"{name:20} median {statistics.median(values):.3f}  p90 {p90:.3f}  max {max(values):.3f}")
    chance = random.Random(SEED)
    lies: list[set[str]] = []
    while len(lies) < arguments.changes:
        sample = chance.choice(found)
        if (plan := lie(sample, chance)) is not None:
            lies.append(marks(plan, sample.reading))
    print("wrong plans marked", _share(lies))
    print("right plans marked", _share([marks(sample.right, sample.reading) for sample in found]))
    sys.exit(0)


if __name__ == "__main__":
    main()
