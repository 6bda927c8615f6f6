"""The canonical rubric as JSON: the one format that loses nothing."""

from __future__ import annotations

import json

from rubric_jobs.rubric.exports.base import Export
from rubric_jobs.rubric.model import Rubric


def export(rubric: Rubric) -> Export:
    content = json.dumps(rubric.as_json(), ensure_ascii=False, indent=2) + "\n"
    return Export(content.encode(), "application/json", ".json")
