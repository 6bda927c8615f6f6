"""Features that distinguish a list of criteria without points, or one scale for a whole work, from other lists.

Such a list has no points, so its context decides: a heading or a sentence that mentions grading, and the list's share
of the document. The same words above a list of points mean less, so these features have their own names. No weights
here.
"""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

from rubric_jobs.documents.model import Document, Paragraph
from rubric_jobs.reader import context, lexicon
from rubric_jobs.reader.plan import Part
from rubric_jobs.rubric.model import Criterion
from rubric_jobs.vocabulary import words

Features = dict[str, float]
FURTHEST = 14
"""How many paragraphs above the first criterion are searched for headings of the list."""
MOST_HEADINGS = 3
LONGEST_HEADING = 160
LONGEST_SENTENCE = 400
FEW = 4
MOSTLY = 0.5
LONGEST_NAME = 60
"""The name of a scale for a whole work is short. A longer line introduces it or says something else."""
_KINDS = ("unscored", "scale")
AT_ALL = "graded at all"
"""A feature of `around`: whether anything there mentions grading."""
_GRADED = ("rubric", "grading", "criterion")
_OTHERS = ("exam", "syllabus", "schedule", "commerce", "survey", "technical", "game", "person", "measure")
_COLON = (":", "：")
_TOKEN = re.compile(r"\w+")
_FIRST_PERSON = re.compile(
    r"(?i)\b(?:i|my|we|our|ich|mein\w{0,2}|wir|unser\w{0,2}|je|j['’]ai|mon|ma|mes|nous|notre|nos|ik|mijn|wij|onze?"
    r"|yo|mis?|nuestr[oa]s?|he|hemos|eu|meus?|minhas?|nosso?a?s?|io|ho|miei|mie|jag|vi|mitt|min)\b|我"
)
"""Sentences in which learners judge their own work: "I have named my sources"."""


def features_unscored(part: Part, document: Document, criteria: Sequence[Criterion]) -> Features:
    """Features of a part of the shape lines: criteria without points and levels, or one criterion with levels."""
    if not criteria:
        return {}
    if all(criterion.points is None and not criterion.levels for criterion in criteria):
        kind = _KINDS[0]
    elif len(criteria) == 1 and len(criteria[0].levels) > 1:
        kind = _KINDS[1]
    else:
        return {}
    first = part.blocks[next((i for i, role in enumerate(part.rows) if role in "cl"), 0)]
    found = around(document, first) | _share(part, document)
    if kind == _KINDS[0]:
        found |= _items(part, document, criteria)
    else:
        found |= _levels(criteria[0])
    return {f"{kind} {name}": value for name, value in found.items()}


def is_graded(features: Mapping[str, float]) -> bool:
    """Whether a part with these features is such a list, or a table that asks for a judgement in most rows, with a
    mention of grading nearby."""
    is_list = any(features.get(f"line {kind} {AT_ALL}") for kind in _KINDS)
    return is_list or features.get("unscored asks and graded", 0.0) > MOSTLY


def around(document: Document, first: int) -> Features:
    """The themes of the title, the headings above the list and the paragraph right above its first block."""
    above = [b for b in document.blocks[max(0, first - FURTHEST) : first] if isinstance(b, Paragraph)]
    headings = [b.text for b in reversed(above) if b.is_heading and len(b.text) <= LONGEST_HEADING][:MOST_HEADINGS]
    told = next((b.text for b in reversed(above) if not b.is_heading), "")[-LONGEST_SENTENCE:]
    title = context.title_of(document)
    graded = max(map(_graded, headings), default=0.0)
    is_announced = told.rstrip().endswith(_COLON)
    speaks = float(_graded(told) > 0)
    return {
        "bias": 1.0,
        "heading": float(bool(headings)),
        "heading graded": graded,
        "nearest heading graded": _graded(headings[0]) if headings else 0.0,
        "heading of others": max(map(_of_others, headings), default=0.0),
        "title graded": _graded(title),
        "title of others": _of_others(title),
        "announced": float(is_announced),
        "announced graded": is_announced * speaks,
        "sentence graded": speaks,
        AT_ALL: float(graded > 0 or is_announced * speaks > 0 or _graded(title) > 0),
        "graded twice": float((graded > 0) + (speaks > 0) + (_graded(title) > 0) > 1),
    }


