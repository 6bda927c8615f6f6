"""The stages of fitting: local models, parts of regions, whole readings, confidence."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass
from typing import Any

import numpy as np

from benchmarks import fit_judging
from benchmarks.fit_models import FOLDS, Columns, Example, Group, Weights, difference, fit_choice, fit_classes, fold_of
from rubric_jobs.documents.model import Table
from rubric_jobs.reader import (
    assemble,
    candidates,
    composition,
    confidence,
    enumerate_rows,
    enumerate_tables,
    grid_work,
    local_features,
    weights,
    wording,
)
from rubric_jobs.reader import regions as regions_module
from rubric_jobs.reader.plan import Part
from rubric_jobs.reader.sheet import part_sheet

MADE_LOCAL, MADE_PART, MADE_WHOLE = 0.25, 0.2, 0.25
RIDGE_RANK, RIDGE_WHOLE = 10.0, 3.0
COST_LOCAL, COST_DETECT, COST_CONFIDENCE, COST_WORDING = 0.5, 0.03, 0.05, 5.0
FEWEST_STEM = 5
"""Documents that a stem must stand in: what fewer say is by chance."""
CAUTION = 0.8
"""Log odds by which a reading must beat "no rubric here"."""
WIDE = {
    enumerate_tables: {"MOST_PARTS": 110, "MOST_HEADERS": 4, "MOST_COLUMN_ROLES": 8},
    enumerate_rows: {"MOST_ROW_ROLES": 5},
}


@dataclass(frozen=True)
class Gold:
    case: Any
    part: Part


@dataclass(frozen=True)
class Option:
    part: Part
    features: dict[str, float]
    utility: float
    criteria: int


@dataclass(frozen=True)
class Region:
    case: Any
    blocks: tuple[int, ...]
    options: list[Option]


def gold(case: Any) -> list[Gold]:
    """The part of each table that tells most of the truth, of more parts than are looked at in reading."""
    for module, bounds in WIDE.items():  # in a process of its own
        for name, value in bounds.items():
            setattr(module, name, value)
    found = []
    for region in _regions(case, tables_alone=True) if case.truth["criteria"] else []:
        best = max(region.options, key=lambda option: round(option.utility, 6))
        if best.utility > 0 and best.utility >= 0.75 * best.criteria:
            found.append(Gold(case, best.part))
    return found


def read_case(case: Any, local: dict[str, Any]) -> list[Region]:
    weights.use({**weights.fitted(), **local})
    return _regions(case)


def _regions(case: Any, *, tables_alone: bool = False) -> list[Region]:
    found = []
    for blocks in regions_module.regions(case.document):
        if tables_alone and not isinstance(case.document.blocks[blocks[0]], Table):
            continue
        options = [
            Option(
                candidate.part,
                candidate.features,
                fit_judging.utility(case.truth, candidate.reading.criteria) if case.truth["criteria"] else -1.0,
                len(candidate.reading.criteria),
            )
            for candidate in candidates.region_candidates(case.document, blocks)
        ]
        if options:
            found.append(Region(case, blocks, options))
    return found


def fit_local(gold_parts: list[Gold]) -> dict[str, Any]:
    """Models of header rows, of columns (two shapes) and of rows."""
    told: dict[str, list[Example]] = {"header": [], "columns": [], "long": [], "rows": []}
    for one in gold_parts:
        _local_examples(one, told)
    fitted: dict[str, Any] = {name: fit_classes(told[name], COST_LOCAL) for name in ("columns", "long", "rows")}
    fitted["header"] = difference(fit_classes(told["header"], COST_LOCAL / 2), "yes", "no")
    for name in ("columns", "long", "rows"):
        for role in weights.fitted()[name]:
            fitted[name].setdefault(role, {"bias": -4.0})
    return fitted


def _local_examples(one: Gold, told: dict[str, list[Example]]) -> None:
    worth = MADE_LOCAL if one.case.is_made else 1.0
    sheet, rows, roles = part_sheet(one.part, one.case.document)
    start = 0
    while start < len(rows) and rows[start] in "kh-":
        start += 1
    header = [row for row in range(start) if rows[row] == "h"]
    start = header[-1] + 1 if header else start
    for row in range(min(len(rows), 6, start + 1)):
        label = "yes" if row in header else "no"
        told["header"].append(Example(local_features.header_features(sheet, row), label, worth))
    lent = grid_work.lent_titles(one.part, one.case.document, sheet) if one.part.header is not None else []
    titles = [grid_work.title_text(cells) for cells in lent or grid_work.titles_of(sheet, header)]
    body = range(start, len(rows))
    if not len(body):
        return
    columns = local_features.Columns(sheet, titles, body)
    model = "long" if one.part.shape == "long" else "columns"
    told[model] += [Example(columns.features(c), roles[c], worth) for c in range(sheet.columns)]
    if model == "columns":
        each = worth * 2 / math.sqrt(len(body))
        features = [local_features.row_features(sheet, roles, titles, row, body) for row in body]
        told["rows"] += [Example(own, rows[row], each) for own, row in zip(features, body, strict=True)]


def fit_parts(regions: list[Region]) -> tuple[dict[str, Weights], list[dict[str, Weights]]]:
    """Which part of a region is best, and whether it is a rubric: of all, and of each fold's others."""
    columns = Columns.of([o.features for r in regions for o in r.options], 20)
    by_fold = []
    chosen: list[tuple[Region, Option]] = []
    for k in range(FOLDS):
        rank = _fit_rank([r for r in regions if r.case.is_made or fold_of(r.case.repo) != k], columns)
        by_fold.append({"rank": rank})
        mine = [r for r in regions if not r.case.is_made and fold_of(r.case.repo) == k]
        chosen += [(region, _best(region, rank)) for region in mine]
    rank = _fit_rank(regions, columns)
    ours = [(region, _best(region, rank)) for region in regions if region.case.is_made]
    for k in range(FOLDS):
        by_fold[k]["detect"] = _fit_detect([c for c in chosen if fold_of(c[0].case.repo) != k] + ours)
    return {"rank": rank, "detect": _fit_detect(chosen + ours)}, by_fold


