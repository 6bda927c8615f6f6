"""The likeliest row roles of a table, given its column roles."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal

from rubric_jobs.reader import penalties, totals
from rubric_jobs.reader.cell_values import amount_of, is_amount
from rubric_jobs.reader.local_features import fold, row_features
from rubric_jobs.reader.names import tidy
from rubric_jobs.reader.sheet import Sheet, View
from rubric_jobs.reader.tags import tags_of
from rubric_jobs.reader.weights import classes

MOST_ROW_ROLES = 4
_NOTE = re.compile(r"\(.{20,}\)", re.DOTALL)
FEWEST_SUMMED = 3
"""Fewest rows whose sum marks the last one as a total. Two would too often be chance."""
UNLIKELY = 6.0
_Flip = tuple[float, dict[int, str]]
"""The cost of a change in log probability, and the new roles of rows."""
_SIGNATURE = (
    "none",
    "single",
    "single wide",
    "name blank",
    "name inherited",
    "level none",
    "level amounts",
    "points told",
    "name total short",
    "repeats header",
    "name penalty",
)


def row_roles(sheet: Sheet, roles: str, titles: Sequence[str], body: range) -> list[tuple[str, float]]:
    """The likeliest role assignments for the body's rows. Rows that look the same change together."""
    local = classes("rows")
    shares, alike = [], []
    worths = [_worth(sheet, roles, row) for row in body]
    told = [worth for worth in worths if worth is not None]
    for row, worth in zip(body, worths, strict=True):
        features = row_features(sheet, roles, titles, row, body)
        is_sum = row == body[-1] and worth is not None and len(told) > FEWEST_SUMMED and sum(told) == 2 * worth
        may_be_total = worth is None or worth == max(told)  # a total is the largest amount in its column
        features["name total alone"] = float(is_sum or (features.get("name total alone", 0.0) > 0 and may_be_total))
        shares.append(_with_penalty(_with_total(local.log_shares(features), features), features, sheet.distinct[row]))
        alike.append(tuple(features.get(name, 0.0) for name in _SIGNATURE))
    shares = _with_heads_and_notes(sheet, roles, titles, body, shares)
    for place in totals.sums(worths):
        shares[place] = {**shares[place], "t": max(shares[place].values()) + 1.0, "c": shares[place]["c"] - 4.0}
    best = [max(share, key=share.__getitem__) for share in shares]
    flips = [*_alike_flips(local.names, shares, alike, best), *_summing_flips(sheet, roles, worths, body)]
    base = sum(share[role] for share, role in zip(shares, best, strict=True))
    if len(best) > 2 and best[-1] != "-":
        flips.append((shares[-1][best[-1]] - shares[-1]["-"], {len(best) - 1: "-"}))
    flips.sort(key=lambda flip: flip[0])
    found = [("".join(best), base / len(best))] if best else []
    for cost, changed in flips[: MOST_ROW_ROLES - 1]:
        if cost < UNLIKELY:
            rows_text = "".join(changed.get(i, role) for i, role in enumerate(best))
            found.append((rows_text, (base - cost) / len(best)))
    return found


def _alike_flips(
    names: Sequence[str], shares: Sequence[Mapping[str, float]], alike: Sequence[tuple[float, ...]], best: Sequence[str]
) -> Iterator[_Flip]:
    """Changes of the role of all rows that look the same."""
    for signature in dict.fromkeys(alike):
        rows = [i for i, other in enumerate(alike) if other == signature]
        for role in names:
            changed = {i: role for i in rows if best[i] != role}
            cost = sum(shares[i][best[i]] - shares[i][role] for i in changed)
            if changed:
                yield cost / len(changed) ** 0.5, changed


def _summing_flips(sheet: Sheet, roles: str, worths: Sequence[Decimal | None], body: range) -> Iterator[_Flip]:
    """Changes to sections where the rows' amounts suggest them, and to descriptors above rows of amounts."""
    if wholes := wholes_of(worths):
        yield 0.5, dict.fromkeys(wholes, "s")
    if heads := _described_heads(sheet, roles, body):
        yield 1.5, heads


def wholes_of(worths: Sequence[Decimal | None]) -> list[int]:
    """Rows whose amount is exactly the sum of the rows below, up to the next such row."""
    found = totals.wholes(worths, fewest=1)
    # Rows with equal amounts are not sums of each other.
    is_clear = len(found) > 1 and sum(parts > 1 for _, parts in found) * 2 >= len(found)
    covered = sum(parts + 1 for _, parts in found)
    is_clear = is_clear and covered * 4 >= 3 * sum(worth is not None for worth in worths)
    return [place for place, _ in found] if is_clear else []


def _worth(sheet: Sheet, roles: str, row: int) -> Decimal | None:
    """The row's amount in the points column."""
    cells = [cell for role, cell in zip(roles, sheet.rows[row], strict=True) if role in "pw" and cell]
    amount = next((amount for cell in cells if (amount := amount_of(cell.text))), None)
    return amount.high if amount else None


