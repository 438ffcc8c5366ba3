"""Fixtures: one server of each kind per session, an empty database in it per test."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.servers.certificates import Certificates, make_certificates
from tests.servers.cluster import ClusterServers, running_cluster
from tests.servers.mariadb import MariaDbServer, running_mariadb
from tests.servers.redis import RedisServer, SecuredRedisServer, running_redis, running_secured_redis
from tests.servers.sentinel import SentinelGroup, running_sentinels

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
    _empty(redis_of_session)
    return redis_of_session


@pytest.fixture(scope="session")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    """Make an authority with a server's and a client's certificate."""
    return make_certificates(tmp_path_factory.mktemp("certificates"))


@pytest.fixture(scope="session")
def secured_redis_of_session(certificates: Certificates) -> Iterator[SecuredRedisServer]:
    """Run Redis with TLS and an account; tests take `secured_redis`."""
    with running_secured_redis(certificates) as server:
        yield server


@pytest.fixture
def secured_redis(secured_redis_of_session: SecuredRedisServer) -> SecuredRedisServer:
    """Give a running Redis with TLS and an account that is empty."""
    _empty(secured_redis_of_session)
    return secured_redis_of_session


@pytest.fixture(scope="session")
def sentinels_of_session() -> Iterator[SentinelGroup]:
    """Run a master, a replica and three Sentinels; tests take `sentinels`."""
    with running_sentinels() as group:
        yield group


@pytest.fixture
def sentinels(sentinels_of_session: SentinelGroup) -> SentinelGroup:
    """Give a master that is empty and watched. Who kills one runs a group of his own."""
    _empty(sentinels_of_session.master)
    return sentinels_of_session


@pytest.fixture(scope="session")
def cluster_of_session() -> Iterator[ClusterServers]:
    """Run a cluster of three masters; tests take `cluster`."""
    with running_cluster() as servers:
        yield servers


@pytest.fixture
def cluster(cluster_of_session: ClusterServers) -> ClusterServers:
    """Give a cluster that is empty. Who kills or moves something runs one of his own."""
    for server in cluster_of_session.masters:
        _empty(server)
    return cluster_of_session


def _empty(server: RedisServer) -> None:
    with server.client() as client:
        client.flushall()


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
