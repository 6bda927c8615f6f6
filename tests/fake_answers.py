"""What the fake model answers: a rubric read by simple rules from the very request, and the ways to spoil it.

It knows the fences of the prompts (`<document-…>`, `<rules-…>`) and the Markdown of tables, nothing of the project's
readers: a second opinion that end-to-end tests can see real data through.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Any

Answer = dict[str, Any]

_FENCE = re.compile(r"<(document|rules)-([0-9a-f]+)>\n(.*?)\n</\1-\2>", re.DOTALL)
_TOTAL = re.compile(r"The total is ([\d.]+) points")
_NUMBER = re.compile(r"\d+(?:\.\d+)?")
_PRINTED_TOTAL = re.compile(r"total[^\d\n]{0,20}(\d+(?:\.\d+)?)", re.IGNORECASE)
_POINT_LINE = re.compile(
    r"^\W*(?P<name>[^:|(\[\n]{3,120}?)\s*[:(\[–-]\s*(?P<points>\d+(?:\.\d+)?)\s*(?:points?|pts?|marks?|punkte?|%)",
    re.IGNORECASE,
)


def to(user: str) -> Answer:
    """The answer to a prompt's user part."""
    fences = {name: text for name, _, text in _FENCE.findall(user)}
    if "rules" in fences:
        total = _TOTAL.search(user)
        return _enhanced(fences["rules"], float(total[1]) if total else 100.0)
    document = fences.get("document", "")
    return _pointed(document) if document.startswith("[") else _extracted(document)


def _pointed(document: str) -> Answer:
    """A plan of its own: each table with a header row, else the lines that tell points."""
    answer: Answer = {"choice": "own", "words": [], "parts": [], "roles": []}
    for block, rows in _numbered_tables(document):
        if len(rows) < 2 or len(rows[0]) < 2:
            continue
        answer["parts"].append(f"{block} down")
        for column, title in enumerate(rows[0]):
            role = "c" if column == 0 else "p" if _POINTS_TITLE.match(title) else "l"
            answer["roles"].append(f"{block}c{column} {role} {_word(row[column] for row in rows)}")
        for number, row in enumerate(rows):
            role = "h" if number == 0 else "t" if row[0].lower().startswith("total") else "c"
            if any(row):
                answer["roles"].append(f"{block}r{number} {role} {_word(row)}")
    if not answer["parts"]:
        return _pointed_lines(document)
    return answer


_POINTS_TITLE = re.compile(r"(points?|marks?|punkte|score)\b", re.IGNORECASE)


def _pointed_lines(document: str) -> Answer:
    lines = [match for line in document.splitlines() if (match := re.match(r"\[(\d+)\] (.*)", line))]
    told = [line for line in lines if _POINT_LINE.match(line[2]) and not line[2].lower().startswith("total")]
    if not told:
        return {"choice": "none", "words": [], "parts": [], "roles": []}
    roles = [f"{line[1]} c {_word([line[2].lstrip('# ')])}" for line in told]
    return {"choice": "own", "words": [], "parts": [f"{told[0][1]}-{told[-1][1]} lines"], "roles": roles}


def _numbered_tables(document: str) -> list[tuple[str, list[list[str]]]]:
    found: list[tuple[str, list[list[str]]]] = []
    for line in document.splitlines():
        if table := re.match(r"\[(\d+)\] \1c0\b", line):
            found.append((table[1], []))
        elif row := re.match(r"(\d+)r\d+ (.*)", line):
            found[-1][1].append([cell.strip() for cell in row[2].split(" | ")])
    return found


def _word(texts: Iterable[str]) -> str:
    return next((text.split()[0] for text in texts if text), "_")


def _rubric(kind: str, criteria: list[Answer], total: float | None, title: str | None = None) -> Answer:
    return {"title": title, "kind": kind, "total_points": total, "criteria": criteria, "adjustments": []}


def _criterion(name: str, levels: list[Answer], points: float | None, description: str | None = None) -> Answer:
    known = {"name": name, "description": description, "section": None, "points": points, "weight": None}
    return {**known, "levels": levels}


