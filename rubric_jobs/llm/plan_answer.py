"""A plan as a model writes it, and back: a choice among plans, a plan of its own, or "no rubric here".

The answer is four fields of plain strings:

    {"choice": "A", "words": ["Use", "Spelling"], "parts": [], "roles": []}
    {"choice": "own", "words": [], "parts": ["3 down"],
     "roles": ["3c0 c Criterion", "3c1-2 l Strong Weak", "3r0 h Criterion", "3r1-3 c Use Spelling"]}

Models miscount rows and columns, so each reference comes with the first word of what it points at: of both ends where
it is a range, of the first and the last criterion where it is a choice. Whatever no role names is skipped.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from hashlib import sha256
from typing import Any, Literal, get_args

from pydantic_core import from_json

from rubric_jobs.documents import Document, Table
from rubric_jobs.llm import parts
from rubric_jobs.reader.assemble import assemble
from rubric_jobs.reader.plan import NAMES, SHAPES, NameFrom, Part, Plan, PlanInvalid, check_roles
from rubric_jobs.rubric.model import Criterion

MOST_CHOICES = 3
MOST_ENTRIES = 2_000
LONGEST_ENTRY = 300
USUAL_NAME: NameFrom = "lead"
"""Where names come from, unless the answer says otherwise."""
OWN, NONE, PROSE = "own", "none", "prose"
_LETTERS = "ABC"

Verdict = Literal["plan", "none", "prose"]
_TEXTS = {"type": "array", "items": {"type": "string"}}
SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {"choice": {"type": "string"}, "words": _TEXTS, "parts": _TEXTS, "roles": _TEXTS},
    "required": ["choice", "words", "parts", "roles"],
    "additionalProperties": False,
}


@dataclass(frozen=True, slots=True)
class Told:
    """`plan` is the answer's plan, if any; `prose` means that there is a rubric which no plan can express."""

    verdict: Verdict
    plan: Plan | None = None


def choices(plans: Sequence[Plan], document: Document) -> tuple[Plan, ...]:
    """At most MOST_CHOICES plans for the document, ordered by digest, so that the order gives no hint."""
    usable = [plan for plan in plans if _criteria(plan, document)][:MOST_CHOICES]
    return tuple(sorted(usable, key=lambda plan: sha256(json.dumps(plan.to_json()).encode()).digest()))


def shown(offered: Sequence[Plan], document: Document) -> str:
    """The choices, each with what it reads; with the roles that tell it from others that read alike."""
    told = [_summary(plan, document) for plan in offered]
    lines = []
    for place, (text, plan) in enumerate(zip(told, offered, strict=True)):
        twins = [other for same, other in zip(told, offered, strict=True) if same == text and other != plan]
        first = told.index(text)
        said = text if first == place else f"as {_LETTERS[first]}"
        lines.append("; ".join([f"{_LETTERS[place]}: {said}", *_what_differs(plan, twins)]))
    return "\n".join(lines)


def _what_differs(plan: Plan, twins: Sequence[Plan]) -> Iterator[str]:
    """The roles of a plan's parts, as far as the same part of a twin has others, or the twin has no such part."""
    for part in plan.parts:
        same = [other for twin in twins for other in twin.parts if other.blocks == part.blocks]
        columns = f"columns {part.columns}" if {other.columns for other in same} - {part.columns} else ""
        rows = f"rows {part.rows}" if {other.rows for other in same} - {part.rows} else ""
        if len(same) < len(twins):
            columns, rows = f"columns {part.columns}", f"rows {part.rows}"
        if columns or rows:
            yield f"{part.blocks[0]}: {columns} {rows}".replace("  ", " ").strip()[:LONGEST_ENTRY]


def written(plan: Plan, document: Document, offered: Sequence[Plan] = ()) -> dict[str, Any]:
    """The answer for a plan: its letter if it is one of the choices."""
    if plan in offered:
        names = [criterion.name for criterion in _criteria(plan, document)]
        words = [parts.first_word([name]) for name in (names[0], names[-1])]
        return {"choice": _LETTERS[list(offered).index(plan)], "words": words, "parts": [], "roles": []}
    return {
        "choice": OWN,
        "words": [],
        "parts": [_written_part(part) for part in plan.parts],
        "roles": [entry for part in plan.parts for entry in _written_roles(part, document)],
    }


