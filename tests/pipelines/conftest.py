"""Every vendor through its real SDK, as in `tests/llm`."""

from __future__ import annotations

from tests.llm.conftest import vendor_of

__all__ = ["vendor_of"]
