"""The backend under test: each test runs once per backend."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.contract.backends import Backend, MemoryBackend, RedisBackend, SqlBackend

if TYPE_CHECKING:
    from collections.abc import Iterator

    from qtd.queue.contract import Queues


@pytest.fixture(params=["memory", "sqlite", "mariadb", "redis"])
def backend(request: pytest.FixtureRequest) -> Iterator[Backend]:
    """Give a broker with empty queues."""
    made = _make(request)
    yield made
    made.close()


def _make(request: pytest.FixtureRequest) -> Backend:
    if request.param == "redis":
        return RedisBackend(request.getfixturevalue("redis_server"))
    if request.param == "mariadb":
        return SqlBackend(request.getfixturevalue("mariadb_url"))
    if request.param == "sqlite":
        return SqlBackend(f"sqlite:///{request.getfixturevalue('tmp_path') / 'queue.sqlite3'}")
    return MemoryBackend()


@pytest.fixture
def queues(backend: Backend) -> Queues:
    """Give the broker's queues, opened once."""
    return backend.open()
