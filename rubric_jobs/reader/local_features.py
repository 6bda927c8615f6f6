"""Features of one header row, column or row of a table, from which local models propose roles. No weights here."""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Iterable, Sequence
from functools import lru_cache

from rubric_jobs.documents import model
from rubric_jobs.reader import cell_values, penalties
from rubric_jobs.reader.sheet import Sheet, View
from rubric_jobs.reader.tags import opens_with_points, tags_of

Features = dict[str, float]
fold = lru_cache(8192)(model.fold)
SHORT = 60
LONG = 25
ENDING = 30
"""Most letters of a text that ends with a word for total: "Part A total"."""


@lru_cache(4096)
def length_class(text: str) -> float:
    return math.log1p(len(text))


def header_features(sheet: Sheet, index: int) -> Features:
    """Features for "this row is a header"."""
    cells = sheet.distinct[index]
    found: Features = {"bias": 1.0, f"at{min(index, 4)}": 1.0}
    if not cells:
        return found | {"empty": 1.0}
    rest = cells[1:] if cells[0].column == 0 else cells
    words = [tags_of(cell.text) for cell in cells]
    levels = [tags_of(cell.text) for cell in rest]
    found["single"] = float(len(cells) == 1)
    found["two"] = float(len(cells) == 2)
    found["filled"] = len(cells) / sheet.columns
    found["heading words"] = _share(any(tag.startswith("only:") or tag == "index" for tag in tags) for tags in words)
    found["level words"] = _share("level" in tags or "ratings" in tags for tags in levels)
    found["amounts"] = _share("amount" in tags for tags in levels)
    found["amounts with unit"] = _share("amount:unit" in tags or "amount:percent" in tags for tags in levels)
    found["counted"] = _share("counted" in tags for tags in levels)
    found["long"] = _share(len(cell.text) > SHORT for cell in cells)
    found["very long"] = float(any(len(cell.text) > 170 for cell in cells))
    found["bold"] = _share(cell.is_bold for cell in cells)
    found["blank corner"] = float(not sheet.texts[index][0])
    found["spans"] = _share(cell.column_span > 1 for cell in cells)
    found["inherited"] = float(any(cell.row < index for cell in cells))
    found["total"] = float("begins:total" in words[0])
    below = [cell for row in sheet.distinct[index + 1 : index + 5] for cell in row]
    if below:
        mean = sum(map(len, (c.text for c in cells))) / len(cells)
        other = sum(map(len, (c.text for c in below))) / len(below)
        found["shorter"] = max(-2.0, min(2.0, math.log((other + 5) / (mean + 5))))
        found["bolder"] = found["bold"] - _share(cell.is_bold for cell in below)
        found["numbers below"] = float(_numbers_below(sheet, index))
    else:
        found["last"] = 1.0
    if index:
        found["after header words"] = _share(
            any(tag.startswith("only:") for tag in tags_of(cell.text)) for cell in sheet.distinct[index - 1]
        )
        found["after single"] = float(len(sheet.distinct[index - 1]) == 1)
    return found


def _numbers_below(sheet: Sheet, index: int) -> bool:
    """Whether a cell with words stands above a column of amounts."""
    for column in range(1, sheet.columns):
        cell = sheet.rows[index][column]
        if cell is None or not cell.text or cell_values.whole(cell.text):
            continue
        below = [t for row in sheet.texts[index + 1 :] if (t := row[column])]
        if len(below) >= 2 and sum(cell_values.is_amount(t) for t in below) * 2 > len(below):
            return True
    return False


def _share(values: Iterable[object]) -> float:
    listed = list(map(bool, values))
    return listed.count(True) / len(listed) if listed else 0.0


class _Body:
    """The texts of a table's columns, for all headers that end above the same row."""

    def __init__(self, sheet: Sheet, body: range) -> None:
        rows = [sheet.rows[row] for row in body if len(sheet.distinct[row]) > 1] or [sheet.rows[row] for row in body]
        self.cells = [
            list(dict.fromkeys(cell for row in rows if (cell := row[column]))) for column in range(sheet.columns)
        ]
        self.filled = [[cell.text for cell in cells if cell.text] for cells in self.cells]
        self.means = [sum(map(len, texts)) / len(texts) if texts else 0.0 for texts in self.filled]
        self.amounts = [_share(map(cell_values.is_amount, texts)) for texts in self.filled]
        self.features: dict[int, Features] = {}


