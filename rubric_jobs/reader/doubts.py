"""Places that may be misread, and warnings about the whole rubric, for a teacher to check."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from rubric_jobs.documents.model import Document, fold
from rubric_jobs.reader.composition import Whole
from rubric_jobs.rubric.model import Doubt, Rubric, Warning

GARBLED = "The PDF's fonts do not say which letters its text is made of, so it cannot be read as text."
MOST = 50


def doubts_of(rubric: Rubric, document: Document, wholes: list[Whole]) -> list[Doubt]:
    """Doubts from the rubric itself, from the next best reading, and from the document layer."""
    found = [*_of_total(rubric), *_of_criteria(rubric)]
    other = next((whole for whole in wholes[1:] if whole.parts), None)
    if other is not None:
        found += _of_other(rubric, other)
    found += [Doubt(path="", why=why) for why in document.doubts]
    return found[:MOST]


def _of_total(rubric: Rubric) -> Iterator[Doubt]:
    stated, computed = rubric.totals.stated, rubric.totals.computed
    if stated is not None and computed is not None and stated != computed:
        why = f"The document states {_shown(stated)} points; its criteria add up to {_shown(computed)}."
        yield Doubt(path="total_points", why=why, other=_shown(computed))


def _of_criteria(rubric: Rubric) -> Iterator[Doubt]:
    usual = max((len(criterion.levels) for criterion in rubric.criteria), default=0)
    are_pointed = any(criterion.points is not None for criterion in rubric.criteria)
    told: set[tuple[str, str]] = set()
    for index, criterion in enumerate(rubric.criteria):
        path = f"criteria[{index}]"
        key = (criterion.section or "", fold(criterion.name))
        if not criterion.name:
            yield Doubt(path=f"{path}.name", why="The place of the name is blank here.")
        elif key in told:
            yield Doubt(path=f"{path}.name", why="Another criterion has the same name.")
        if criterion.points is None and are_pointed:
            yield Doubt(path=f"{path}.points", why="No points were found here, but for other criteria.")
        if len(criterion.levels) != usual:
            yield Doubt(path=f"{path}.levels", why=f"Other criteria have {usual} levels.")
        told.add(key)


def _of_other(rubric: Rubric, other: Whole) -> Iterator[Doubt]:
    """Points and level counts that differ in the next best reading."""
    theirs = {fold(c.name): c for candidate in other.parts for c in candidate.reading.criteria}
    for index, criterion in enumerate(rubric.criteria):
        twin = theirs.get(fold(criterion.name))
        if twin is not None and twin.points is not None and twin.points != criterion.points:
            why = "The table can also be read with other points here."
            yield Doubt(path=f"criteria[{index}].points", why=why, other=_shown(twin.points))
        elif twin is not None and len(twin.levels) != len(criterion.levels):
            why = "The table can also be read with more or fewer levels."
            yield Doubt(path=f"criteria[{index}].levels", why=why, other=str(len(twin.levels)))


def warnings_of(rubric: Rubric, document: Document) -> list[Warning]:
    found = [Warning(code="total_mismatch", message=doubt.why, path=doubt.path) for doubt in _of_total(rubric)]
    for index, criterion in enumerate(rubric.criteria):
        if not criterion.name:
            message = "A row of the document has points and no text."
            found.append(Warning(code="unnamed_criterion", message=message, path=f"criteria[{index}]"))
    if document.scanned_pages:
        pages = ", ".join(map(str, document.scanned_pages))
        found.append(Warning(code="scanned_pages", message=f"Pages without text were not read: {pages}.", path=""))
    if document.is_garbled:
        found.append(Warning(code="garbled_text", message=GARBLED, path=""))
    found += [Warning(code="not_read", message=message, path="") for message in document.warnings]
    return found


def _shown(value: Decimal) -> str:
    return format(value.normalize(), "f")
