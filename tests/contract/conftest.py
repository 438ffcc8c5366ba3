"""The backend under test: each test runs once per backend."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

from tests.contract.backends import Backend, MemoryBackend, RedisBackend, SqlBackend

if TYPE_CHECKING:
    from collections.abc import Iterator

    from qtd.queue.contract import Queues


REDIS: dict[str, tuple[Callable[[Any], Backend], str]] = {
    "redis": (RedisBackend.of_server, "redis_server"),
    "redis by unix socket": (RedisBackend.of_unix_socket, "redis_server"),
    "redis with TLS and ACL": (RedisBackend.of_secured_server, "secured_redis"),
    "sentinel": (RedisBackend.of_sentinels, "sentinels"),
    "cluster": (RedisBackend.of_cluster, "cluster"),
}


@pytest.fixture(params=["memory", "sqlite", "mariadb", *REDIS])
def backend(request: pytest.FixtureRequest) -> Iterator[Backend]:
    """Give a broker with empty queues."""
    made = _make(request)
    yield made
    made.close()


def _make(request: pytest.FixtureRequest) -> Backend:
    if request.param in REDIS:
        make, fixture = REDIS[request.param]
        return make(request.getfixturevalue(fixture))
    if request.param == "mariadb":
        return SqlBackend(request.getfixturevalue("mariadb_url"))
    if request.param == "sqlite":
        return SqlBackend(f"sqlite:///{request.getfixturevalue('tmp_path') / 'queue.sqlite3'}")
    return MemoryBackend()


@pytest.fixture
def queues(backend: Backend) -> Queues:
    """Give the broker's queues, opened once."""
    return backend.open()
