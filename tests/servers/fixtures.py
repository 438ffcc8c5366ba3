"""Fixtures: one server of each kind per session, an empty database in it per test."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.servers.mariadb import MariaDbServer, running_mariadb
from tests.servers.redis import RedisServer, running_redis

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="session")
def redis_of_session() -> Iterator[RedisServer]:
    """Run Redis for the whole session; tests take `redis_server`."""
    with running_redis() as server:
        yield server


@pytest.fixture
def redis_server(redis_of_session: RedisServer) -> RedisServer:
    """Give a running Redis that is empty. Who kills or reconfigures one runs one of his own."""
    with redis_of_session.client() as client:
        client.flushall()
    return redis_of_session


@pytest.fixture(scope="session")
def mariadb_server() -> Iterator[MariaDbServer]:
    """Run MariaDB for the whole session. Who kills or reconfigures one runs one of his own."""
    with running_mariadb() as server:
        yield server


@pytest.fixture
def mariadb_url(mariadb_server: MariaDbServer) -> Iterator[str]:
    """Give the URL of an empty MariaDB database, dropped afterwards."""
    schema = mariadb_server.create_schema()
    yield mariadb_server.url(schema)
    mariadb_server.drop_schema(schema)


@pytest.fixture(params=["sqlite", "mariadb"])
def database_url(request: pytest.FixtureRequest) -> str:
    """Give the URL of an empty database, first in SQLite, then in MariaDB."""
    if request.param == "sqlite":
        return f"sqlite:///{request.getfixturevalue('tmp_path') / 'test.sqlite3'}"
    url: str = request.getfixturevalue("mariadb_url")
    return url
