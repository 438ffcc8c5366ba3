"""A spool without processes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.unit.ingest.spooling import Ground


@pytest.fixture
def ground(tmp_path: Path) -> Iterator[Ground]:
    """Give an empty folder, closed afterwards."""
    ground = Ground(tmp_path / "spool")
    yield ground
    if ground.opened:
        ground.die()
