"""Plan + document → rubric. This is the only way to a rubric, and it is pure. Every value keeps its source."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal

from rubric_jobs.documents.model import Document, Paragraph, Table, fold
from rubric_jobs.reader import grid_assembly, lines_assembly, long_assembly
from rubric_jobs.reader.cell_values import copied
from rubric_jobs.reader.context import heading_above, title_of
from rubric_jobs.reader.names import tidy
from rubric_jobs.reader.plan import Part, PartReading, Plan, PlanInvalid, Ref, check_roles
from rubric_jobs.reader.totals import headed_total, plain_total, stated_in, told_totals
from rubric_jobs.rubric.model import Criterion, Kind, Rubric, Source, Totals

ASSEMBLIES: dict[str, Callable[[Part, Document], PartReading]] = {
    "down": grid_assembly.assemble_grid,
    "across": grid_assembly.assemble_grid,
    "long": long_assembly.assemble_long,
    "lines": lines_assembly.assemble_lines,
}


SUMMARISED = 0.6
SHORTEST = 5


@dataclass(frozen=True, slots=True)
class Unread:
    """A text inside the parts that is in no value, with the reason: the role that excludes it, or `no use`."""

    ref: Ref
    text: str
    source: Source
    why: str


@dataclass(frozen=True, slots=True)
class Assembled:
    rubric: Rubric
    used: frozenset[Ref]
    unread: tuple[Unread, ...]


def assemble(plan: Plan, document: Document) -> Assembled:
    """The rubric that the plan reads from the document. Raises PlanInvalid if the plan does not fit."""
    taken: dict[tuple[int, int], int] = {}
    readings = []
    for number, part in enumerate(plan.parts):
        for row in _rows_taken(part, document):
            if taken.setdefault(row, number) != number:
                raise PlanInvalid(f"two parts read row {row[1]} of block {row[0]}")
        readings.append(assemble_part(part, document))
    rubric = joined(plan, readings, document)
    used = frozenset(ref for reading in readings for ref in reading.used)
    unread = [
        text for part, reading in zip(plan.parts, readings, strict=True) for text in unread_of(part, reading, document)
    ]
    return Assembled(rubric, used, tuple(unread))


def _rows_taken(part: Part, document: Document) -> list[tuple[int, int]]:
    """The rows that the part does not skip, as (block, row). A turned table counts as a whole."""
    if part.shape == "lines":
        return [(block, -1) for block, role in zip(part.blocks, part.rows, strict=False) if role != "-"]
    places = [
        (block, row)
        for block in part.blocks
        if block < len(document.blocks) and isinstance(table := document.blocks[block], Table)
        for row in range(table.rows)
    ]
    if part.shape == "across":
        return places
    return [place for place, role in zip(places, part.rows, strict=False) if role != "-"]


def assemble_part(part: Part, document: Document) -> PartReading:
    """Raises PlanInvalid."""
    check_roles(part)
    if not part.blocks or part.blocks[-1] >= len(document.blocks):
        raise PlanInvalid("a part lies outside of the document")
    assembly = ASSEMBLIES.get(part.shape)
    if assembly is None:
        raise PlanInvalid(f"shape {part.shape} is not read yet")
    return assembly(part, document)


def unread_of(part: Part, reading: PartReading, document: Document) -> list[Unread]:
    """In document order."""
    found = []
    for block in part.blocks:
        item = document.blocks[block]
        if isinstance(item, Table):
            for cell in item.cells:
                ref = (block, cell.row, cell.column)
                if cell.text.strip() and ref not in reading.used:
                    found.append(Unread(ref, cell.text, cell.source, reading.skipped.get(ref, "no use")))
        elif (block, 0, -1) not in reading.used and item.text.strip():
            found.append(Unread((block, 0, -1), item.text, item.source, reading.skipped.get((block, 0, -1), "no use")))
    return found


def joined(plan: Plan, readings: list[PartReading], document: Document) -> Rubric:
    """One rubric of all parts. With several parts, the heading above each names the section of its criteria."""
    criteria = criteria_of(plan, readings, document)
    totals = totals_of(plan, readings, criteria, document)
    first = document.blocks[plan.parts[0].blocks[0]].source if plan.parts else None
    return Rubric.model_construct(
        title=_title(plan, readings, document),
        kind=_kind(plan, criteria),
        total_points=totals.stated if totals.stated is not None else totals.computed,
        criteria=criteria,
        adjustments=[adjustment for reading in readings for adjustment in reading.adjustments],
        totals=totals,
        warnings=[],
        source=first,
    )


def totals_of(plan: Plan, readings: list[PartReading], criteria: list[Criterion], document: Document) -> Totals:
    computed = sum_of(criteria)
    stated = _stated(plan, readings, computed, document)
    return Totals.model_construct(stated=stated, computed=computed, requested=None)


def criteria_of(plan: Plan, readings: list[PartReading], document: Document) -> list[Criterion]:
    plain = [copied(criterion) for reading in readings for criterion in reading.criteria]
    if len(plan.parts) == 1:
        return plain
    united = _with_summaries(plain)
    if len(united) < len(plain):
        return united
    criteria = []
    for part, reading in zip(plan.parts, readings, strict=True):
        section = _section_of(part, reading, document)
        for criterion in reading.criteria:
            named_by_it = section and criterion.name and section.startswith(criterion.name)
            own = criterion.section or (None if named_by_it else section)
            criteria.append(copied(criterion, section=own or None))
    return criteria


def _with_summaries(criteria: list[Criterion]) -> list[Criterion]:
    """Merges a summary, which gives the points, with the criteria that are described elsewhere."""
    described = [criterion for criterion in criteria if criterion.levels]
    plain = [criterion for criterion in criteria if not criterion.levels]
    pairs = [(one, other) for one in plain for other in described if _is_same_name(one.name, other.name)]
    in_order = list(zip(plain, described, strict=False))
    if len(plain) == len(described) and pairs and all(_share_word(one.name, other.name) for one, other in in_order):
        pairs = in_order
    if len(pairs) < 2 or len(pairs) < SUMMARISED * len(plain) or len({id(one) for one, _ in pairs}) < len(pairs):
        return criteria
    for one, other in pairs:
        if one.points is not None:
            other.points, other.weight = one.points, one.weight
        other.description = other.description or one.description
    return described


def _is_same_name(one: str, other: str) -> bool:
    a, b = fold(one), fold(other)
    return bool(a and b) and (a == b or (min(len(a), len(b)) > SHORTEST and (a.startswith(b) or b.startswith(a))))


def _share_word(one: str, other: str) -> bool:
    """Whether long words of both names share a stem: "Bibliography", "Bibliographic interaction"."""
    a, b = ({fold(word)[:SHORTEST] for word in name.split()} for name in (one, other))
    return any(len(word) == SHORTEST for word in a & b)


def _section_of(part: Part, reading: PartReading, document: Document) -> str | None:
    return reading.caption or tidy(heading_above(document, part.blocks[0])) or None


def sum_of(criteria: list[Criterion]) -> Decimal | None:
    values = [criterion.points for criterion in criteria if criterion.points is not None]
    return sum(values, Decimal(0)) if values and len(values) == len(criteria) else None


def _stated(plan: Plan, readings: list[PartReading], computed: Decimal | None, document: Document) -> Decimal | None:
    """The total that the document states: in the plan's block, in rows of the parts, or in paragraphs."""
    if plan.total is not None and plan.total < len(document.blocks):
        block = document.blocks[plan.total]
        told = stated_in(block.text) if isinstance(block, Paragraph) else None
        if told is not None:
            return told
    rows = [reading.stated for reading in readings if reading.stated is not None]
    plain, said = lines_totals(document)
    if computed is not None and computed in [*rows, *plain, *said]:
        return computed
    if len(readings) == 1 and rows:
        return rows[0]
    if len(rows) > 1 and not plain:
        return None
    if rows or plain:
        return plain[-1] if plain else rows[0]
    headed = headed_total(heading_above(document, plan.parts[0].blocks[0])) if plan.parts else None
    if headed is not None:
        return headed
    return said[0] if said and computed is None else None