class Columns:
    """What a table's body shows about its columns, below one header."""

    def __init__(self, sheet: Sheet, titles: Sequence[str], body: range) -> None:
        self.sheet, self.titles, self.body = sheet, titles, body
        if body not in sheet.memo:
            sheet.memo[body] = _Body(sheet, body)
        self._texts_of: _Body = sheet.memo[body]
        self.cells, self.filled = self._texts_of.cells, self._texts_of.filled
        self.means, self.amounts = self._texts_of.means, self._texts_of.amounts
        self.tags = [tags_of(title) for title in titles]
        self.long = [mean >= LONG for mean in self.means]
        self._features: dict[int, Features] = {}

    @property
    def first_text(self) -> int:
        return next((c for c, share in enumerate(self.amounts) if self.filled[c] and share < 0.5), 0)

    def features(self, column: int) -> Features:
        """Cached: do not change the result."""
        if column not in self._features:
            self._features[column] = self._features_of(column)
        return self._features[column]

    def _features_of(self, column: int) -> Features:
        title, texts, cells = self.titles[column], self.filled[column], self.cells[column]
        found: Features = {"bias": 1.0, f"at{min(column, 3)}": 1.0}
        for tag in self.tags[column]:
            found[f"head {tag}"] = 1.0
        self._position(column, found)
        rows = max(len(self.body), 1)
        found["filled"] = len(texts) / max(len(cells), 1)
        found["empty"] = float(not texts)
        found["empty titled"] = float(not texts and bool(title))
        found["few"] = float(0 < len(texts) <= rows * 0.34)
        found["title long"] = float(len(title) > SHORT)
        found["turned"] = float(self.sheet.is_turned)
        if texts:
            known = self._texts_of.features
            if column not in known:
                known[column] = self._texts(column)
            found |= known[column]
        neighbours = [c for c in (column - 1, column + 1) if 0 <= c < self.sheet.columns]
        found["beside level"] = _share("level" in self.tags[c] for c in neighbours)
        found["beside amount head"] = _share("amount" in self.tags[c] or "counted" in self.tags[c] for c in neighbours)
        found["beside long"] = _share(self.long[c] for c in neighbours)
        found["level heads"] = min(sum("level" in tags or "amount" in tags for tags in self.tags), 6) / 4
        found["title repeats"] = float(bool(title) and self.titles.count(title) > 1)
        return found

    def _position(self, column: int, found: Features) -> None:
        found["last"] = float(column == self.sheet.columns - 1)
        found["last but one"] = float(column == self.sheet.columns - 2)
        found["first text"] = float(column == self.first_text)
        found["before text"] = float(column < self.first_text)
        found["after text"] = float(column > self.first_text)
        found["second text"] = float(column == self._second_text())
        found["two columns"] = float(self.sheet.columns == 2)
        found["three columns"] = float(self.sheet.columns == 3)

    def _second_text(self) -> int:
        first = self.first_text
        return next((c for c in range(first + 1, self.sheet.columns) if self.filled[c] and self.amounts[c] < 0.5), -1)

    def _texts(self, column: int) -> Features:
        found: Features = {}
        texts, cells = self.filled[column], self.cells[column]
        amounts = [amount for text in texts if (amount := cell_values.amount_of(text))]
        found["amounts"] = self.amounts[column]
        found["mostly amounts"] = float(self.amounts[column] >= 0.7)
        found["percents"] = _share(amount.is_percent for amount in amounts) if self.amounts[column] > 0.3 else 0.0
        found["slashes"] = _share(amount.is_slashed for amount in amounts) if self.amounts[column] > 0.3 else 0.0
        found["units"] = _share(amount.has_unit for amount in amounts) if self.amounts[column] > 0.3 else 0.0
        found["ticks"] = _share(cell_values.is_ticks(text) for text in texts)
        found["losses"] = _share(cell_values.loss_of(text) is not None for text in texts if len(text) < 20)
        found["times"] = _share(bool(re.match(r"^[x×✕*]\s*\d", text)) for text in texts)
        found["log length"] = math.log1p(self.means[column]) / 3
        found["long"] = float(self.long[column])
        found["longest"] = float(self.means[column] >= max(self.means))
        found["short"] = float(self.means[column] < 6)
        found["opens with points"] = _share(
            opens_with_points(text) for text in texts if not cell_values.is_amount(text)
        )
        found["level cells"] = _share("level" in tags_of(text) and len(text) < 40 for text in texts)
        found["lists levels"] = _share(lists_levels(text) for text in texts)
        found["tall"] = _share(cell.row_span > 1 for cell in cells if cell.text)
        found["blanks below"] = _share(not cell.text for cell in cells)
        found["repeats"] = 1 - len(set(texts)) / len(texts)
        found["running"] = float(_runs(texts))
        found["bold"] = _share(cell.is_bold for cell in cells if cell.text)
        found["bullets"] = _share("\n" in text for text in texts)
        found["zero"] = _share(amount.high == 0 for amount in amounts)
        others = [c for c in range(self.sheet.columns) if c != column and self.long[c]]
        found["long others"] = min(len(others), 5) / 3
        found["like others"] = float(
            self.long[column] and any(0.5 < self.means[c] / self.means[column] < 2 for c in others)
        )
        return found


@lru_cache(2048)
def lists_levels(text: str) -> bool:
    if "\n" not in text and len(text) < 30:
        return False
    told = cell_values.levels_in(text)
    return len(told) >= 2 and all(level.name or level.amount for level in told)


