"""The bounded set of parts that a table (or a table over several blocks) can be read as, likeliest first.

This is a grammar, not a set of rules for documents: header rows, then a role for each column, then one for each row.
Local models rank the choices; whole parts are judged later. Three beams bound the set.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache, partial
from operator import itemgetter

from rubric_jobs.documents.model import Document, Table
from rubric_jobs.reader import cell_values, grid_work, numbered_heads
from rubric_jobs.reader.cell_values import amount_of
from rubric_jobs.reader.enumerate_rows import row_roles, wholes_of
from rubric_jobs.reader.local_features import Columns, header_features, lists_levels
from rubric_jobs.reader.plan import NameFrom, Part, Shape
from rubric_jobs.reader.sheet import Sheet, sheet_of
from rubric_jobs.reader.tags import tags_of
from rubric_jobs.reader.weights import classes, dot, fitted, log_odds

MOST_PARTS = 28
MOST_HEADERS = 4
MOST_COLUMN_ROLES = 6
BEAM = 24
MOST_LEVELS = 12
FARTHEST = 5.0
"""Choices whose log probability is this far below the best are dropped."""
TALLEST_TURNED = 14
LONGEST_NAME = 130
MANY_CELLS = 120
BEST_ROWS = 0.0
"""The highest possible mean log probability of rows, except for forced rows."""
LARGEST = 6_000
"""Cells. A larger table is data."""
MOSTLY = 0.7
_MOST = {"c": 1, "s": 1, "n": 1, "m": 1, "p": 2, "w": 1, "v": 1, "k": 1, "d": 3, "x": 2}
_NEVER_WITH = {"m": "l", "l": "m"}


@dataclass(frozen=True, slots=True)
class Proposal:
    """`header`, `columns` and `rows` are mean log probabilities of the local models."""

    part: Part
    header: float
    columns: float
    rows: float

    @property
    def score(self) -> float:
        return self.header + 3 * self.columns + 3 * self.rows


@dataclass(frozen=True, slots=True)
class _Draft:
    """Columns with roles. `most` is an upper bound of the score with any rows."""

    most: float
    expanded: Callable[[], Iterable[Proposal]]


@dataclass(frozen=True, slots=True)
class _Header:
    start: int
    depth: int
    score: float
    lender: int | None = None


def enumerate_table(region: tuple[int, ...], document: Document) -> list[Proposal]:
    """Parts of the shapes down, across and long for a region of tables, best first, at most MOST_PARTS."""
    sheet = sheet_of(document, region)
    if sheet.columns < 1 or len(sheet.rows) * sheet.columns > LARGEST or not sheet.cells:
        return []
    drafts = list(_upright(sheet, region, document))
    if 2 <= len(sheet.rows) <= TALLEST_TURNED and sheet.columns >= 2:
        drafts += _turned(sheet.turned, region)
    return _best(drafts, MOST_PARTS if len(sheet.cells) < MANY_CELLS else MOST_PARTS // 2)


def _best(drafts: list[_Draft], most: int) -> list[Proposal]:
    """The likeliest proposals. Drafts that cannot be among them are not expanded."""
    found: list[Proposal] = []
    for draft in sorted(drafts, key=lambda draft: -draft.most):
        if len(found) == most and draft.most < found[-1].score:
            break
        found = sorted([*found, *draft.expanded()], key=lambda proposal: -proposal.score)[:most]
    return found


def _upright(sheet: Sheet, region: tuple[int, ...], document: Document) -> Iterator[_Draft]:
    for header in [*_headers(sheet), *_lent(sheet, region, document)]:
        part = Part(region, "down", "", "", header=header.lender)
        titles = _titles(sheet, header, part, document)
        columns = Columns(sheet, titles, range(header.start + header.depth, len(sheet.rows)))
        yield from _grids(columns, header, part)
        if len(columns.body) >= 3 and sheet.columns >= 2:
            yield from _longs(columns, header, part)


def _turned(sheet: Sheet, region: tuple[int, ...]) -> Iterator[_Draft]:
    for header in _headers(sheet):
        part = Part(region, "across", "", "")
        titles = _titles(sheet, header, None, None)
        columns = Columns(sheet, titles, range(header.start + header.depth, len(sheet.rows)))
        for draft in _grids(columns, header, part):
            yield _Draft(draft.most, partial(_back, draft))


def _back(draft: _Draft) -> Iterator[Proposal]:
    """Rows and columns as the table has them."""
    for proposal in draft.expanded():
        own = proposal.part
        yield replace(proposal, part=replace(own, rows=own.columns, columns=own.rows))


def _headers(sheet: Sheet) -> list[_Header]:
    """Where the header begins and how deep it is."""
    if _begins_with_whole(sheet) or _begins_alike(sheet):
        return [_Header(0, 0, 0.0)]
    if numbered_heads.are_numbered(sheet.texts[0][1:]) and len(sheet.rows) > 1:
        return [_Header(0, 1, 0.0)]
    height = min(len(sheet.rows), 6)
    odds = [log_odds(dot(fitted()["header"], header_features(sheet, row))) for row in range(height)]
    found = []
    for start, depth in itertools.product(range(4), range(4)):
        end = start + depth
        if end >= len(sheet.rows) or end > height - (end < height) or (depth == 0 and start > 1):
            continue
        score = sum(no for _, no in odds[:start]) + sum(yes for yes, _ in odds[start:end])
        score += odds[end][1] if end < height else 0.0
        found.append(_Header(start, depth, score))
    found.sort(key=lambda header: -header.score)
    return [header for header in found[:MOST_HEADERS] if header.score > found[0].score - FARTHEST]


def _begins_with_whole(sheet: Sheet) -> bool:
    """Whether the first row is a section, not a header: it and a later row each equal the sum of the rows below."""
    columns = zip(*([amount_of(text) for text in row] for row in sheet.texts), strict=True)
    return any(0 in wholes_of([amount.high if amount else None for amount in column]) for column in columns)


def _begins_alike(sheet: Sheet) -> bool:
    """Whether the first row has the same choices as those below, beside a text that is no column heading."""
    first, *below = (row[1:] for row in sheet.texts[:4])
    name = sheet.texts[0][0]
    is_head = not name or any(tag.startswith("only:") for tag in tags_of(name))
    return len(below) > 2 and len(set(filter(None, first))) > 1 and not is_head and all(row == first for row in below)


def _lent(sheet: Sheet, region: tuple[int, ...], document: Document) -> list[_Header]:
    """The header of the nearest table above with as many columns."""
    above = [b for b in range(region[0]) if isinstance(document.blocks[b], Table)]
    if not above:
        return []
    table = document.blocks[above[-1]]
    if not isinstance(table, Table) or table.columns != sheet.columns or table.rows < 2:
        return []
    return [_Header(0, 0, -1.0, above[-1])]


def _titles(sheet: Sheet, header: _Header, part: Part | None, document: Document | None) -> list[str]:
    if part is not None and document is not None and header.lender is not None:
        cells = grid_work.lent_titles(part, document, sheet)
    else:
        cells = grid_work.titles_of(sheet, range(header.start, header.start + header.depth))
    return [grid_work.title_text(column) for column in cells] if cells else [""] * sheet.columns


def _grids(columns: Columns, header: _Header, part: Part) -> Iterator[_Draft]:
    sheet, titles, body = columns.sheet, columns.titles, columns.body

    @cache
    def likely_rows(seen: str) -> list[tuple[str, float]]:
        return row_roles(sheet, seen, titles, body)

    def expanded(roles: str, role_score: float) -> Iterator[Proposal]:
        for rows, row_score in likely_rows("".join(role if role in "clpw" else "." for role in roles)):
            if not set(rows) & set("c="):
                continue
            for name in _names(sheet, roles, rows, body):
                if name == "above" and _is_parted(part):
                    continue
                own = replace(part, columns=roles, rows=_preamble(sheet, header) + rows, name=name)
                yield Proposal(own, header.score, role_score, row_score)

    for roles, role_score in column_roles(columns, "columns"):
        if _is_grid(roles, len(body), columns):
            yield _Draft(
                Proposal(part, header.score, role_score, BEST_ROWS).score, partial(expanded, roles, role_score)
            )


def _is_grid(roles: str, height: int, columns: Columns) -> bool:
    if roles.count("l") == 1 and "c" in roles and _says_points(columns, roles.index("l")):
        return False
    headed = {role for role, title in zip(roles, columns.titles, strict=True) if _heads_level(title)}
    if sum(map(_heads_level, columns.titles)) > 1 and headed != {"l"}:
        return False
    if set(roles[numbered_heads.first_of(columns) :]) - {"l"}:
        return False
    if _passes_over_level(roles, columns):
        return False
    if "c" in roles:
        return True
    if set(roles) & set("ds"):
        return False
    return roles.count("l") >= 2 or "m" in roles or (roles.count("l") == 1 and height >= 2)


def _passes_over_level(roles: str, columns: Columns) -> bool:
    """Whether a column with a level name as heading is skipped or a description, beside level columns."""
    named = [role for role, tags in zip(roles, columns.tags, strict=True) if "shortlevel" in tags]
    return "l" in named and bool(set(named) & set("d-"))


def _says_points(columns: Columns, column: int) -> bool:
    """Whether the column is empty or holds only amounts. A single such column is no level."""
    return not columns.filled[column] or columns.amounts[column] >= MOSTLY


def _heads_level(title: str) -> bool:
    """Whether the heading is a level name or an answer, with points. Two such columns leave no doubt."""
    tags = tags_of(title)
    return "counted" in tags and bool(tags & {"shortlevel", "only:answer"})


def _preamble(sheet: Sheet, header: _Header) -> str:
    roles = ""
    for row in range(header.start):
        is_caption = len(sheet.distinct[row]) == 1 and "k" not in roles
        roles += "k" if is_caption else "-"
    return roles + "h" * header.depth


def column_roles(columns: Columns, model: str) -> list[tuple[str, float]]:
    """The likeliest role assignments for all columns, with their mean log probability."""
    local = classes(model)
    beam: list[tuple[str, float]] = [("", 0.0)]
    for column in range(columns.sheet.columns):
        shares = local.log_shares(columns.features(column))
        likely = sorted(shares.items(), key=itemgetter(1), reverse=True)[:5]
        options = [(role, value, _MOST.get(role, 99), _NEVER_WITH.get(role, " ")) for role, value in likely]
        grown = [
            (roles + role, score + value)
            for roles, score in beam
            for role, value, most, never in options
            if roles.count(role) < most and never not in roles
        ]
        beam = sorted(grown, key=itemgetter(1), reverse=True)[:BEAM]
    kept = [(roles, score) for roles, score in beam[:MOST_COLUMN_ROLES] if score > beam[0][1] - FARTHEST]
    if model == "columns":
        kept += [named for one in kept if (named := _with_names(columns, *one))]
        others = [
            other for one in reversed(kept) for other in (*_with_lists(columns, *one), *_with_numbered(columns, *one))
        ]
        listing = dict(others)
        kept += [(roles, score) for roles, score in listing.items() if roles not in dict(kept)]
    return [(roles, score / columns.sheet.columns) for roles, score in kept]


def _with_names(columns: Columns, roles: str, score: float) -> tuple[str, float] | None:
    """Levels, but the first column, of texts below a bare amount, holds each row's name and the amount its points."""
    is_named = columns.amounts[0] == 0 and columns.filled[0] and "amount" in columns.tags[0]
    return (f"c{roles[1:]}", score - 1.0) if is_named and roles.count("l") > 2 and "c" not in roles else None


