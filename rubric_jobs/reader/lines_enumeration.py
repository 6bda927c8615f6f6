"""The bounded set of parts that a run of paragraphs can be read as.

This is a grammar: which lines are criteria (all, the outermost or the innermost of the lines that are set alike or have
points), where their list ends, whether lines below them are levels, and where names end. The roles of the other lines
follow from these.
"""

from __future__ import annotations

import itertools
import re
from bisect import bisect
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from rubric_jobs.documents.model import Document
from rubric_jobs.reader import lines_adjustments, lines_announced, lines_levels, shared_points, totals
from rubric_jobs.reader.lines_assembly import named
from rubric_jobs.reader.lines_outline import Outline, Signature, outline_of
from rubric_jobs.reader.lines_scales import above_points, scales_of
from rubric_jobs.reader.plan import NameFrom, Part
from rubric_jobs.vocabulary import words

MOST_PARTS = 60
MOST_LINES = 3_000
MOST_CRITERIA = 120
FEWEST_HEADED = 3
NEAR = 4
"""How many lines above the first criterion are searched for its points."""
LONGEST_TITLE = 60
_FEWEST_LEVELLED = 0.5
_SENTENCE_ENDS = re.compile(r"[.!?。！？]\s*$")
_NUMBERS = re.compile(r"\d+|\b[IVX]+\b")


@dataclass(frozen=True, slots=True)
class _Choice:
    """The places of criteria among the lines, and the level lines below each."""

    criteria: tuple[int, ...]
    levels: frozenset[int] = frozenset()
    are_numbered: bool = False
    heads: frozenset[int] = frozenset()
    """Lines set like the criteria that are section headings."""
    points: frozenset[int] = frozenset()
    """Lines with the points of the level above."""


def enumerate_lines(region: Sequence[int], document: Document) -> list[Part]:
    """Parts of the shape lines for a run of paragraphs, at most MOST_PARTS."""
    if len(region) > MOST_LINES:
        return []
    outline = outline_of(region, document)
    adjustments, adjusting = lines_adjustments.adjustments_of(outline)
    outline = replace(outline, adjustments=adjustments, adjusting=adjusting)
    found: dict[tuple[tuple[int, ...], str, str], Part] = {}
    scales = (_Choice(own.criteria, own.levels, points=own.points) for own in scales_of(outline))
    for choice in itertools.chain(scales, _choices(outline)):
        for part in _named_parts(_part(outline, choice), outline, choice):
            found.setdefault((part.blocks, part.rows, part.name), part)
            if len(found) >= MOST_PARTS:
                return list(found.values())
    return list(found.values())


def _choices(outline: Outline) -> Iterator[_Choice]:
    wholes = _wholes(outline)
    if wholes:
        scored = [i for i in _scored(outline) if i not in wholes]
        yield _Choice(tuple(scored), heads=wholes)
    for heads, worths in _headed(outline):
        yield _Choice(heads, points=worths)
    for criteria in [*above_points(outline), *_criteria(outline)]:
        for window in _windows(outline, criteria):
            yield from _levelled(outline, window)


def _headed(outline: Outline) -> Iterator[tuple[tuple[int, ...], frozenset[int]]]:
    """Headings each above a single line of points. The headings name the criteria."""
    heads = [i for i, signature in enumerate(outline.signatures) if signature[0] == "head"]
    scored = [i for i, line in enumerate(outline.lines) if line.said.is_scored and line.said.total is None]
    found: dict[int, int] = {}
    for head, following in itertools.pairwise([*heads, len(outline.lines)]):
        below = [i for i in scored if head < i < following]
        if len(below) == 1 and not outline.lines[head].said.is_scored:
            found[head] = below[0]
    if len(found) >= FEWEST_HEADED and len(found) * 2 > len(scored):
        yield tuple(found), frozenset(found.values())


def _criteria(outline: Outline) -> list[tuple[int, ...]]:
    """Sets of lines that may be the criteria, likeliest first."""
    scored = _scored(outline)
    above = {i: [j for j in scored if j < i and _heads(outline, j, i)] for i in scored}
    headed = {j for heads in above.values() for j in heads}
    sets = [scored, [i for i in scored if i not in headed], [i for i in scored if not above[i]]]
    alike: dict[object, list[int]] = {}
    for index, signature in enumerate(outline.signatures):
        if _may_be_criterion(outline, index):
            alike.setdefault(signature, []).append(index)
            if signature[0] == "item":
                alike.setdefault(signature[3], []).append(index)
    sets += [[i for i in group if i in set(scored)] for group in alike.values()]
    sets += _by_marker(outline, scored) + _completed(scored, alike.values())
    sets += sorted(alike.values(), key=len)
    sets += [_titles(outline), _labelled(outline)]
    unique = dict.fromkeys(tuple(group) for group in sets if len(group) >= 2)
    return list(unique)