def _runs(texts: list[str]) -> bool:
    numbers = [re.sub(r"[^\w]", "", text) for text in texts]
    if len(numbers) < 2 or not all(number.isdecimal() and len(number) < 4 for number in numbers):
        return False
    values = [int(number) for number in numbers]
    return all(b == a + 1 for a, b in itertools.pairwise(values))


def row_features(sheet: Sheet, roles: str, titles: Sequence[str], index: int, body: range) -> Features:
    """Features for the role of this row, given the columns."""
    row, cells, own = sheet.rows[index], sheet.distinct[index], sheet.own[index]
    name = next((row[c] for c, role in enumerate(roles) if role == "c"), None)
    levels = list(dict.fromkeys(cell for c, role in enumerate(roles) if role == "l" and (cell := row[c]) and cell.text))
    level_columns = roles.count("l")
    points = [cell for c, role in enumerate(roles) if role in "pw" and (cell := row[c]) and cell.text]
    found: Features = {"bias": 1.0, "levels": float(level_columns > 0), "has p": float("p" in roles or "w" in roles)}
    found["cells"] = min(len(cells), 6) / 3
    found["none"] = float(not cells)
    found["single"] = float(len(cells) == 1)
    if len(cells) == 1:
        found["single wide"] = float(cells[0].column_span >= max(sheet.columns - 1, 2))
        found["single first"] = float(cells[0].column == 0)
        found["single long"] = float(len(cells[0].text) > 120)
        found["single inherited"] = float(not own)
        found["single bold"] = float(cells[0].is_bold)
        found["single of few columns"] = float(len([r for r in roles if r in "clpw"]) <= 1)
        found["single no name"] = float(cells[0] is not name)
    found["name blank"] = float(name is None or not name.text)
    found["name inherited"] = float(name is not None and bool(name.text) and name.row < index)
    found["no name column"] = float("c" not in roles)
    found["level filled"] = len(levels) / level_columns if level_columns else 0.0
    found["level none"] = float(level_columns > 0 and not levels)
    found["level amounts"] = float(len(levels) >= 1 and all(cell_values.is_amount(cell.text) for cell in levels))
    found["points told"] = float(any(cell_values.amount_of(cell.text) for cell in points))
    found["points lost"] = float(any(cell_values.loss_of(cell.text) is not None for cell in points))
    found["points none"] = float(("p" in roles or "w" in roles) and not points)
    found["last"] = float(index == body[-1])
    found["near end"] = float(index >= body[-1] - 2)
    found["first"] = float(index == body[0])
    if (name, index) not in sheet.memo:
        sheet.memo[name, index] = _name_features(name, cells)
    found |= sheet.memo[name, index]
    found["repeats header"] = float(bool(titles) and list(map(fold, sheet.texts[index])) == list(map(fold, titles)))
    titled = [(row[c], titles[c]) for c, role in enumerate(roles) if role == "l" and titles and titles[c]]
    found["repeats levels"] = float(
        len(titled) > 1 and all(cell is not None and fold(cell.text) == fold(title) for cell, title in titled)
    )
    if own and not found["single"]:
        words = [any(tag.startswith("only:") for tag in tags_of(cell.text)) for cell in own]
        found["heading words"] = _share(words)
        found["level words"] = _share("level" in tags_of(cell.text) and len(cell.text) < 40 for cell in own)
        found["all bold"] = _share(cell.is_bold for cell in own)
    if name is not None and points and "\n" in name.text:
        found["parallel"] = float(cell_values.parallel(name.text, points[0].text) is not None)
    return found


def _name_features(name: View | None, cells: list[View]) -> Features:
    found: Features = {}
    head = name if name is not None and name.text else cells[0] if cells else None
    if head is None:
        return found
    tags = tags_of(head.text)
    for tag in ("begins:total", "has:total", "only:total", "has:penalty", "has:bonus", "only:comment", "has:comment"):
        if tag in tags:
            found[f"name {tag}"] = 1.0
    is_short = len(head.text) <= ENDING or (len(cells) == 1 and cell_values.ends_in_amount(head.text))
    found["name total alone"] = float(
        "only:total" in tags or (is_short and bool(tags & {"begins:total", "ends:total"}))
    )
    found["name total short"] = float("begins:total" in tags and len(head.text) < 45)
    found["name amount"] = float("amount" in tags)
    found["name level"] = float("shortlevel" in tags)
    found["name heading word"] = float(any(tag.startswith("only:") for tag in tags))
    found["name earned"] = float("only:earned" in tags or "only:points" in tags)
    found["name wide"] = float(head.column_span > 1)
    found["name bold"] = float(head.is_bold)
    found["name long"] = float(len(head.text) > 120)
    found["name colon"] = float(head.text.rstrip().endswith((":", "：")))
    found["name penalty"] = float(penalties.is_penalty(head.text[:200]))
    found["name bonus"] = float(penalties.is_bonus(head.text[:200]))
    found["name blanks"] = float("__" in head.text or "…" in head.text)
    last = tags_of(cells[-1].text)
    found["last cell total"] = float("begins:total" in last)
    found["short all"] = float(all(len(cell.text) <= 80 for cell in cells))
    return found