def _best(region: Region, rank: Weights) -> Option:
    return max(region.options, key=lambda option: weights.dot(rank, option.features))


def _fit_rank(regions: list[Region], columns: Columns) -> Weights:
    groups, worths = [], _worths(regions)
    for region in regions:
        most = max(option.utility for option in region.options)
        rewards = [min(max(option.utility / most, 0.0), 1.0) ** 8 if most > 0 else 0.0 for option in region.options]
        if most > 0.3 and min(rewards) < 0.99:
            groups.append(Group([o.features for o in region.options], rewards, worths[region.case.name]))
    return columns.weights(fit_choice(groups, columns, RIDGE_RANK))


def _worths(regions: list[Region]) -> dict[str, float]:
    """By document: one of many regions does not count for many."""
    counts = Counter(region.case.name for region in regions)
    made = {region.case.name for region in regions if region.case.is_made}
    return {name: (MADE_PART if name in made else 1.0) / math.sqrt(count) for name, count in counts.items()}


def _fit_detect(chosen: list[tuple[Region, Option]]) -> Weights:
    worths = _worths([region for region, _ in chosen])
    columns = Columns.of([o.features for _, o in chosen], 20)
    spread = columns.matrix([o.features for _, o in chosen]).std(0)
    scale = {n: float(s) if s >= 0.05 else 1e9 for n, s in zip(columns.names, spread, strict=True)}
    examples = []
    for region, option in chosen:
        is_rubric = option.utility > 0.25 and option.utility >= 0.4 * option.criteria
        is_clear = is_rubric or max(o.utility for o in region.options) <= 0.3
        features = {n: v / scale[n] for n, v in option.features.items() if n in scale}
        features.pop("bias", None)
        worth = worths[region.case.name] * (1.0 if is_clear else 0.3)
        examples.append(Example(features, "yes" if is_rubric else "no", worth))
    told = difference(fit_classes(examples, COST_DETECT / 2), "yes", "no")
    intercept = told.pop("bias", 0.0)
    return {**{n: round(v / scale[n], 4) for n, v in told.items() if n in scale}, "intercept": intercept}


def fit_wording(cases: list[Any]) -> list[Weights]:
    """What the words of real documents say of whether they hold a rubric: of all, then of each fold's others."""
    real = [case for case in cases if not case.is_made]
    return [_fit_wording(real), *(_fit_wording([c for c in real if fold_of(c.repo) != k]) for k in range(FOLDS))]


def _fit_wording(cases: list[Any]) -> Weights:
    rubrics = sum(case.truth["kind"] != "none" for case in cases)
    worths = {"yes": len(cases) / 2 / rubrics, "no": len(cases) / 2 / (len(cases) - rubrics)}
    common = Counter(stem for case in cases for stem in wording.stems(case.document))
    common.pop("bias", None)  # the name of the intercept
    examples = []
    for case in cases:
        known = [stem for stem in wording.stems(case.document) if common[stem] >= FEWEST_STEM]
        label = "no" if case.truth["kind"] == "none" else "yes"
        features = dict.fromkeys(known, wording.worth(len(known)))
        examples.append(Example(features, label, worths[label]))
    # No words at all must speak for nothing: else a short document would be refused for being short.
    examples += [Example({}, label, len(cases)) for label in worths]
    told = difference(fit_classes(examples, COST_WORDING), "yes", "no")
    told.pop("bias")
    return told


