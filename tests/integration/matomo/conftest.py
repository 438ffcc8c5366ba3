from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.integration.matomo.installation import MatomoFolder, database_section

PREFIX = "matomo_"


@pytest.fixture(scope="session")
def vendor(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a folder with `vendor/` and `misc/` as complete as a real one; made once, that takes seconds."""
    folder = MatomoFolder(tmp_path_factory.mktemp("vendor"), database={})
    folder.add_lists()
    folder.add_geoip()
    folder.add_device_detector()
    return folder.path


@pytest.fixture
def matomo(tmp_path: Path, mariadb_url: str, vendor: Path) -> MatomoFolder:
    """Give a complete folder, configured for an empty database of MariaDB with the usual prefix."""
    folder = MatomoFolder(tmp_path / "matomo", database=database_section(mariadb_url, PREFIX))
    for name in ("vendor", "misc"):
        (folder.path / name).symlink_to(vendor / name)
    return folder


@pytest.fixture
def bare(tmp_path: Path) -> Callable[..., MatomoFolder]:
    """Give a maker of folders with nothing but a configuration."""

    def make(url: str, **database: str) -> MatomoFolder:
        shutil.rmtree(tmp_path / "matomo", ignore_errors=True)
        return MatomoFolder(tmp_path / "matomo", database={**database_section(url, PREFIX), **database})

    return make
