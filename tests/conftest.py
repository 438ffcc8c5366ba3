"""What every test gets: a marker by its folder, so that the cost of a test is where it lies."""

from __future__ import annotations

from pathlib import Path

import pytest

TESTS = Path(__file__).parent
KINDS = frozenset({"unit", "contract", "integration", "parity", "acceptance", "faults", "systemd"})
pytest_plugins = ["tests.servers.fixtures"]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark each test with the name of its top folder."""
    for item in items:
        kind = item.path.relative_to(TESTS).parts[0]
        if kind not in KINDS:
            raise pytest.UsageError(f"{item.path}: is in none of {', '.join(sorted(KINDS))}")
        item.add_marker(kind)