@lru_cache(8192)
def _graded(text: str) -> float:
    """The share of a text that mentions grading."""
    named = words.concepts(text)
    told = max(named.get(concept, 0.0) for concept in _GRADED)
    return max(told, 0.5 * lexicon.has(lexicon.RUBRIC, text)) if text else 0.0


@lru_cache(8192)
def _of_others(text: str) -> float:
    named = words.concepts(text)
    return min(1.0, sum(named.get(concept, 0.0) for concept in _OTHERS))


def _share(part: Part, document: Document) -> Features:
    """The list's share of the document's text."""
    used = {place for place, role in zip(part.blocks, part.rows, strict=True) if role not in "-"}
    lengths = [(place, len(b.text)) for place, b in enumerate(document.blocks) if isinstance(b, Paragraph)]
    whole = sum(length for _, length in lengths) or 1
    return {
        "of all": sum(length for place, length in lengths if place in used) / whole,
        "with tables": float(bool(document.tables)),
        "long document": math.log1p(len(document.blocks)) / 4,
    }


def _items(part: Part, document: Document, criteria: Sequence[Criterion]) -> Features:
    heads = [document.blocks[place] for place, role in zip(part.blocks, part.rows, strict=True) if role == "c"]
    lines = [block for block in heads if isinstance(block, Paragraph)]
    count = len(criteria)
    return wording_of(criteria) | {
        "headings": sum(line.is_heading for line in lines) / count,
        "set off": sum(line.is_bold or bool(line.lead) for line in lines) / count,
        "plain": sum(not line.marker and not line.is_bold for line in lines) / count,
    }


def wording_of(criteria: Sequence[Criterion]) -> Features:
    """The number of criteria, and how they are worded."""
    names = [criterion.name for criterion in criteria]
    count = len(names)
    openings = [match.group().casefold() for name in names if (match := _TOKEN.search(name))]
    return {
        "count": math.log1p(count) / 2,
        "few": float(count < FEW),
        "questions": sum(name.rstrip().endswith(("?", "？")) for name in names) / count,
        "described": sum(bool(criterion.description) for criterion in criteria) / count,
        "in sections": float(any(criterion.section for criterion in criteria)),
        "judged": sum(words.merit(_whole(criterion)) is not None for criterion in criteria) / count,
        "names of others": sum(map(_of_others, names)) / count,
        "digits": sum(any(ch.isdecimal() for ch in name) for name in names) / count,
        "open alike": sum(a == b for a, b in itertools.pairwise(openings)) / count,
        "first person": sum(_FIRST_PERSON.search(name) is not None for name in names) / count,
    }


def _whole(criterion: Criterion) -> str:
    return f"{criterion.name} {criterion.description or ''}"[:LONGEST_SENTENCE]


def _levels(criterion: Criterion) -> Features:
    """Whether the levels of the scale have known names, are in order and have descriptions."""
    levels = criterion.levels
    ranks = [words.level_rank(level.name or "") for level in levels]
    known = [rank for rank in ranks if rank is not None]
    values = [value for level in levels if (value := level.highest) is not None]
    return {
        "levels": math.log1p(len(levels)) / 2,
        "known": len(known) / len(levels),
        "known in order": float(len(known) == len(levels) and known in (sorted(known), sorted(known, reverse=True))),
        "worth in order": float(
            len(values) == len(levels) and values in (sorted(values), sorted(values, reverse=True))
        ),
        "described": sum(bool(level.description) for level in levels) / len(levels),
        "named": float(bool(criterion.name)),
        "name graded": _graded(criterion.name),
        "name of others": _of_others(criterion.name),
        "name sentence": float(len(criterion.name.split()) > FEW and criterion.name.endswith((".", "。"))),
        "name long": float(len(criterion.name) > LONGEST_NAME),
    }


def _is_ordered(values: Sequence[Any]) -> bool:
    return list(values) in (sorted(values), sorted(values, reverse=True))
