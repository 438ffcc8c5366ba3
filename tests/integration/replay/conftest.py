"""A stand-in for Matomo, and databases with all tables."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine

from qtd.db.engine import open_engine
from qtd.store.create import create_tables
from tests.integration.replay.replaying import PREFIX, Replaying
from tests.standins.matomo import Matomo, running_matomo


@pytest.fixture
def matomo() -> Iterator[Matomo]:
    """Run one; at the end nobody may have told it anything that Matomo would take amiss."""
    with running_matomo() as matomo:
        yield matomo
    assert matomo.complaints == []


@pytest.fixture(scope="session")
def file_with_tables(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make the tables once: that takes longer than most tests."""
    path = tmp_path_factory.mktemp("replay") / "tables.sqlite3"
    engine = open_engine(f"sqlite:///{path}")
    create_tables(engine, PREFIX)
    engine.dispose()
    return path


@pytest.fixture
def engine(request: pytest.FixtureRequest, file_with_tables: Path, tmp_path: Path) -> Iterator[Engine]:
    """Give a database with all tables: SQLite's, or with the parameter `mariadb` that."""
    if getattr(request, "param", "sqlite") == "mariadb":
        engine = open_engine(request.getfixturevalue("mariadb_url"))
        create_tables(engine, PREFIX)
    else:
        engine = open_engine(f"sqlite:///{shutil.copy(file_with_tables, tmp_path)}")
    yield engine
    engine.dispose()


@pytest.fixture
def replaying_with(engine: Engine, matomo: Matomo) -> Iterator[Callable[..., Replaying]]:
    """Give a maker of engines with other values of `http`."""
    made: list[Replaying] = []

    def make(**http: Any) -> Replaying:
        made.append(Replaying(engine, matomo, **http))
        return made[-1]

    yield make
    for one in made:
        one.client.close()


@pytest.fixture
def replaying(replaying_with: Callable[..., Replaying]) -> Replaying:
    """Give a worker's engine."""
    return replaying_with()
