"""Fit the reader's weights: `make fit DOCS=… TRUTH=…`.

Documents with truth, and made ones of our own, are read with the weights of the moment; the part that tells most of
each table's truth teaches the local models; then which part of a region is best, whether there is a rubric, which
whole reading is right, and how sure that is. Each stage is fitted on readings of models that did not see the document
(five folds by repository), so that figures and confidences are those of documents that nobody has seen.
"""

from __future__ import annotations

import argparse
import datetime
import json
import multiprocessing
import random
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks import fit_stages, made_checklists, made_lists, made_negatives, made_pages, made_tables, own_samples
from benchmarks.fit_models import FOLDS, fold_of
from rubric_jobs import documents
from rubric_jobs.documents import typed_text
from rubric_jobs.documents.model import Document
from rubric_jobs.errors import RubricJobError
from rubric_jobs.reader import weights
from tests.reading.builders import built
from tests.reading.samples_negative import NEGATIVES
from tests.reading.test_own_documents import SAMPLES

MADE_LISTS, MADE_CHECKLISTS, MADE_TABLES, SEED = 120, 90, 150, 7
Truth = dict[str, Any]


@dataclass(frozen=True)
class Case:
    name: str
    document: Document
    truth: Truth

    @property
    def repo(self) -> str:
        return str(self.truth["source"]["repo"])

    @property
    def is_made(self) -> bool:
        return self.repo.startswith(("made/", "own/"))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("docs", type=Path)
    parser.add_argument("truth", type=Path)
    options = parser.parse_args()
    cases = [*real(options.docs, options.truth), *made()]
    print(f"{len(cases)} documents, {sum(case.is_made for case in cases)} of them made")
    fitted = fit(cases)
    weights.FILE.write_text(json.dumps(fitted, indent=1, ensure_ascii=False, sort_keys=True) + "\n", "utf-8")
    print(json.dumps(fitted["provenance"], indent=1))


def real(docs: Path, truths: Path) -> list[Case]:
    files = sorted(path for path in docs.iterdir() if (truths / f"{path.stem}.json").exists())
    with multiprocessing.Pool(2) as pool:
        told = pool.map(_parsed, files, 4)
    return [
        Case(path.stem, document, json.loads((truths / f"{path.stem}.json").read_text("utf-8")))
        for path, document in zip(files, told, strict=True)
        if document is not None
    ]


def _parsed(path: Path) -> Document | None:
    try:
        return documents.parse(path.read_bytes())
    except RubricJobError:
        return None


def made() -> list[Case]:
    """Handouts, tables and the samples of the tests, whose truth is known because we wrote them."""
    cases = []
    makers = [made_lists.made, made_lists.made, made_negatives.made]
    for number in range(MADE_LISTS):
        cases.append(_handout(f"list{number}", number, makers[number % 3]))
    for number in range(MADE_LISTS, MADE_LISTS + MADE_CHECKLISTS):
        cases.append(_handout(f"checklist{number}", number, made_checklists.made))
    for number, (document, truth) in enumerate(made_tables.documents(MADE_TABLES, SEED)):
        cases.append(Case(f"table{number}", document, truth))
    for number, (text, truth) in enumerate(own_samples.typed_truths()):
        cases.append(Case(f"typed{number}", typed_text.parse(text), truth))
    for sample in [*SAMPLES, *NEGATIVES]:
        for layout in sample.layouts[:2] if sample.expected else sample.layouts:
            document = documents.parse(built(sample, layout))
            cases.append(Case(f"{sample.name}-{layout}", document, own_samples.truth_of(sample)))
    return cases


def _handout(name: str, number: int, maker: Callable[[random.Random], made_lists.Handout]) -> Case:
    chance = random.Random(SEED * 100_000 + number)
    handout = maker(chance)
    truth = made_lists.truth_of(handout, number)
    if not handout.criteria:
        truth = {"source": truth["source"], "kind": "none", "layout": "list", "criteria": []}
    is_pdf = chance.random() < 0.6
    data = made_pages.as_pdf(handout.lines, chance) if is_pdf else made_pages.as_docx(handout.lines)
    return Case(name, documents.parse(data), truth)


def fit(cases: list[Case]) -> dict[str, Any]:
    with multiprocessing.Pool(2) as pool:
        gold = [part for parts in pool.map(fit_stages.gold, cases, 4) for part in parts]
    taught = [gold] + [[g for g in gold if g.case.is_made or fold_of(g.case.repo) != k] for k in range(FOLDS)]
    with multiprocessing.Pool(2) as pool:
        local, *by_fold = pool.map(fit_stages.fit_local, taught, 1)
    regions = read_regions(cases, local, by_fold)
    print(f"{len(gold)} parts teach the local models; {len(regions)} regions")
    parts, parts_by_fold = fit_stages.fit_parts(regions)
    for own, wording in zip([parts, *parts_by_fold], fit_stages.fit_wording(cases), strict=True):
        own["wording"] = wording
    whole, confidence, figures = fit_stages.fit_wholes(cases, regions, parts, parts_by_fold)
    provenance = {
        "date": datetime.datetime.now(datetime.UTC).date().isoformat(),
        "documents": sum(not case.is_made for case in cases),
        "made": sum(case.is_made for case in cases),
        "repositories": len({case.repo for case in cases if not case.is_made}),
        "cross-validated": figures,
    }
    return {**local, **parts, "whole": whole, "confidence": confidence, "provenance": provenance}


def read_regions(cases: list[Case], local: Any, by_fold: list[Any]) -> list[Any]:
    """All candidates of all regions, proposed by local models that did not see the document."""
    jobs = [(case, local if case.is_made else by_fold[fold_of(case.repo)]) for case in cases]
    with multiprocessing.Pool(2) as pool:
        told = pool.starmap(fit_stages.read_case, jobs, 4)
    return [region for regions in told for region in regions]


if __name__ == "__main__":
    main()
