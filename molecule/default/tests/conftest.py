"""The guests of this scenario."""

from guests import guests, host, pytest_generate_tests, pytest_runtest_makereport

__all__ = ["guests", "host", "pytest_generate_tests", "pytest_runtest_makereport"]