def _scored(outline: Outline) -> list[int]:
    return [i for i, line in enumerate(outline.lines) if line.said.is_scored and i not in outline.adjustments]


def _by_marker(outline: Outline, scored: Sequence[int]) -> list[list[int]]:
    """Scored lines with a bullet or number of any kind, and those without."""
    marked = [i for i in scored if outline.lines[i].said.kind]
    return [marked, [i for i in scored if i not in set(marked)]] if marked and len(marked) < len(scored) else []


def _completed(scored: Sequence[int], alike: Iterable[Sequence[int]]) -> list[list[int]]:
    """Adds the items without points to a list in which most items have them."""
    worth = set(scored)
    shares = [(group, sum(i in worth for i in group)) for group in alike if len(group) > 2]
    return [sorted(worth.union(group)) for group, count in shares if len(group) / 2 < count < len(group)]


def _titles(outline: Outline) -> list[int]:
    """Short lines without a full stop, each above a sentence in the same type. Only their text distinguishes them."""
    return [
        index
        for index, (line, below) in enumerate(itertools.pairwise(outline.lines))
        if outline.signatures[index] == outline.signatures[index + 1]
        and len(line.said.raw) <= LONGEST_TITLE
        and not _SENTENCE_ENDS.search(line.said.raw)
        and _SENTENCE_ENDS.search(below.said.raw)
        and _may_be_criterion(outline, index)
    ]


def _labelled(outline: Outline) -> list[int]:
    """Lines that begin with a separate name. The lines between them say something else."""
    found = [i for i in range(len(outline.lines)) if _may_be_criterion(outline, i)]
    return [i for i in found if named(outline.lines[i], "lead").description]


def _wholes(outline: Outline) -> frozenset[int]:
    """Lines whose points are exactly the sum of the lines up to the next such line."""
    scored = _scored(outline)
    values = [amount.high if (amount := outline.lines[i].said.amount) else Decimal(0) for i in scored]
    told = totals.wholes(values, fewest=2)
    covered = sum(parts + 1 for _, parts in told)
    found = [
        scored[place]
        for place, parts in told
        # A single item may equal the sum of the next ones by chance.
        if covered == len(scored) or outline.signatures[scored[place]] != outline.signatures[scored[place + parts]]
    ]
    return frozenset(found) if len(found) > 1 or (found and len(scored) > 3) else frozenset()


def _may_be_criterion(outline: Outline, index: int) -> bool:
    line = outline.lines[index]
    return (
        bool(line.said.text)
        and line.said.total is None
        and line.said.loss is None
        and not line.said.is_amount_alone
        and index not in outline.adjustments | outline.adjusting
        and len(line.said.text) <= 600
    )


def _heads(outline: Outline, upper: int, lower: int) -> bool:
    """Whether the upper line is the nearest outer line above, or above such a line."""
    if not outline.is_above(upper, lower):
        return False
    return not any(
        outline.signatures[i] == outline.signatures[upper] or outline.is_above(i, upper)
        for i in range(upper + 1, lower)
    )


def _windows(outline: Outline, criteria: tuple[int, ...]) -> list[tuple[int, ...]]:
    """The whole list, the stretches between totals, interrupted chains, and the runs between headings."""
    chains: list[list[int]] = [[criteria[0]]]
    runs: list[list[int]] = [[criteria[0]]]
    for last, index in itertools.pairwise(criteria):
        upper = _first_above(outline, last, index)
        if upper is None:
            runs[-1].append(index)
            chains[-1].append(index)
            continue
        runs.append([index])
        if index - upper > 3:
            chains.append([index])
        else:
            chains[-1].append(index)
    joined = [[*a, *b] for a, b in itertools.pairwise(chains)] if 2 < len(chains) <= 6 else []
    found = [list(criteria), *_between_totals(outline, criteria), *chains, *joined, *runs]
    found += [own for window in [list(criteria), *runs] for own in lines_announced.announced(outline, window)]
    return list(dict.fromkeys(tuple(w) for w in found if 2 <= len(w) <= MOST_CRITERIA))


