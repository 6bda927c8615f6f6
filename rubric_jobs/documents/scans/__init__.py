"""Scanned pages and photos → words and rulings. Needs the packages of requirements-ocr.txt and Tesseract's data."""

from rubric_jobs.documents.scans.availability import is_installed, missing

__all__ = ["is_installed", "missing"]