def fit_wholes(
    cases: list[Any], regions: list[Region], parts: dict[str, Weights], by_fold: list[dict[str, Weights]]
) -> tuple[Weights, dict[str, Any], dict[str, Any]]:
    """Weights of whole readings, of confidence, and the cross-validated figures."""
    by_case: dict[str, list[Region]] = {}
    for region in regions:
        by_case.setdefault(region.case.name, []).append(region)
    told = {}
    for case in cases:
        weights.use({**weights.fitted(), **(parts if case.is_made else by_fold[fold_of(case.repo)]), "whole": {}})
        told[case.name] = _wholes(case, by_case.get(case.name, []))
    columns = Columns.of([w.features for own in told.values() for w, _ in own if w.parts], 5)
    examples, right, readings = [], [], []
    for k in range(FOLDS):
        mine = [case for case in cases if not case.is_made and fold_of(case.repo) == k]
        whole = _fit_whole([case for case in cases if case not in mine], told, columns)
        for case in mine:
            ranked = sorted(told[case.name], key=lambda pair: -_score(pair[0], whole))
            for one, _ in ranked:
                one.score = _score(one, whole)
            readings.append((case, ranked[0][1], bool(ranked[0][0].parts)))
            if ranked[0][0].parts:
                examples.append((case, confidence.confidence_features([one for one, _ in ranked], case.document)))
                right.append(ranked[0][1] == 1.0)
    sure, curve = _fit_confidence(examples, right)
    figures = {**_figures(readings), "right of the surest": curve}
    return _fit_whole(cases, told, columns), {"weights": sure}, figures


def _wholes(case: Any, regions: list[Region]) -> list[tuple[composition.Whole, float]]:
    found = {}
    for region in regions:
        own = [
            candidates.Candidate(region.blocks, option.part, None, option.features)  # type: ignore[arg-type]
            for option in region.options
        ]
        found[region.blocks] = candidates.ranked(own)
        for candidate in found[region.blocks]:
            candidate.reading = assemble.assemble_part(candidate.part, case.document)
    told = []
    for whole in composition.wholes(case.document, found):
        readings = [candidate.reading for candidate in whole.parts]
        rubric = assemble.joined(whole.plan, readings, case.document) if whole.parts else None
        told.append((whole, fit_judging.quality(case.truth, rubric)))
    return told


def _score(whole: composition.Whole, fitted: Weights) -> float:
    return weights.dot(fitted, whole.features) if whole.parts else 0.0


def _fit_whole(cases: list[Any], told: dict[str, Any], columns: Columns) -> Weights:
    groups = []
    for case in cases:
        own = [(whole, worth) for whole, worth in told[case.name] if whole.parts]
        if own:
            is_none = case.truth["kind"] == "none"
            groups.append(
                Group(
                    [whole.features for whole, _ in own],
                    [0.0 if is_none else worth for _, worth in own],
                    MADE_WHOLE if case.is_made else 1.0,
                    1.0 if is_none else 0.02,
                )
            )
    fitted = columns.weights(fit_choice(groups, columns, RIDGE_WHOLE))
    fitted["bias"] = round(fitted.get("bias", 0.0) - CAUTION, 4)
    return fitted


def _fit_confidence(examples: list[Any], right: list[bool]) -> tuple[Weights, dict[str, float]]:
    """Weights, and how many of the surest readings are right, by their number."""
    names = sorted({name for _, features in examples for name in features} - {"bias"})
    spread = {n: float(np.std([features.get(n, 0.0) for _, features in examples])) or 1e9 for n in names}
    rows = [
        Example({n: features.get(n, 0.0) / spread[n] for n in names}, "yes" if ok else "no")
        for (_, features), ok in zip(examples, right, strict=True)
    ]
    folds = [fold_of(case.repo) for case, _ in examples]
    told: list[tuple[float, bool]] = []
    for k in range(FOLDS):
        model = _logit([row for row, fold in zip(rows, folds, strict=True) if fold != k])
        told += [
            (weights.sigmoid(weights.dot(model, row.features) + model["bias"]), row.label == "yes")
            for row, fold in zip(rows, folds, strict=True)
            if fold == k
        ]
    told.sort(reverse=True)
    model = _logit(rows)
    fitted = {n: round(v / spread[n], 4) for n, v in model.items() if n in spread}
    curve = {str(n): round(sum(ok for _, ok in told[:n]) / n, 3) for n in range(10, len(told) + 1, 10)}
    return {**fitted, "bias": model["bias"]}, curve


def _logit(rows: list[Example]) -> Weights:
    return difference(fit_classes(rows, COST_CONFIDENCE / 2), "yes", "no")


def _figures(readings: list[Any]) -> dict[str, Any]:
    rubrics = [(worth, is_read) for case, worth, is_read in readings if case.truth["kind"] != "none"]
    others = [is_read for case, _, is_read in readings if case.truth["kind"] == "none"]
    return {
        "wholly right": [sum(worth == 1.0 for worth, _ in rubrics), len(rubrics)],
        "negatives refused": [sum(not is_read for is_read in others), len(others)],
    }
