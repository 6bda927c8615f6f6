"""The text that the service itself reads back: for people, and for another enhancement."""

from __future__ import annotations

from rubric_jobs.rubric import text as rubric_text
from rubric_jobs.rubric.exports.base import Export, of_marks, of_weights
from rubric_jobs.rubric.model import Rubric


def export(rubric: Rubric) -> Export:
    content = rubric_text.write(rubric)
    losses = [*of_weights(rubric), *of_marks(rubric)]
    try:
        kind = rubric_text.read(content).kind
    except rubric_text.NotWrittenError:
        kind = rubric.kind
    if kind != rubric.kind:
        losses.insert(0, f"kind: read back, this is taken for {kind}, not {rubric.kind}.")
    return Export(f"{content}\n".encode(), "text/plain; charset=utf-8", ".txt", losses)