def _level(name: str | None, description: str | None, numbers: list[float]) -> Answer:
    low, high = (min(numbers), max(numbers)) if len(numbers) > 1 else (None, None)
    points = numbers[0] if len(numbers) == 1 else None
    return {"name": name, "description": description, "points": points, "points_min": low, "points_max": high}


def _extracted(document: str) -> Answer:
    tables = _tables(document)
    criteria = [criterion for table in tables for criterion in _of_grid(table)]
    total = _PRINTED_TOTAL.search(document)
    stated = float(total[1]) if total else None
    if criteria:
        return _rubric("analytic", criteria, stated)
    listed = [_POINT_LINE.match(line) for line in document.splitlines()]
    criteria = [
        _criterion(line["name"].strip(), [], float(line["points"]))
        for line in listed
        if line and not line["name"].lower().lstrip("# ").startswith("total")
    ]
    return _rubric("point_list", criteria, stated)


def _tables(document: str) -> list[list[list[str]]]:
    tables: list[list[list[str]]] = []
    is_open = False
    for line in document.splitlines():
        if not line.startswith("|"):
            is_open = False
            continue
        if not is_open:
            tables.append([])
            is_open = True
        cells = [cell.strip().replace("\\|", "|") for cell in re.split(r"(?<!\\)\|", line)[1:-1]]
        if not all(cell == "---" for cell in cells):
            tables[-1].append(cells)
    return tables


def _of_grid(table: list[list[str]]) -> list[Answer]:
    if len(table) < 2 or len(table[0]) < 2:
        return []
    header, *rows = table
    found = []
    for row in rows:
        if not row[0] or row[0].lower().startswith("total") or not any(row[1:]):
            continue
        levels = [
            _level(title or None, text or None, _numbers(title))
            for title, text in zip(header[1:], row[1:], strict=False)
        ]
        tops = [level["points"] if level["points"] is not None else level["points_max"] for level in levels]
        found.append(_criterion(row[0], levels, max((top for top in tops if top is not None), default=None)))
    return found


def _numbers(text: str) -> list[float]:
    return [float(number) for number in _NUMBER.findall(text)][:2]


def _enhanced(rules: str, total: float) -> Answer:
    if numbered := _CRITERION_LINE.findall(rules):
        return _points_shared_out(numbered, total)
    lines = [line.strip(" -•*\t") for line in re.split(r"[\n;]", rules) if line.strip(" -•*\t")]
    names = [line[:80] for line in lines][:8]
    names += [f"Quality {number}" for number in range(len(names) + 1, 5)]
    criteria = [_criterion(name, _three_levels(name), 1.0, None) for name in names]
    return _shared_out(_rubric("analytic", criteria, total, "Rubric"), total)


_CRITERION_LINE = re.compile(r"^(\d+) (.*): (?:no points|([\d.]+) points)", re.MULTILINE)