def _between_totals(outline: Outline, criteria: tuple[int, ...]) -> list[list[int]]:
    """Splits the criteria at totals. Scored lines after a total belong to another list."""
    ended: dict[int, list[int]] = {}
    totals_at = [i for i, line in enumerate(outline.lines) if line.said.total is not None]
    for index in criteria:
        ended.setdefault(bisect(totals_at, index), []).append(index)
    return list(ended.values()) if len(ended) > 1 else []


def _first_above(outline: Outline, last: int, index: int, heads: frozenset[int] = frozenset()) -> int | None:
    return next((i for i in range(last + 1, index) if i in heads or outline.is_above(i, index)), None)


def _levelled(outline: Outline, criteria: tuple[int, ...]) -> Iterator[_Choice]:
    """Choices without levels, and with the lines below the criteria as levels."""
    yield _Choice(criteria)
    lost = {i for i, line in enumerate(outline.lines) if line.said.loss is not None}  # a level is not worded as a loss
    spans = _bodies(outline, criteria, frozenset())
    bodies = [[i for i in range(start + 1, end) if i not in lost] for start, end in spans]
    rungs = [[i for i in body if _is_rung(outline, i)] for body in bodies]
    alike = Counter(outline.signatures[i] for body in bodies for i in body if outline.lines[i].said.kind)
    choices = [rungs, _like(outline, bodies, rungs)]
    if alike:
        signature = alike.most_common(1)[0][0]
        choices.append([[i for i in body if outline.signatures[i] == signature] for body in bodies])
        choices.append([[i for i in body if outline.signatures[i][3] == signature[3]] for body in bodies])
    for chosen in choices:
        levels = frozenset(itertools.chain.from_iterable(chosen))
        have = sum(map(bool, chosen))
        if have >= max(1, _FEWEST_LEVELLED * len(criteria)):
            yield _Choice(criteria, levels)
            if _are_numbered(outline, chosen):
                yield _Choice(criteria, levels, are_numbered=True)
        if 2 <= have < len(criteria):
            own = tuple(i for i, group in zip(criteria, chosen, strict=True) if group)
            yield _Choice(own, levels, heads=frozenset(criteria) - set(own))


def _like(outline: Outline, bodies: Sequence[Sequence[int]], rungs: Sequence[Sequence[int]]) -> list[list[int]]:
    """The level lines, and lines beside them that are set alike and begin with any name."""
    settings = {outline.signatures[i] for group in rungs for i in group}
    lines = outline.lines
    beside = {i for body in bodies for i in body if outline.signatures[i] in settings}
    labelled = {i for i in beside if lines_levels.is_labelled(lines[i].said.raw)}.union(*map(set, rungs))
    return [[i for i in body if i in labelled] for body in bodies]


def _is_rung(outline: Outline, index: int) -> bool:
    line = outline.lines[index]
    if line.said.is_amount_alone or line.said.total is not None:
        return False
    return lines_levels.is_rung(line.said.raw) or (line.said.amount is not None and bool(line.said.text))


def _are_numbered(outline: Outline, groups: Sequence[Sequence[int]]) -> bool:
    """Whether the numbers before levels are points and do not just count."""
    numbers = [[outline.lines[i].said.marker.strip("().") for i in group] for group in groups if group]
    if not all(number.isdecimal() for group in numbers for number in group):
        return False
    return any(group != [str(n + 1) for n in range(len(group))] for group in numbers)


def _bodies(
    outline: Outline, criteria: Sequence[int], heads: frozenset[int], levels: frozenset[int] = frozenset()
) -> list[tuple[int, int]]:
    """The place of each criterion and the end of its lines, which is after its last level."""
    bodies = []
    for last, index in itertools.pairwise(criteria):
        upper = _first_above(outline, last, index, heads)
        bodies.append((last, index if upper is None else upper))
    seen = {outline.signatures[i] for start, end in bodies for i in range(start + 1, end)}
    end = start = criteria[-1]
    lowest = max((i for i in levels if i > start), default=start)
    for end in range(start + 1, len(outline.lines) + 1):
        if end > lowest and _is_end(outline, start, lowest, end, heads, seen):
            break
    return [*bodies, (start, max(end, start + 1))]


def _is_end(outline: Outline, start: int, lowest: int, end: int, heads: frozenset[int], seen: set[Signature]) -> bool:
    """Whether the line belongs neither to the last criterion nor to its last level."""
    if end == len(outline.lines) or end in heads:
        return True
    is_below = lowest > start and outline.is_above(lowest, end)
    return not is_below and not _belongs(outline, start, end, seen)


