"""The second reader: rules by headings and shapes, written before the plans and independent of their weights.

It is kept for what it adds: a reading on which both agree is right far more often than either alone, and where the
plans find nothing it may (docs/decisions/reading-as-a-plan.md has the figures).
"""

from rubric_jobs.reader.rules.reading import read

__all__ = ["read"]