def is_plan(text: str) -> bool:
    """Whether a reply answers with a plan, not with a copy."""
    try:
        return "choice" in first_object(text)
    except PlanInvalid:
        return False


def parse(text: str, document: Document, offered: Sequence[Plan] = ()) -> Told:
    """Raises PlanInvalid, with a reason that the model can act on."""
    told = first_object(text)
    choice = str(told.get("choice", "")).strip()
    if choice.casefold() in (NONE, PROSE):
        return Told("none" if choice.casefold() == NONE else "prose")
    words, part_texts, roles = (texts_of(told, name) for name in ("words", "parts", "roles"))
    if choice.casefold() != OWN:
        return Told("plan", _chosen(choice, words, offered, document))
    return Told("plan", _own(part_texts, roles, document))


def so_far(text: str, document: Document, offered: Sequence[Plan] = ()) -> Plan | None:
    """The plan of an unfinished answer; None while there is none."""
    try:
        told = from_json(text[max(text.find("{"), 0) :], allow_partial=True)
        choice = told.get("choice") if isinstance(told, dict) else None
        if choice and choice in _LETTERS[: len(offered)]:
            return offered[_LETTERS.index(choice)]
        return _own(texts_of(told, "parts"), texts_of(told, "roles"), document) if choice == OWN else None
    except ValueError:
        return None


def first_object(text: str) -> dict[str, Any]:
    """The first JSON object in the text: some models write it twice, or a sentence after it."""
    try:
        told, _ = json.JSONDecoder().raw_decode(text, max(text.find("{"), 0))
    except (ValueError, RecursionError):
        raise PlanInvalid("it was no JSON object in the required shape") from None
    if not isinstance(told, dict):
        raise PlanInvalid("it was no JSON object in the required shape")
    return told


def texts_of(told: dict[str, Any], name: str) -> list[str]:
    value = told.get(name, [])
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise PlanInvalid(f'"{name}" is a list of strings')
    if len(value) > MOST_ENTRIES or any(len(item) > LONGEST_ENTRY for item in value):
        raise PlanInvalid(f'"{name}" is far too long')
    return value


def _chosen(choice: str, words: list[str], offered: Sequence[Plan], document: Document) -> Plan:
    letters = _LETTERS[: len(offered)]
    letter = choice.upper()
    if len(letter) != 1 or letter not in letters:
        known = ", ".join([*letters, OWN, NONE, PROSE])
        raise PlanInvalid(f'there is no choice "{choice[:20]}"; choose one of {known}')
    plan = offered[letters.index(letter)]
    names = [criterion.name for criterion in _criteria(plan, document)]
    for word, name in zip([*words, "", ""][:2], (names[0], names[-1]), strict=True):
        if not parts.fits(word, [name]):
            raise PlanInvalid(f'no criterion of choice {letter} begins with "{word[:20]}" at that end')
    return plan


def _criteria(plan: Plan, document: Document) -> list[Criterion]:
    try:
        return assemble(plan, document).rubric.criteria
    except PlanInvalid:
        return []


# --- A plan of the model's own

_PART = re.compile(r"(?P<blocks>\d[\d,-]*)\s+(?P<shape>\w+)(?P<more>(?:\s+\w+=\w+)*)\s*")
_REFERENCE = re.compile(r"(?P<block>\d{1,6})(?:(?P<axis>[rc])(?P<first>\d{1,6}))?(?:-(?:\d+[rc])?(?P<last>\d{1,6}))?")


@dataclass(slots=True)
class _Draft:
    """A part whose roles are being read; `rows` and `columns` are the roles known so far."""

    part: Part
    rows: dict[tuple[int, int], str] = field(default_factory=dict)
    columns: dict[int, str] = field(default_factory=dict)


def _own(part_texts: list[str], roles: list[str], document: Document) -> Plan:
    drafts = [_Draft(_part(text)) for text in part_texts]
    if not drafts:
        raise PlanInvalid('"parts" names no part of the document')
    blocks = [block for draft in drafts for block in draft.part.blocks]
    if len(set(blocks)) < len(blocks):
        raise PlanInvalid("two parts share a block")
    about: dict[str, int] = {}
    for entry in roles:
        _take(entry, drafts, document, about)
    return Plan(tuple(_finished(draft, document) for draft in drafts), about.get("title"), about.get("total"))