def _belongs(outline: Outline, criterion: int, index: int, seen: set[Signature]) -> bool:
    line = outline.lines[index]
    if outline.signatures[index] in seen:
        return not outline.is_above(index, criterion)
    if outline.signatures[index][0] == "head" or line.said.total is not None:
        return False
    return outline.is_above(criterion, index) and (line.indent > outline.lines[criterion].indent or not seen)


def _part(outline: Outline, choice: _Choice) -> Part:
    roles: dict[int, str] = {}
    for start, end in _bodies(outline, choice.criteria or (min(choice.levels),), choice.heads, choice.levels):
        roles[start] = "c" if choice.criteria else "l"
        has_points = outline.lines[start].said.amount is not None
        for index in range(start + 1, end):
            roles[index] = _body_role(outline, choice, index, has_points)
    lines_adjustments.take_in(outline, roles)
    if choice.criteria:
        _sections(outline, choice, roles)
    _shared_points(outline, choice, roles)
    lines_adjustments.end(outline, roles)
    return _packed(outline, roles)


def _body_role(outline: Outline, choice: _Choice, index: int, has_points: bool) -> str:
    line = outline.lines[index]
    if index in choice.levels:
        return "n" if choice.are_numbered else "l"
    if index in choice.points:
        return "p"
    if index in outline.adjustments or index in outline.adjusting:
        return "a" if index in outline.adjustments else "-"
    if line.said.total is not None:
        return "t"
    if line.said.is_amount_alone:
        return "-" if has_points else "p"
    if line.said.loss is not None:
        return "a"
    return "-" if is_form_line(line.said.raw) else "d"


def is_form_line(text: str) -> bool:
    """ "Notes: ______", "Comments:", "Punts:": whether the line is a blank to write in."""
    head = text.split("_", 1)[0].strip()
    if not head or len(head) > 40:
        return not head
    named = words.concepts(head)
    is_label = max(named.get("comment", 0), named.get("points", 0), named.get("earned", 0), named.get("level", 0)) >= 1
    return is_label and (text.rstrip()[-1:] in "_:：…" or len(head) < len(text.strip()))


def _sections(outline: Outline, choice: _Choice, roles: dict[int, str]) -> None:
    """The nearest outer line above a criterion is its section. If there is only one, it is the list's heading."""
    criteria = choice.criteria
    heads = {}
    for last, index in itertools.pairwise((-1, *criteria)):
        between = range(max(last + 1, index - 6 if last < 0 else 0), index)
        above = [
            i for i in between if roles.get(i, "") in ("", "-") and (i in choice.heads or outline.is_above(i, index))
        ]
        if above:
            heads[above[-1]] = index
    if len(heads) > 1 or (heads and min(heads) > criteria[0]):
        for index in heads:
            roles[index] = "s"


def _shared_points(outline: Outline, choice: _Choice, roles: dict[int, str]) -> None:
    """Lines that state the points of each criterion, above or among criteria without points."""
    open_ones = [i for i in choice.criteria if outline.lines[i].said.amount is None]
    if not open_ones or choice.levels:
        return
    for index in range(max(0, open_ones[0] - NEAR), open_ones[-1]):
        if roles.get(index, "-") in "-dp" and shared_points.told(outline.lines[index].said.raw):
            roles[index] = "e"


def _packed(outline: Outline, roles: dict[int, str]) -> Part:
    blocks: list[int] = []
    letters = ""
    for index in sorted(roles):
        line = outline.lines[index]
        blocks += [line.place, *line.more]
        letters += (roles[index] if line.said.raw else "-") + "+" * len(line.more)
    return Part(tuple(blocks), "lines", "", letters)


def _is_counted(names: Sequence[str]) -> bool:
    """Whether most names differ only by a number, as when the text after "Criterion 1" was cut off."""
    alike = Counter(_NUMBERS.sub("", name) for name in names)
    return len(names) > 2 and max(alike.values()) > len(names) / 2


def _named_parts(part: Part, outline: Outline, choice: _Choice) -> Iterator[Part]:
    """A part for each way to find names that changes them, if they differ by more than a number."""
    told = set()
    ways: tuple[NameFrom, ...] = ("lead", "line", "cell")
    for way in ways:
        own = tuple(named(outline.lines[i], way).name for i in choice.criteria)
        if own not in told and (way == "cell" or not _is_counted(own)):
            told.add(own)
            yield replace(part, name=way)