def _with_lists(columns: Columns, roles: str, score: float) -> list[tuple[str, float]]:
    """The likeliest roles, with a column whose cells each list levels."""
    for column, texts in enumerate(columns.filled):
        others = roles[:column] + roles[column + 1 :]
        if "l" not in others and "c" in others and roles[column] != "m" and _list_levels(texts):
            return [(roles[:column] + "m" + roles[column + 1 :], score - 1.0)]
    return []


def _with_numbered(columns: Columns, roles: str, score: float) -> list[tuple[str, float]]:
    """The likeliest roles, with empty columns below numbered headings as levels to tick."""
    first = numbered_heads.first_of(columns)
    return [(roles[:first] + "l" * (len(roles) - first), score - 1.0)] if "c" in roles[:first] else []


def _list_levels(texts: Sequence[str]) -> bool:
    lists = sum(map(lists_levels, texts))
    alone = sum(not lists_levels(text) and cell_values.ends_in_points(text) for text in texts)
    return lists > 0 and (lists + alone) * 2 > len(texts)


def _names(sheet: Sheet, roles: str, rows: str, body: range) -> tuple[NameFrom, ...]:
    if "c" not in roles:
        return ("above", "level") if rows.count("c") <= 2 else ("level", "above")
    column = roles.index("c")
    cells = [cell for row, role in zip(body, rows, strict=True) if role == "c" and (cell := sheet.rows[row][column])]
    found: list[NameFrom] = ["lead"]
    texts = [cell.text for cell in cells]
    is_explained = sum(map(_is_explained, texts)) * 2 > sum("\n" in text for text in texts)
    is_plain = not is_explained and sum(len(text) > LONGEST_NAME for text in texts) * 2 < len(texts)
    if is_plain and any(cell.lead or len(cell.text) > 30 or ":" in cell.text for cell in cells):
        found.append("cell")
    if sum("\n" in text for text in texts) * 2 >= max(len(texts), 1):
        found.append("line")
    return tuple(found)


