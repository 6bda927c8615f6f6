"""The Markdown that `write` makes, and its exact inverse.

    Essay rubric

    **Scoring (20 pts total):**

    - **Thesis (12 pts)**:
      Is there one?
      - Clear (12 pts): Stated in the first paragraph.
      - 4-8 pts: Vague: Must be guessed.
      - None:

    ### Form

    - **Style (8 pts)**:

    **Penalties (if applicable)**:
    - **Late:** -2 pts

A level without a name begins with its points, `(3 pts): text`; one with an open range is `>=5 pts:` or `<=4 pts:`.
Bonuses follow under a heading of their own, with `+P pts`. A section's name stands above its criteria; a bare `###`
ends a section. A line break in a text is `<br>`. Where a text would be
taken for this syntax, and only there, a backslash stands before a sign of it, as everywhere in Markdown. What the
Markdown does not hold: kind, weights, and where things were read.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from itertools import groupby

from pydantic import ValidationError

from rubric_jobs.rubric import points
from rubric_jobs.rubric.model import Adjustment, Criterion, Level, Rubric, Totals, kind_of

PENALTIES = "**Penalties (if applicable)**:"
BONUSES = "**Bonuses (if applicable)**:"
SECTION = "###"

_NUMBER = r"-?[0-9]+(?:\.[0-9]+)?"
_SCORING = re.compile(rf"\*\*Scoring(?: \(({_NUMBER}) pts total\):\*\*|\*\*:)")
_CRITERION = re.compile(rf"- \*\*(.*?)(?: \(({_NUMBER}) pts\))?\*\*:")
_ADJUSTMENT = re.compile(rf"- \*\*(.*):\*\*(?: ([-+])({_NUMBER}) pts)?")
_SPAN = re.compile(rf"(?:({_NUMBER})-({_NUMBER})|>=({_NUMBER})|<=({_NUMBER})) pts:(?: (.*))?")
_NAMELESS = re.compile(rf"()\(({_NUMBER}) pts\):(?: (.*))?")
_POINTED = re.compile(rf"(.*?) \(({_NUMBER}) pts\):(?: (.*))?")
_NAMED = re.compile(r"((?:\\.|[^\\])*?):(?: (.*))?")
_SEPARATOR = re.compile(r":(?= |\Z)")
_BRACKET = re.compile(rf"\((?={_NUMBER} pts\))")
_BRACKET_WITH_SIGN = re.compile(rf"\((?={_NUMBER} pts\)(?::|\*\*))")
_LIKE_A_RANGE = re.compile(rf"\A({_NUMBER})(?=-{_NUMBER} pts:)")
_LIKE_AN_OPEN_RANGE = re.compile(rf"\A(?=[<>]={_NUMBER} pts:(?: |\Z))")

_PUNCTUATION = "[" + re.escape("!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~") + "]"
_ESCAPED = re.compile(rf"\\({_PUNCTUATION})|<br */?>", re.IGNORECASE)
_ESCAPING = re.compile(rf"\\(?={_PUNCTUATION}|\n|\Z)|<(?=br */?>)", re.IGNORECASE)
_LINE_BREAK = re.compile("\r\n|[\n\r\x0b\x0c\x85\u2028\u2029]")


class NotWrittenError(Exception):
    """The text is not what `write` makes."""


def write(rubric: Rubric) -> str:
    """The rubric as Markdown, without a line break at the end. A text of nothing but white space counts as none."""
    worth = rubric.total_points
    parts = ["**Scoring**:" if worth is None else f"**Scoring ({points.as_text(worth)} pts total):**"]
    if title := _given(rubric.title):
        parts.insert(0, _bold(_text(title)))
    parts += _criteria_parts(rubric.criteria)
    for kind, heading, sign in (("penalty", PENALTIES, "-"), ("bonus", BONUSES, "+")):
        lines = [_adjustment_line(item, sign) for item in rubric.adjustments if item.kind == kind]
        if lines:
            parts.append("\n".join([heading, *lines]))
    return "\n\n".join(parts)


def read_written(text: str) -> Rubric:
    """The rubric that `write` made this text of; raises NotWrittenError."""
    lines = [line for line in text.replace("\r\n", "\n").split("\n") if line.strip()]
    title = None
    if lines and not _SCORING.fullmatch(lines[0]):
        title = plain(lines.pop(0))
    scoring = _SCORING.fullmatch(lines.pop(0)) if lines else None
    if scoring is None:
        raise NotWrittenError
    try:
        criteria, adjustments = _sections(lines)
        if not criteria:
            raise NotWrittenError
        return whole(criteria, adjustments, title=title, stated=_decimal(scoring[1]))
    except ValidationError:
        raise NotWrittenError from None


def whole(
    criteria: list[Criterion], adjustments: list[Adjustment], *, title: str | None, stated: Decimal | None
) -> Rubric:
    """A rubric of these parts as a text states them, its kind told from their form."""
    rubric = Rubric(
        title=title, kind=kind_of(criteria), total_points=stated, criteria=criteria, adjustments=adjustments
    )
    return rubric.model_copy(update={"totals": Totals(stated=stated, computed=points.summed(rubric))})


def plain(text: str) -> str:
    """A text without its escapes."""
    return _ESCAPED.sub(lambda found: found[1] or "\n", text)


def _given(text: str | None) -> str:
    return text if text and text.strip() else ""


def _criteria_parts(criteria: Sequence[Criterion]) -> Iterator[str]:
    current = ""
    for section, group in groupby(criteria, key=lambda criterion: _given(criterion.section)):
        if section != current:
            yield f"{SECTION} {_bold(_text(section))}" if section else SECTION
            current = section
        yield "\n".join(line for criterion in group for line in _criterion_lines(criterion))


def _criterion_lines(criterion: Criterion) -> list[str]:
    worth = "" if criterion.points is None else f" ({points.as_text(criterion.points)} pts)"
    lines = [f"- **{_bold(_name(criterion.name))}{worth}**:"]
    if description := _given(criterion.description):
        lines.append("  " + re.sub(r"\A-(?= )", r"\\-", _text(description)))
    return lines + [f"  - {_level_text(level)}" for level in criterion.levels]


def _adjustment_line(adjustment: Adjustment, sign: str) -> str:
    worth = "" if adjustment.points is None else f" {sign}{points.as_text(abs(adjustment.points))} pts"
    return f"- **{_bold(_text(adjustment.reason))}:**{worth}"


def _level_text(level: Level) -> str:
    name, text = _given(level.name), _given(level.description)
    if span := _span(level):
        return f"{span} {_named(name, text)}" if name or text else span
    if level.points is None:
        return _not_a_span(_named(name, text))
    head = f"{_name(name)} " if name else ""
    end = f" {_text(text)}" if text else ""
    return _not_a_span(f"{head}({points.as_text(level.points)} pts):{end}")


def _span(level: Level) -> str:
    low, high = (None if end is None else points.as_text(end) for end in (level.points_min, level.points_max))
    if low is None:
        return "" if high is None else f"<={high} pts:"
    return f">={low} pts:" if high is None else f"{low}-{high} pts:"


def _named(name: str, text: str) -> str:
    """`name: text`, `name:`, `text` or, where a text alone would be taken apart, `: text`."""
    escaped = _text(text)
    if name:
        head = _SEPARATOR.sub(r"\:", _name(name))
        return f"{head}: {escaped}" if text else f"{head}:"
    return f": {escaped}" if _SEPARATOR.search(escaped) else escaped


def _text(text: str, bracket: re.Pattern[str] = _BRACKET_WITH_SIGN) -> str:
    escaped = _ESCAPING.sub(lambda found: "\\" + found[0], _LINE_BREAK.sub("\n", text))
    return bracket.sub(r"\(", escaped.replace("\n", "<br>"))


def _name(text: str) -> str:
    return _text(text, _BRACKET)


def _bold(escaped: str) -> str:
    return escaped.replace("*", r"\*") if "**" in escaped or "*" in (escaped[:1], escaped[-1:]) else escaped


def _not_a_span(content: str) -> str:
    return _LIKE_AN_OPEN_RANGE.sub(r"\\", _LIKE_A_RANGE.sub(r"\1\\", content))


def _sections(lines: Iterable[str]) -> tuple[list[Criterion], list[Adjustment]]:
    criteria: list[Criterion] = []
    adjustments: list[Adjustment] = []
    heading, section = "", None
    for line in lines:
        if line in (PENALTIES, BONUSES):
            heading = line
        elif heading:
            adjustments.append(_adjustment(line, heading))
        elif line == SECTION or line.startswith(f"{SECTION} "):
            section = plain(line.removeprefix(SECTION)[1:]) or None
        elif found := _CRITERION.fullmatch(line):
            criteria.append(Criterion(name=plain(found[1]), points=_decimal(found[2]), section=section))
        else:
            _take(line, criteria)
    return criteria, adjustments


def _take(line: str, criteria: list[Criterion]) -> None:
    """A level of the last criterion, or its description."""
    if criteria and line.startswith("  - "):
        criteria[-1].levels.append(_level(line.removeprefix("  - ")))
    elif criteria and line.startswith("  ") and not criteria[-1].levels and criteria[-1].description is None:
        criteria[-1].description = plain(line.removeprefix("  "))
    else:
        raise NotWrittenError


def _adjustment(line: str, section: str) -> Adjustment:
    found = _ADJUSTMENT.fullmatch(line)
    if found is None or found[2] not in (None, "-" if section == PENALTIES else "+"):
        raise NotWrittenError
    kind = "penalty" if section == PENALTIES else "bonus"
    return Adjustment.model_validate({"kind": kind, "reason": plain(found[1]), "points": _decimal(found[3])})


def _level(content: str) -> Level:
    if found := _SPAN.fullmatch(content):
        low, high, least, most, rest = found.groups()
        name, text = _taken_apart(rest or "")
        return _level_of(name, text, points_min=_decimal(low or least), points_max=_decimal(high or most))
    if found := _NAMELESS.fullmatch(content) or _POINTED.fullmatch(content):
        return _level_of(found[1], found[3], points=_decimal(found[2]))
    return _level_of(*_taken_apart(content))


def _taken_apart(content: str) -> tuple[str, str]:
    found = _NAMED.fullmatch(content)
    return (found[1], found[2] or "") if found else ("", content)


def _level_of(name: str, text: str | None, **worth: Decimal | None) -> Level:
    return Level(name=plain(name) or None, description=plain(text or "") or None, **worth)


def _decimal(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)
