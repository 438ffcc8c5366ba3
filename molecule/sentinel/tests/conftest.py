"""The guests of this scenario, and their Redis."""

from __future__ import annotations

from guests import guests, host, pytest_generate_tests, pytest_runtest_makereport

__all__ = ["guests", "host", "pytest_generate_tests", "pytest_runtest_makereport"]