def _part(text: str) -> Part:
    match = _PART.fullmatch(text.strip())
    if match is None or match["shape"] not in SHAPES:
        raise PlanInvalid(f'"{text[:40]}" is no part; write such as "3 down"')
    told = dict(word.split("=", 1) for word in match["more"].split())
    name, header = told.get("name", USUAL_NAME), told.get("header")
    if name not in NAMES or not (header is None or header.isdigit()):
        raise PlanInvalid(f'"{text[:40]}" is no part; "name" is one of {", ".join(get_args(NameFrom))}')
    packed = {"at": match["blocks"], "shape": match["shape"], "rows": "", "name": name}
    part = Plan.from_json({"parts": [packed]}).parts[0]
    return replace(part, header=None if header is None else int(header[:6]))


def _take(entry: str, drafts: list[_Draft], document: Document, about: dict[str, int]) -> None:
    """Adds one entry of `roles`: a reference, a role, the first words."""
    reference, role, *words = [*entry.split(), "", ""]
    match = _REFERENCE.fullmatch(reference)
    if match is None:
        raise PlanInvalid(f'"{entry[:40]}" begins with no reference')
    block = int(match["block"])
    if block >= len(document.blocks):
        raise PlanInvalid(f"there is no block {block}")
    if role in ("title", "total"):
        _hold_words(reference, words, [parts.line_texts(document.blocks[block])])
        about[role] = block
        return
    draft = next((draft for draft in drafts if block in draft.part.blocks), None)
    if draft is None:
        raise PlanInvalid(f'"{reference}" is in none of your parts')
    table = document.blocks[block]
    if match["axis"] is None:
        _take_lines(draft, match, role, words, document)
    elif not isinstance(table, Table):
        raise PlanInvalid(f"block {block} is no table")
    else:
        _take_axis(draft, match, role, words, table)


def _take_lines(draft: _Draft, match: re.Match[str], role: str, words: list[str], document: Document) -> None:
    block, last = int(match["block"]), int(match["last"] or match["block"])
    if draft.part.shape != "lines" or last not in draft.part.blocks or last < block:
        raise PlanInvalid(f'"{match[0]}" is no line of your parts')
    _hold_words(match[0], words, [parts.line_texts(document.blocks[end]) for end in (block, last)])
    for index in range(block, last + 1):
        _set(draft.rows, (index, -1), role, match[0])


def _take_axis(draft: _Draft, match: re.Match[str], role: str, words: list[str], table: Table) -> None:
    block, first = int(match["block"]), int(match["first"])
    last = int(match["last"] or first)
    is_row = match["axis"] == "r"
    if not first <= last < (table.rows if is_row else table.columns):
        size = f"{table.rows} rows" if is_row else f"{table.columns} columns"
        raise PlanInvalid(f'"{match[0]}" does not exist: block {block} has {size}')
    texts = parts.row_texts if is_row else parts.column_texts
    _hold_words(match[0], words, [texts(table, end) for end in (first, last)])
    for index in range(first, last + 1):
        if is_row:
            _set(draft.rows, (block, index), role, match[0])
        else:
            _set(draft.columns, index, role, match[0])


def _hold_words(reference: str, words: list[str], ends: list[list[str]]) -> None:
    told = [word for word in words if word]
    for word, texts in zip((told[:1] or [""]) + (told[-1:] or [""]), ends, strict=False):
        # A row's first cell may belong to a merged one, so the word of any cell that begins in the row is accepted.
        if not parts.fits(word, texts):
            raise PlanInvalid(f'"{reference}" does not begin with "{word[:20]}" but with "{parts.first_word(texts)}"')


def _set(roles: dict[Any, str], key: Any, role: str, reference: str) -> None:
    if len(role) != 1:
        raise PlanInvalid(f'"{reference}" has the unknown role "{role[:20]}"')
    if roles.setdefault(key, role) != role:
        raise PlanInvalid(f'"{reference}" overlaps another reference with another role')