def _points_shared_out(numbered: list[tuple[str, str, str]], total: float) -> Answer:
    weights = [float(points or 0) for _, _, points in numbered]
    weights = weights if sum(weights) else [1.0] * len(weights)
    units = round(total * 4)
    shares = [int(units * weight // sum(weights)) for weight in weights]
    shares[0] += units - sum(shares)
    entries = zip(numbered, shares, strict=True)
    return {"points": [f"{number} {_word([name])} {share / 4:g}" for (number, name, _), share in entries]}


def _three_levels(name: str) -> list[Answer]:
    words = (("Full", "shows all of it", 1.0), ("Partly", "shows some of it", 0.5), ("Not yet", "shows none", 0.0))
    return [_level(title, f"{name}: the work {text}.", [points]) for title, text, points in words]


def _shared_out(rubric: Answer, total: float) -> Answer:
    criteria = rubric["criteria"]
    weights = [criterion["points"] or 0 for criterion in criteria]
    weights = weights if sum(weights) else [1] * len(criteria)
    units = round(total * 4)
    shares = [units * weight // sum(weights) for weight in weights]
    shares[0] += units - sum(shares)
    for criterion, share in zip(criteria, shares, strict=True):
        factor = (share / 4) / criterion["points"] if criterion["points"] else None
        criterion["points"] = share / 4
        for level in criterion["levels"]:
            for end in ("points", "points_min", "points_max"):
                if level[end] is not None and factor is not None:
                    level[end] = round(level[end] * factor * 4) / 4
    return {**rubric, "total_points": total}


def _added_criterion(answer: Answer, _: str) -> Answer:
    invented = _criterion("Telepathic resonance", [_level("Luminous", "Hums in violet", [5.0])], 5.0)
    return {**answer, "criteria": [*answer["criteria"], invented]}


def _altered_points(answer: Answer, _: str) -> Answer:
    first, *others = answer["criteria"]
    return {**answer, "criteria": [{**first, "points": 7919.0}, *others]}


def _dropped_row(answer: Answer, _: str) -> Answer:
    return {**answer, "criteria": answer["criteria"][:-1]}


def _renamed_criterion(answer: Answer, _: str) -> Answer:
    first, *others = answer["criteria"]
    return {**answer, "criteria": [{**first, "name": "Renamed beyond recognition"}, *others]}


def _wrong_sum(answer: Answer, _: str) -> Answer:
    first, *others = answer["criteria"]
    return {**answer, "criteria": [{**first, "points": (first["points"] or 0) + 3}, *others]}


def _invented(_: Answer, __: str) -> Answer:
    return _added_criterion(_rubric("analytic", [], 5.0), "")


def _no_criteria(answer: Answer, _: str) -> Answer:
    return {**answer, "criteria": []}


def _leak(answer: Answer, system: str) -> Answer:
    return {**answer, "title": system}


def _extra_fields(answer: Answer, system: str) -> Answer:
    marked = [{**criterion, "grounded": True, "tenant": "another"} for criterion in answer["criteria"]]
    return {**answer, "criteria": marked, "system_prompt": system, "warnings": [{"code": "x", "message": "y"}]}


def _wrong_shape(_: Answer, __: str) -> Answer:
    return {"rubric": "yes", "criteria": "many"}


_OF_COPIES: dict[str, Callable[[Answer, str], Answer]] = {
    "added_criterion": _added_criterion,
    "altered_points": _altered_points,
    "dropped_row": _dropped_row,
    "renamed_criterion": _renamed_criterion,
    "wrong_sum": _wrong_sum,
    "invented": _invented,
    "no_criteria": _no_criteria,
    "leak": _leak,
    "extra_fields": _extra_fields,
    "wrong_shape": _wrong_shape,
}
_ELSEWHERE, _ADDED = ["99r9 c Telepathic"], ["99 Telepathic 5"]
_OF_PLANS: dict[str, Callable[[Answer, str], Answer]] = {
    "dropped_row": lambda answer, _: {**answer, "roles": answer["roles"][:-1]},
    "no_criteria": lambda answer, _: {**answer, "choice": "none"},
    "leak": lambda answer, system: {**answer, "choice": system},
    "extra_fields": lambda answer, system: {**answer, "system_prompt": system, "criteria": [{"name": "Telepathy"}]},
    "wrong_shape": _wrong_shape,
}
_OF_POINTS: dict[str, Callable[[Answer, str], Answer]] = {
    "altered_points": lambda answer, _: {
        "points": [f"{answer['points'][0].rsplit(' ', 1)[0]} 7919", *answer["points"][1:]]
    },
    "dropped_row": lambda answer, _: {"points": answer["points"][:-1]},
    "wrong_sum": lambda answer, _: {"points": [f"{answer['points'][0][:-1]}1", *answer["points"][1:]]},
    "no_criteria": lambda _, __: {"points": []},
    "leak": lambda _, system: {"points": [system]},
    "extra_fields": lambda answer, system: {**answer, "system_prompt": system},
    "wrong_shape": _wrong_shape,
}


def _spoiler(mode: str) -> Callable[[Answer, str], Answer]:
    """The same kind of fault in whichever form the answer has."""

    def spoil(answer: Answer, system: str) -> Answer:
        if "choice" in answer:
            elsewhere = {**answer, "roles": [*answer["roles"], *_ELSEWHERE]}
            return _OF_PLANS[mode](answer, system) if mode in _OF_PLANS else elsewhere
        if "points" in answer:
            return _OF_POINTS[mode](answer, system) if mode in _OF_POINTS else {"points": [*answer["points"], *_ADDED]}
        return _OF_COPIES[mode](answer, system)

    return spoil


SPOILED = {mode: _spoiler(mode) for mode in _OF_COPIES}
