"""Features that distinguish a table of criteria without points or levels, such as a checklist, from other tables.

Besides the context, the rows decide: boxes, blanks to write in or the same answers to circle in each row ask for a
judgement; other texts state facts about each row. No weights here.
"""

from __future__ import annotations

from collections.abc import Sequence

from rubric_jobs.documents.model import Document, fold
from rubric_jobs.reader import cell_values, lines_unscored
from rubric_jobs.reader.plan import Part
from rubric_jobs.reader.sheet import Sheet
from rubric_jobs.rubric.model import Criterion
from rubric_jobs.vocabulary import words

Features = dict[str, float]
LONGEST_ANSWER = 30
_BRACKETS = str.maketrans("", "", "[]()\n .")
_ANSWERED = 0.5


def features_unscored(
    part: Part, document: Document, criteria: Sequence[Criterion], sheet: Sheet, rows: str, roles: str
) -> Features:
    """Features of a part of tables whose criteria have neither points nor levels; empty for any other part."""
    if not criteria or any(criterion.points is not None or criterion.levels for criterion in criteria):
        return {}
    found = lines_unscored.around(document, part.blocks[0]) | lines_unscored.wording_of(criteria)
    beside = _beside(sheet, rows, roles)
    found |= beside
    asks = max(beside["boxes"], beside["blanks"], beside["same answers"])
    found["asks"] = asks
    found["asks and graded"] = asks * found[lines_unscored.AT_ALL]
    found["asks questions"] = asks * found["questions"]
    found["told and not graded"] = beside["told"] * (1 - found[lines_unscored.AT_ALL])
    return {f"unscored {name}": value for name, value in found.items()}


def _beside(sheet: Sheet, rows: str, roles: str) -> Features:
    """The shares of criteria rows with such cells beside the name and its description."""
    places = [row for row, role in enumerate(rows) if role == "c"]
    others = [column for column, role in enumerate(roles) if role not in "cnsd"]
    texts = [[sheet.texts[row][column] for column in others] for row in places]
    count = len(texts) or 1
    shown = [[text for text in own if text] for own in texts]
    same = {tuple(map(fold, own)) for own in shown if own}
    is_same = len(texts) > 1 and len(same) == 1 and all(len(text) <= LONGEST_ANSWER for own in shown for text in own)
    heads = [sheet.texts[row][column] for row, role in enumerate(rows) if role == "h" for column in others]
    return {
        "boxes": sum(any(map(_is_box, own)) for own in shown) / count,
        "blanks": sum(bool(own) and not all(own) for own in texts) / count,
        "same answers": float(is_same and all(shown)),
        "told": sum(any(not _is_box(text) for text in own) for own in shown) / count if not is_same else 0.0,
        "alone": float(not others),
        "headed by answers": float(any(_is_answer(text) for text in heads)),
    }


def _is_box(text: str) -> bool:
    """Whether the text is a box of any kind, or empty brackets."""
    return cell_values.is_ticks(text) or not text.translate(_BRACKETS)


def _is_answer(text: str) -> bool:
    named = words.concepts(text)
    told = max(named.get("answer", 0.0), named.get("comment", 0.0), named.get("earned", 0.0))
    return 0 < len(text) <= LONGEST_ANSWER and told >= _ANSWERED
