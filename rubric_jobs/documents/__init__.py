"""Bytes of a PDF or DOCX → `Document`. Parse hostile files in `rubric_jobs.reader.sandbox` only."""

from rubric_jobs.documents.kinds import DOCX, PDF, sniff
from rubric_jobs.documents.model import Block, Cell, Document, Paragraph, Table
from rubric_jobs.documents.parsing import parse

__all__ = ["DOCX", "PDF", "Block", "Cell", "Document", "Paragraph", "Table", "parse", "sniff"]