def lines_totals(document: Document) -> tuple[list[Decimal], list[Decimal]]:
    """Totals in paragraphs: on lines that begin with a word for total, and in titles or sentences."""
    known = document.memo.get("totals")
    if known is None:
        plain = [total for paragraph in document.paragraphs if (total := plain_total(paragraph)) is not None]
        document.memo["totals"] = known = (plain, told_totals(document))
    found: tuple[list[Decimal], list[Decimal]] = known
    return found


def _title(plan: Plan, readings: list[PartReading], document: Document) -> str | None:
    if plan.title is not None and plan.title < len(document.blocks):
        block = document.blocks[plan.title]
        if isinstance(block, Paragraph):
            return tidy(block.text)
    caption = next((reading.caption for reading in readings if reading.caption), None)
    return title_of(document, _first_line_read(plan, len(document.blocks))) or caption or None


def _first_line_read(plan: Plan, otherwise: int) -> int:
    """The first line that is a criterion, a level or a section, and therefore not a title."""
    lines = [part for part in plan.parts if part.shape == "lines"]
    read = (block for part in lines for block, role in zip(part.blocks, part.rows, strict=True) if role in "scln")
    return min(read, default=otherwise)


def _kind(plan: Plan, criteria: list[Criterion]) -> Kind:
    counts = [len(criterion.levels) for criterion in criteria]
    if any(count > 1 for count in counts):
        return "holistic" if len(criteria) == 1 else "analytic"
    if any(counts):
        return "single_point"
    return "point_list" if any(criterion.points is not None for criterion in criteria) else "checklist"