def _with_total(shares: dict[str, float], features: Mapping[str, float]) -> dict[str, float]:
    """A row that is named a total, or equals the sum of the rows above, is no criterion without a description."""
    if features.get("name total alone") and not features.get("level filled"):
        shares = {**shares, "t": max(shares.values()) + 1.0, "c": shares["c"] - 4.0}
    return shares


def _with_penalty(shares: dict[str, float], features: Mapping[str, float], cells: Sequence[View]) -> dict[str, float]:
    """A row that is named a penalty and states its deduction is neither a total nor skipped."""
    is_named = features.get("name penalty") and (features.get("points lost") or features.get("points told"))
    is_told = len(cells) == 1 and penalties.told_alone(tidy(cells[0].text)) is not None
    if not (is_named or is_told) or features.get("level filled"):
        return shares
    others = "-t" if is_told else "-st"  # a section with a deduction is assembled as an adjustment
    return {role: value - UNLIKELY if role in others else value for role, value in shares.items()}


def _with_heads_and_notes(
    sheet: Sheet, roles: str, titles: Sequence[str], body: range, shares: list[dict[str, float]]
) -> list[dict[str, float]]:
    """A row that repeats the level names is a header. A row in brackets, or an empty one below a total, is skipped."""
    heads = [row for row in body if _repeats_levels(sheet, roles, titles, row)]
    # If most rows repeat the names, they are cells to be circled.
    forced = dict.fromkeys(heads, "h") if len(heads) * 2 < len(body) else {}
    forced |= dict.fromkeys(_numbered_sections(sheet, roles, body), "s") | dict.fromkeys(_captions(sheet, body), "k")
    total = False
    for row, share in zip(body, shares, strict=True):
        cells = sheet.distinct[row]
        is_note = len(cells) == 1 and _NOTE.fullmatch(cells[0].text) is not None
        is_heading = len(cells) == 1 and "l" in roles and "only:criterion" in tags_of(cells[0].text)
        if is_note or is_heading or (total and set(roles) & set("lpw") and not _says_worth(sheet, roles, row)):
            forced.setdefault(row, "-")
        total = total or max(share, key=share.__getitem__) == "t"
    return [_forced(share, forced.get(row)) for row, share in zip(body, shares, strict=True)]


def _forced(share: dict[str, float], role: str | None) -> dict[str, float]:
    """Forces a skipped row. A row that repeats the header may still be a criterion."""
    if role is None:
        return share
    others = {other: value - UNLIKELY for other, value in share.items()} if role == "-" else share
    return {**others, role: max(share.values()) + 1.0}


def _repeats_levels(sheet: Sheet, roles: str, titles: Sequence[str], row: int) -> bool:
    columns = [column for column, role in enumerate(roles) if role == "l" and sheet.texts[row][column]]
    names = {c: (fold(titles[c]), fold(titles[c].rpartition("\n")[2])) for c in columns}
    same = [c for c in columns if fold(sheet.texts[row][c]) in names[c] and not is_amount(sheet.texts[row][c])]
    return len(same) > 1 and len(same) == len(columns)


_NUMBERED = re.compile(r"\s*(?P<number>\d{1,2}(?:\.\d{1,2})*)\.?(?=\s|$)")


def _numbered_sections(sheet: Sheet, roles: str, body: range) -> list[int]:
    """Rows without points that are followed by their parts: "2. Code" above "2.1 ..." and "2.2 ..."."""
    numbers = {row: match["number"] for row in body if (match := _NUMBERED.match(sheet.texts[row][0]))}
    return [
        row
        for row, number in numbers.items()
        if numbers.get(row + 1) == f"{number}.1" and "." not in number and not _says_worth(sheet, roles, row)
    ]


def _captions(sheet: Sheet, body: range) -> list[int]:
    """The first row, if it and the second each span all columns. The second is then a section."""
    first = [sheet.distinct[row] for row in body[:2]]
    is_title = sheet.columns > 1 and all(len(cells) == 1 and cells[0].column_span == sheet.columns for cells in first)
    return [body[0]] if is_title and len(body) > 2 and len(sheet.distinct[body[2]]) > 1 else []


def _says_worth(sheet: Sheet, roles: str, row: int) -> bool:
    return any(text for role, text in zip(roles, sheet.texts[row], strict=True) if role in "lpw")


def _described_heads(sheet: Sheet, roles: str, body: range) -> dict[int, str]:
    """Rows of descriptors above rows of points. They describe the levels of the rows below.

    A row of points without a name, or with a word for points as its name, belongs to the row above.
    """
    found: dict[int, str] = {}
    marks = 0
    for place, row in enumerate(body):
        texts = [text for role, text in zip(roles, sheet.texts[row], strict=True) if role == "l" and text]
        if len(texts) < 2:
            continue
        if not all(map(is_amount, texts)):
            found[place] = "s"
        elif _is_named(sheet, roles, row):
            marks += 1
        elif found.get(place - 1) == "s":
            found |= {place - 1: "c", place: "u"}
    heads = list(found.values()).count("s")
    return found if 0 < heads < marks else {}


def _is_named(sheet: Sheet, roles: str, row: int) -> bool:
    name = sheet.texts[row][roles.index("c")] if "c" in roles else ""
    return bool(name) and "only:points" not in tags_of(name)