def _is_explained(text: str) -> bool:
    """Whether a sentence follows the name, and not a name that spans several lines."""
    below = text.partition("\n")[2]
    is_sentence = below.rstrip().endswith((".", "?", "。"))
    return is_sentence and not (below[:1].islower() or below[:1] in "(/")


def _longs(columns: Columns, header: _Header, part: Part) -> Iterator[_Draft]:
    sheet, titles, body = columns.sheet, columns.titles, columns.body
    shape: Shape = "long"
    for likely, role_score in column_roles(columns, "long")[:3]:
        roles = _with_descriptions(sheet, likely, body)
        if not {"k", "x"} & set(roles):
            continue
        told: list[tuple[str, NameFrom]] = [(rows, "lead") for rows in _long_rows(sheet, roles, body)]
        may_be_one = len(body) <= MOST_LEVELS and not _is_parted(part)
        if may_be_one and (alone := _levels_alone(sheet, roles, titles, body)):
            told.append((alone, "above"))
        for rows, name in told:
            own = replace(part, shape=shape, columns=roles, rows=_preamble(sheet, header) + rows, name=name)
            proposal = Proposal(own, header.score, role_score - 0.3, -0.2)
            yield _Draft(proposal.score, partial(list, [proposal]))


def _with_descriptions(sheet: Sheet, roles: str, body: range) -> str:
    """A cell as tall as the criterion's, beside several levels, describes the criterion."""
    criterion = roles.find("c")
    if criterion < 0:
        return roles
    heads = [cell for row in body if (cell := sheet.rows[row][criterion]) and cell.row == row and cell.row_span > 1]
    for column, role in enumerate(roles):
        beside = [sheet.rows[head.row][column] for head in heads]
        is_as_tall = all(
            cell is not None and (cell.row, cell.row_span) == (head.row, head.row_span)
            for head, cell in zip(heads, beside, strict=True)
        )
        if role == "x" and len(heads) > 1 and is_as_tall:
            roles = roles[:column] + "d" + roles[column + 1 :]
    return roles if "x" in roles else roles.replace("k", "x")