def _finished(draft: _Draft, document: Document) -> Part:
    part = draft.part
    if part.blocks[-1] >= len(document.blocks):
        raise PlanInvalid(f"there is no block {part.blocks[-1]}")
    rows = "".join(draft.rows.get(key, "-") for key in _rows(part, document))
    first = document.blocks[part.blocks[0]]
    width = first.columns if isinstance(first, Table) and part.shape != "lines" else 0
    part = replace(part, rows=rows, columns="".join(draft.columns.get(index, "-") for index in range(width)))
    check_roles(part)
    return part


def _rows(part: Part, document: Document) -> Iterator[tuple[int, int]]:
    for block in part.blocks:
        table = document.blocks[block]
        if part.shape == "lines" or not isinstance(table, Table):
            yield block, -1
        else:
            yield from ((block, row) for row in range(table.rows))


# --- Writing


def _written_part(part: Part) -> str:
    packed = Plan((part,)).to_json()["parts"][0]
    name = "" if part.name == USUAL_NAME else f" name={part.name}"
    return f"{packed['at']} {part.shape}{name}{'' if part.header is None else f' header={part.header}'}"


def _written_roles(part: Part, document: Document) -> Iterator[str]:
    first = document.blocks[part.blocks[0]]
    if isinstance(first, Table):
        for start, stop, role in _runs(part.columns):
            ends = [parts.first_word(parts.column_texts(first, end)) for end in (start, stop)]
            yield _entry(f"{part.blocks[0]}c{start}", start, stop, role, ends)
    at = 0
    for block in part.blocks:
        table = document.blocks[block]
        if not isinstance(table, Table):
            continue
        for start, stop, role in _runs(part.rows[at : at + table.rows]):
            ends = [parts.first_word(parts.row_texts(table, end)) for end in (start, stop)]
            yield _entry(f"{block}r{start}", start, stop, role, ends)
        at += table.rows
    if part.shape == "lines":
        yield from _written_lines(part, document)


def _written_lines(part: Part, document: Document) -> Iterator[str]:
    for start, stop, role in _runs(part.rows):
        # The blocks of a run need not follow each other.
        for first, last in _neighbours(part.blocks[start : stop + 1]):
            ends = [parts.first_word(parts.line_texts(document.blocks[end])) for end in (first, last)]
            yield _entry(str(first), first, last, role, ends)


def _neighbours(blocks: Sequence[int]) -> Iterator[tuple[int, int]]:
    first = last = blocks[0]
    for block in blocks[1:]:
        if block != last + 1:
            yield first, last
            first = block
        last = block
    yield first, last


def _runs(roles: str) -> Iterator[tuple[int, int, str]]:
    for match in re.finditer(r"(.)\1*", roles):
        if match[1] != "-":
            yield match.start(), match.end() - 1, match[1]


def _entry(reference: str, first: int, last: int, role: str, ends: list[str]) -> str:
    return f"{reference} {role} {ends[0]}" if first == last else f"{reference}-{last} {role} {ends[0]} {ends[1]}"


def _summary(plan: Plan, document: Document) -> str:
    """Such as `3 down, 3 criteria: Use of sources 4 (3 levels: Strong 4 … Weak 0) … Spelling 4`."""
    criteria = assemble(plan, document).rubric.criteria
    levels = criteria[0].levels
    named = [_short(level.name or level.description or "", level.highest) for level in levels]
    shapes = ", ".join(_written_part(part) for part in plan.parts[:MOST_PARTS_SHOWN])
    scale = f" ({len(levels)} levels: {named[0]} … {named[-1]})" if levels else ""
    last = f" … {_short(criteria[-1].name, criteria[-1].points)}" if len(criteria) > 1 else ""
    return f"{shapes}, {len(criteria)} criteria: {_short(criteria[0].name, criteria[0].points)}{scale}{last}"


MOST_PARTS_SHOWN = 2
LONGEST_NAME = 14


def _short(text: str, points: Any) -> str:
    line = " ".join(text.split())
    cut = line if len(line) <= LONGEST_NAME else f"{line[: LONGEST_NAME - 1]}…"
    return cut if points is None else f"{cut} {points.normalize():f}"
