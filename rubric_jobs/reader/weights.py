"""The fitted weights, as written by `make fit`, and the arithmetic that uses them."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from functools import cache
from operator import add
from pathlib import Path
from typing import Any

Weights = Mapping[str, float]
FILE = Path(__file__).with_name("weights.json")


@cache
def _file() -> dict[str, Any]:
    return dict(json.loads(FILE.read_text(encoding="utf-8")))


_used: dict[str, Any] = {}


def fitted() -> dict[str, Any]:
    return _used or _file()


def use(values: dict[str, Any]) -> None:
    """Uses these weights from now on; an empty value restores the file's. For fitting and tests."""
    _used.clear()
    _used.update(values)
    classes.cache_clear()


def dot(weights: Weights, features: Mapping[str, float]) -> float:
    return sum([weights[name] * value for name, value in features.items() if value and name in weights])


class Classes:
    """A multinomial logit over sparse features."""

    def __init__(self, weights: Mapping[str, Weights]) -> None:
        self.names = list(weights)
        rows: dict[str, list[float]] = {}
        for index, own in enumerate(weights.values()):
            for name, value in own.items():
                rows.setdefault(name, [0.0] * len(self.names))[index] = value
        self._rows = rows

    def log_shares(self, features: Mapping[str, float]) -> dict[str, float]:
        """The logarithm of each class's probability."""
        scores = [0.0] * len(self.names)
        for name, value in features.items():
            if value and (row := self._rows.get(name)):
                if value == 1.0:
                    scores = list(map(add, scores, row))
                else:
                    scores = [score + weight * value for score, weight in zip(scores, row)]  # noqa: B905 (it costs a third)
        top = max(scores)
        log_sum = top + math.log(sum(math.exp(score - top) for score in scores))
        return {name: score - log_sum for name, score in zip(self.names, scores, strict=True)}


@cache
def classes(model: str) -> Classes:
    return Classes(fitted()[model])


def log_odds(score: float) -> tuple[float, float]:
    """The logarithms of the probabilities of yes and of no."""
    return -math.log1p(math.exp(-score)) if score > -30 else score, -math.log1p(
        math.exp(score)
    ) if score < 30 else -score


def sigmoid(score: float) -> float:
    return 1 / (1 + math.exp(-max(-30.0, min(30.0, score))))