def _long_rows(sheet: Sheet, roles: str, body: range) -> list[str]:
    """Row roles for criteria named in a column, or in separate rows above their levels."""
    column = roles.find("c")
    found = []
    if column >= 0:
        found.append("".join(_long_row(sheet, roles, column, row, named_alone=False) for row in body))
    found.append("".join(_long_row(sheet, roles, column, row, named_alone=True) for row in body))
    return [rows for rows in dict.fromkeys(found) if len(set(rows) & set("cg")) and rows.count("l") >= 1]


def _is_parted(part: Part) -> bool:
    """Whether something stands between its tables, such as the name of the next criterion."""
    return any(below - above > 1 for above, below in itertools.pairwise(part.blocks))


def _levels_alone(sheet: Sheet, roles: str, titles: Sequence[str], body: range) -> str | None:
    """Row roles of a table for one criterion that the heading above names: each row is a level."""
    if "c" in roles or not {"k", "v"} & set(roles):
        return None
    headings = [tags_of(title) for role, title in zip(roles, titles, strict=True) if role == "x"]
    if len(headings) > 1 and not any("only:description" in tags for tags in headings):
        return None  # two columns of texts are two criteria, side by side
    rows = "".join("l" if sheet.distinct[row] else "-" for row in body)
    return rows if rows.count("l") >= 2 else None


def _long_row(sheet: Sheet, roles: str, column: int, row: int, *, named_alone: bool) -> str:
    cells = sheet.distinct[row]
    if not cells:
        return "-"
    if "begins:total" in tags_of(cells[0].text):
        return "t"
    if len(cells) == 1:
        return "g" if named_alone else "s" if cells[0].column_span > 1 or cells[0].column == 0 else "+"
    head = sheet.rows[row][column] if column >= 0 else None
    if named_alone or head is None or not head.text:
        return "l"
    return "c" if head.row == row else "l"
