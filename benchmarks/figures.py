"""A figure: ours, a peer's, their ratio, and whether the goal holds."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from typing import Any


def ratio(ours: Sequence[float], peer: Sequence[float], *, at_most: float | None = None, at_least: float | None = None,
          unit: str = "s") -> dict[str, Any]:  # fmt: skip
    """Medians of both, and the median of the ratios round by round: a machine that slows down slows both."""
    rounds = statistics.median(one / other for one, other in zip(ours, peer, strict=True))
    bound = f"≤ {at_most}" if at_most is not None else f"≥ {at_least}"
    return {
        "ours": statistics.median(ours),
        "peer": statistics.median(peer),
        "ratio": rounds,
        "goal": f"{bound} × peer ({unit})",
        "holds": rounds <= at_most if at_most is not None else rounds >= (at_least or 0),
    }


def bound(ours: float, *, at_most: float, unit: str) -> dict[str, Any]:
    """A figure with a goal of its own."""
    return {"ours": ours, "peer": None, "ratio": None, "goal": f"≤ {at_most:g} {unit}", "holds": ours <= at_most}


def stated(ours: float, *, unit: str) -> dict[str, Any]:
    """A figure that is told and has no goal."""
    return {"ours": ours, "peer": None, "ratio": None, "goal": unit, "holds": None}


def percentile(values: Sequence[float], share: float) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, round(share * (len(ordered) - 1)))]
