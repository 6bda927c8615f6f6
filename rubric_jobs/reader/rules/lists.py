"""Lists of criteria with points, and checklists → candidates."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal

from rubric_jobs.documents.model import Document, Paragraph
from rubric_jobs.reader import amounts, lexicon
from rubric_jobs.reader.context import context_of
from rubric_jobs.reader.names import named, tidy
from rubric_jobs.reader.rules.candidate import Candidate
from rubric_jobs.reader.rules.items import Item, item_of, tree
from rubric_jobs.reader.rules.tables import is_course_part, told
from rubric_jobs.reader.totals import plain_total, told_totals
from rubric_jobs.rubric.model import Adjustment, Criterion, Source

LONGEST_NAME = 400
_QUESTION = re.compile(
    r"(?:question|exercise|problem|exercice|partie|ejercicio|pregunta|problema|exercicio|questao|aufgabe|esercizio"
    r"|domanda|opgave|vraag)\s*(?:n[o°º]?\.?\s*)?(?:\d{1,2}|[ivx]{1,4}|[a-h])\b"
    r"|(?:show|prove|find|evaluate|compute|calculate|explain|solve|derive|determine|suppose|consider|let|give|what|why|how"
    r"|which|simplify|sketch|demostrar|demuestre|calcul[ae]r?|resolver|resuelva|hall[ae]r?|demontrer|resoudre|montrer"
    r"|berechnen?|zeigen?|bestimmen?|losen?|beweisen?|calcule|prove|mostre|determine)\b"
)
BOXES = "☐☑☒□■"


@dataclass(slots=True)
class _Gathered:
    criteria: list[Criterion]
    adjustments: list[Adjustment]
    items: list[Item]
    stated: Decimal | None = None
    splits: bool = False
    """Whether items with points are headings of the ones below them, which then are the criteria."""


def list_candidates(document: Document) -> list[Candidate]:
    found = []
    for stretch in _stretches(document):
        items = [item_of(paragraph, position) for position, paragraph in stretch]
        candidate = _points(document, stretch, items) or _checks(document, items)
        if candidate is not None:
            found.append(candidate)
    return found


def _stretches(document: Document) -> list[list[tuple[int, Paragraph]]]:
    """Paragraphs with no table between them."""
    stretches: list[list[tuple[int, Paragraph]]] = [[]]
    for position, block in enumerate(document.blocks):
        if isinstance(block, Paragraph):
            stretches[-1].append((position, block))
        elif stretches[-1]:
            stretches.append([])
    return [stretch for stretch in stretches if stretch]


def _points(document: Document, stretch: list[tuple[int, Paragraph]], items: list[Item]) -> Candidate | None:
    stated = None
    kept = []
    for (_, paragraph), item in zip(stretch, items, strict=True):
        total = plain_total(paragraph)
        if total is None:
            kept.append(item)
        else:
            stated = total
    _forget_numbering(kept)
    gathered = _Gathered([], [], [], stated)
    roots = tree(kept)
    gathered.splits = _all_are_headings(roots)
    for root in roots:
        _gather(root, gathered, section=None, in_penalties=False)
    _take_title(gathered)
    _drop_strays(gathered)
    if len(gathered.criteria) < 2:
        return None
    if len({criterion.section for criterion in gathered.criteria}) == 1:
        # What stands above all of them is the list's title.
        gathered.criteria = [c.model_copy(update={"section": None}) for c in gathered.criteria]
    first = gathered.items[0]
    context = context_of(document, first.position)
    candidate = Candidate(
        kind="point_list",
        criteria=gathered.criteria,
        position=first.position,
        evidence=0.0,
        source=first.paragraph.source,
        heading=context.heading,
        stated=gathered.stated,
        is_stated_plainly=gathered.stated is not None,
        adjustments=gathered.adjustments,
        is_list=True,
    )
    scored = sum(item.amount is not None for item in kept) / len(kept)
    candidate.evidence = _evidence(document, candidate, gathered.items, stretch, scored)
    return candidate


def _forget_numbering(items: list[Item]) -> None:
    """ "[1] …", "[2] …" are references, not points."""
    opened = [i for i in items if i.amount and i.amount.is_bare and re.match(r"^\s*[(\[]\s*\d", i.paragraph.text)]
    if [item.amount.high for item in opened if item.amount] == [Decimal(n + 1) for n in range(len(opened))]:
        for item in opened:
            item.amount = None


def _take_title(found: _Gathered) -> None:
    """A first line that is worth as much as all the others together is the title with the total."""
    points = [criterion.points or Decimal(0) for criterion in found.criteria]
    is_whole = found.stated is None or found.stated == points[0] if points else False
    if is_whole and len(points) >= 3 and points[0] == sum(points[1:]) and not found.items[0].is_marked:
        found.stated = found.stated if found.stated is not None else points[0]
        del found.criteria[0], found.items[0]


def _drop_strays(found: _Gathered) -> None:
    """A bare number at the end of a line is no points where the others are plainly marked as such."""
    plain = [
        i.amount is not None and (not i.amount.is_bare or "[" in i.paragraph.text or "(" in i.paragraph.text)
        for i in found.items
    ]
    marked = [item.is_marked for item in found.items]
    if not plain or sum(plain) < 0.6 * len(plain):
        return
    kept = [i for i in range(len(plain)) if plain[i] or (marked[i] and sum(marked) * 2 > len(marked))]
    found.criteria = [found.criteria[i] for i in kept]
    found.items = [found.items[i] for i in kept]


def _gather(item: Item, found: _Gathered, section: str | None, *, in_penalties: bool) -> None:
    """Takes an item, or its children where they are what is graded."""
    if item.penalty is not None or (in_penalties and item.amount is not None):
        value = item.penalty if item.penalty is not None else item.amount.high if item.amount else None
        found.adjustments.append(Adjustment(kind="penalty", reason=_penalty_reason(item), points=value))
        return
    if item.amount is not None and _names_bonus(item):
        found.adjustments.append(Adjustment(kind="bonus", reason=tidy(item.text), points=item.amount.high))
        return
    in_penalties = in_penalties or (item.amount is None and _names_penalties(item))
    scored = [child for child in item.children if child.amount is not None]
    if item.amount is None:
        name = tidy(item.text) if len(item.text) <= 160 else None
        for child in item.children:
            _gather(child, found, name or section, in_penalties=in_penalties)
        return
    if found.splits and _is_heading_of(item, scored):
        for child in item.children:
            _gather(child, found, tidy(item.text), in_penalties=False)
        return
    if 0 < len(item.text) <= LONGEST_NAME and item.amount.high != 0:
        found.criteria.append(_criterion(item, section))
        found.items.append(item)


def _names_bonus(item: Item) -> bool:
    match = lexicon.BONUS.search(lexicon.plain(item.text))
    return match is not None and match.start() <= 3


def _names_penalties(item: Item) -> bool:
    text = lexicon.plain(item.text)
    return len(text) < 60 and lexicon.PENALTY.search(text) is not None


def _penalty_reason(item: Item) -> str:
    text = item.paragraph.text
    name = named(text.split("-")[0].split("–")[0]).name
    return name or tidy(text)


def _all_are_headings(roots: list[Item]) -> bool:
    """Where parts add up to their wholes throughout, the parts are what is graded."""
    scored = [item for item in _topmost(roots) if any(child.amount for child in item.children)]
    return bool(scored) and all(_is_heading_of(i, [c for c in i.children if c.amount]) for i in scored)


def _topmost(items: list[Item]) -> list[Item]:
    """The uppermost items that have points."""
    found = []
    for item in items:
        found += [item] if item.amount is not None else _topmost(item.children)
    return found


def _is_heading_of(item: Item, scored: list[Item]) -> bool:
    """Its children, each with points of its own, make up exactly what it is worth."""
    if len(scored) < 2 or len(scored) < len(item.children) or item.amount is None:
        return False
    total = sum((child.amount.high for child in scored if child.amount), Decimal(0))
    return total == item.amount.high


def _criterion(item: Item, section: str | None) -> Criterion:
    more = list(item.more)
    text = item.text
    if more and more[0][:1].islower() and "\t" in item.paragraph.text:
        # The amount stands beside the first line of a name that goes on below.
        text = f"{text} {more.pop(0)}"
    in_lead = amounts.bracketed(item.paragraph.lead)
    own = named(text, in_lead[1] if in_lead else item.paragraph.lead)
    parts = [own.description] if own.description else []
    parts += more + [_told(child) for child in item.children]
    amount = item.amount
    weight = amount.high if amount and amount.is_percent else None
    return Criterion(
        name=own.name or tidy(item.text),
        description="\n".join(part for part in parts if part) or None,
        section=section,
        points=amount.high if amount else None,
        weight=weight,
        source=item.paragraph.source,
    )


def _told(item: Item) -> str:
    own = f"{item.paragraph.marker} {item.paragraph.text}".strip()
    return "\n".join([own, *item.more, *(_told(child) for child in item.children)])


def _evidence(
    document: Document,
    candidate: Candidate,
    items: list[Item],
    stretch: list[tuple[int, Paragraph]],
    share: float,
) -> float:
    context = context_of(document, candidate.position)
    worths = [item.amount for item in items if item.amount]
    plain_units = sum(a.has_unit or a.is_slashed for a in worths) / len(worths)
    marked = sum(item.is_marked for item in items) / len(items)
    evidence = 0.15 + told(context) + 0.2 * plain_units + 0.1 * marked + 0.2 * min(1.0, share * 1.6)
    total = candidate.sum_of_points
    evidence += 0.2 * (candidate.stated == total or total in told_totals(document)) * (total is not None)
    evidence += 0.1 * (total in (10, 20, 50, 100)) + 0.05 * (len(items) >= 4)
    parts = sum(is_course_part(criterion.name) for criterion in candidate.criteria)
    evidence += 0.2 * _has_points_heading(document, items[0])
    evidence -= 0.35 * context.is_exam + 0.3 * (_are_questions(items) and not context.is_about_rubric)
    evidence -= 0.6 * (parts * 2 >= len(items)) + 0.35 * context.is_syllabus
    evidence -= 0.5 * (_is_money(stretch)) + 0.25 * (len(items) < 3 and not context.is_about_rubric)
    return min(max(evidence, 0.0), 0.9)


def _are_questions(items: list[Item]) -> bool:
    """Most items are numbered exercises, or ask for an answer."""
    asked = [i for i in items if _QUESTION.match(lexicon.plain(i.text)) or i.text.rstrip().endswith(("?", "？"))]
    return len(asked) * 2 >= len(items)


def _has_points_heading(document: Document, first: Item) -> bool:
    """Whether a heading such as "Item … Points" stands right above the first item."""
    above = document.blocks[first.position - 1] if first.position else None
    if not isinstance(above, Paragraph) or "\t" not in above.text or len(above.text) > 80:
        return False
    return lexicon.is_only(lexicon.POINTS, above.text.rsplit("\t", 1)[1])


def _is_money(stretch: list[tuple[int, Paragraph]]) -> bool:
    texts = [paragraph.text for _, paragraph in stretch]
    priced = sum(any(sign in text for sign in "$€£¥") for text in texts)
    return priced >= 2 or sum(lexicon.has(lexicon.COMMERCE, text) for text in texts) * 3 >= len(texts)


def _checks(document: Document, items: list[Item]) -> Candidate | None:
    """Items with a box to tick each."""
    boxed = [item for item in items if _is_boxed(item)]
    if len(boxed) < 3:
        return None
    criteria, section = [], None
    for item in items:
        if _is_boxed(item):
            text = item.paragraph.text.strip(BOXES + " []")
            own = named(text, item.paragraph.lead)
            criteria.append(
                Criterion(
                    name=own.name,
                    description=own.description,
                    section=section,
                    points=own.amount.high if own.amount else None,
                    source=item.paragraph.source,
                )
            )
        elif item.paragraph.is_heading:
            section = tidy(item.paragraph.text)
    context = context_of(document, boxed[0].position)
    evidence = 0.5 + told(context) - 0.3 * context.is_syllabus
    source: Source = boxed[0].paragraph.source
    return Candidate("checklist", criteria, boxed[0].position, evidence, source, heading=context.heading, is_list=True)


def _is_boxed(item: Item) -> bool:
    text = item.paragraph.text.lstrip()
    return item.paragraph.marker in tuple(BOXES) or text[:1] in BOXES or text.startswith(("[ ]", "[  ]"))
