"""Document → rubric, deterministically: no network, no model, the same answer every time."""

from rubric_jobs.reader.reading import plans, read

__all__ = ["plans", "read"]
