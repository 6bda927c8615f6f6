"""The two kinds of models that the reader's weights are: a choice among candidates, and classes of one thing."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.optimize import minimize

Features = Mapping[str, float]
Weights = dict[str, float]
FOLDS = 5


def fold_of(repo: str) -> int:
    """Documents of one repository stand in one fold."""
    return int(hashlib.md5(repo.encode(), usedforsecurity=False).hexdigest(), 16) % FOLDS


@dataclass(frozen=True)
class Columns:
    """Features that are told of often enough, in a fixed order."""

    names: list[str]

    @classmethod
    def of(cls, told: Sequence[Features], fewest: int) -> Columns:
        counts: dict[str, int] = {}
        for features in told:
            for name, value in features.items():
                counts[name] = counts.get(name, 0) + (value != 0)
        return cls(sorted(name for name, count in counts.items() if count >= fewest))

    def matrix(self, told: Sequence[Features]) -> Any:
        places = {name: place for place, name in enumerate(self.names)}
        matrix = np.zeros((len(told), len(self.names)))
        for row, features in enumerate(told):
            for name, value in features.items():
                if name in places:
                    matrix[row, places[name]] = value
        return matrix

    def weights(self, values: Any) -> Weights:
        return {n: round(float(v), 4) for n, v in zip(self.names, values, strict=True) if abs(v) > 0.003}


@dataclass
class Group:
    """Candidates of one choice: `rewards` say how right each is, `nothing` how right it is to choose none of them."""

    features: list[Features]
    rewards: list[float]
    weight: float = 1.0
    nothing: float | None = None


def fit_choice(groups: list[Group], columns: Columns, ridge: float) -> Any:
    """A conditional logit that maximises the log of the expected reward; L2 on standardised features."""
    told = [features for group in groups for features in group.features]
    matrix = columns.matrix(told)
    sizes = np.array([len(group.features) for group in groups])
    starts = np.cumsum(sizes) - sizes
    owner = np.repeat(np.arange(len(groups)), sizes)
    spread = matrix.std(0)
    if groups[0].nothing is None:  # only what differs within a choice can decide it
        means = np.add.reduceat(matrix, starts) / sizes[:, None]
        spread = np.sqrt(((matrix - means[owner]) ** 2).mean(0))
    scale = np.where(spread < 1e-6, 1e9, np.maximum(spread, 0.05))
    scaled = matrix / scale
    rewards = np.log(np.maximum(np.concatenate([group.rewards for group in groups]), 1e-4))
    none = np.array([-np.inf if group.nothing is None else np.log(max(group.nothing, 1e-9)) for group in groups])
    base = np.array([-np.inf if group.nothing is None else 0.0 for group in groups])
    importance = np.array([group.weight for group in groups])

    def loss(weights: Any) -> tuple[float, Any]:
        scores = scaled @ weights
        total, share = _softmax(scores, base, starts, owner)
        right, share_right = _softmax(scores + rewards, none, starts, owner)
        value = -((right - total) * importance).sum() + ridge * weights @ weights / 2
        return value, -scaled.T @ ((share_right - share) * importance[owner]) + ridge * weights

    found = minimize(loss, np.zeros(scaled.shape[1]), jac=True, method="L-BFGS-B", options={"maxiter": 400})
    return found.x / scale


def _softmax(scores: Any, base: Any, starts: Any, owner: Any) -> tuple[Any, Any]:
    """The log sum of each group (with its base), and every candidate's share of it."""
    top = np.maximum(np.maximum.reduceat(scores, starts), base)
    powers = np.exp(scores - top[owner])
    total = np.add.reduceat(powers, starts) + np.exp(base - top)
    return np.log(total) + top, powers / total[owner]


@dataclass(frozen=True)
class Example:
    features: Features
    label: str
    weight: float = 1.0


def fit_classes(examples: list[Example], cost: float, fewest: int = 1) -> dict[str, Weights]:
    """A multinomial logit; L2 on the weights, `cost` on the errors; the intercept is added to `bias`."""
    columns = Columns.of([example.features for example in examples], fewest)
    matrix = columns.matrix([example.features for example in examples])
    labels = sorted({example.label for example in examples})
    target = np.array([[example.label == label for label in labels] for example in examples], float)
    importance = np.array([example.weight for example in examples])[:, None]
    shape = (len(labels), len(columns.names) + 1)
    wide = np.hstack([matrix, np.ones((len(examples), 1))])

    def loss(flat: Any) -> tuple[float, Any]:
        weights = flat.reshape(shape)
        scores = wide @ weights.T
        scores -= scores.max(1, keepdims=True)
        logs = scores - np.log(np.exp(scores).sum(1, keepdims=True))
        free = weights.copy()
        free[:, -1] = 0
        value = -cost * (importance * target * logs).sum() + (free**2).sum() / 2
        return value, (cost * (importance * (np.exp(logs) - target)).T @ wide + free).ravel()

    found = minimize(loss, np.zeros(shape).ravel(), jac=True, method="L-BFGS-B", options={"maxiter": 500})
    told = {}
    for label, row in zip(labels, found.x.reshape(shape), strict=True):
        told[label] = columns.weights(row[:-1])
        told[label]["bias"] = round(told[label].get("bias", 0.0) + float(row[-1]), 4)
    return told


def difference(classes: dict[str, Weights], yes: str, no: str) -> Weights:
    """Two classes as one logit: the log odds of `yes`."""
    names = {*classes[yes], *classes[no]}
    return {name: round(classes[yes].get(name, 0.0) - classes[no].get(name, 0.0), 4) for name in sorted(names)}
