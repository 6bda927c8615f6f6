"""The samples of the tests as documents with truth, for `make fit`: `python -m benchmarks.own_samples FOLDER`."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from tests.reading.builders import Sample, built
from tests.reading.samples_negative import NEGATIVES
from tests.reading.samples_typed import DEDUCTED, OUTLINES
from tests.reading.test_own_documents import SAMPLES

Truth = dict[str, Any]


def truth_of(sample: Sample) -> Truth:
    return {
        "source": {"repo": f"own/{sample.name}"},
        "kind": sample.kind if sample.expected else "none",
        "layout": "list" if sample.kind == "point_list" else "grid",
        "total_points": sample.total,
        "total_stated": sample.total is not None,
        "criteria": [
            {"name": name, "points": points, "levels": [_level(*level) for level in levels]}
            for name, points, levels in sample.expected
        ],
    }


def typed_truths() -> list[tuple[str, Truth]]:
    """Texts as teachers type them, with their truth."""
    outlines = [
        *OUTLINES,
        *((text, [(name, None, []) for name in criteria]) for text, criteria, _ in DEDUCTED),
    ]
    return [
        (
            text,
            {
                "source": {"repo": f"own/typed-{number}"},
                "kind": "analytic" if any(levels for _, _, levels in expected) else "point_list",
                "layout": "list",
                "total_points": None,
                "total_stated": False,
                "criteria": [
                    {"name": name, "points": points, "levels": [_level(*level, "") for level in levels]}
                    for name, points, levels in expected
                ],
            },
        )
        for number, (text, expected) in enumerate(outlines)
    ]


def _level(name: str | None, points: Any, start: str) -> Truth:
    low, high = points if isinstance(points, tuple) else (None, None)
    worth = None if isinstance(points, tuple) else points
    return {"name": name, "points": worth, "points_min": low, "points_max": high, "description_start": start[:60]}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    write(parser.parse_args().folder)


def write(folder: Path) -> None:
    """The samples as `docs/` and `truth/` below the folder."""
    for part in ("docs", "truth"):
        (folder / part).mkdir(parents=True, exist_ok=True)
    for sample in [*SAMPLES, *NEGATIVES]:
        for layout in sample.layouts[:2]:
            name = f"own-{sample.name}-{layout}"
            suffix = "docx" if layout == "docx" else "pdf"
            (folder / "docs" / f"{name}.{suffix}").write_bytes(built(sample, layout))
            (folder / "truth" / f"{name}.json").write_text(json.dumps(truth_of(sample), ensure_ascii=False), "utf-8")


if __name__ == "__main__":
    main()
