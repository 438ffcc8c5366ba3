"""What servers are called in logs."""

from __future__ import annotations

from typing import Any

import pytest

from qtd.config.root import Config
from qtd.worker.assemble import open_database
from qtd.worker.servers import broker_of, database_of


@pytest.mark.parametrize(
    ("values", "name", "address"),
    [
        ({}, "redis", "127.0.0.1:6379"),
        ({"redis": {"hosts": ["[::1]:6380"], "password": "hunter2"}}, "redis", "[::1]:6380"),
        ({"redis": {"unix_socket": "/run/redis.sock"}}, "redis", "/run/redis.sock"),
        (
            {
                "redis": {
                    "mode": "sentinel",
                    "hosts": ["a:1", "b:2"],
                    "sentinel": {"master_name": "mymaster", "password": "hunter2"},
                }
            },
            "redis",
            "mymaster by a:1, b:2",
        ),
        (
            {
                "queue": {
                    "backend": "sql",
                    "database": {"url": "mysql+pymysql://u:hunter2@db:3307/queues?ssl_key=hunter2"},
                }
            },
            "queue database",
            "db:3307/queues",
        ),
        ({"queue": {"backend": "memory"}}, "queue", "memory"),
    ],
)
def test_brokers_are_named_by_their_address(values: dict[str, Any], name: str, address: str) -> None:
    """Where the queues are, without accounts and passwords."""
    server = broker_of(Config.model_validate(values))
    assert (server.name, server.address) == (name, address)


@pytest.mark.parametrize(
    ("url", "address"),
    [
        ("sqlite:////var/lib/qtd/qtd.sqlite3", "/var/lib/qtd/qtd.sqlite3"),
        ("mysql+pymysql://matomo:hunter2@db/matomo", "db/matomo"),
        (
            "mysql+pymysql://matomo@/matomo?unix_socket=/run/mysqld/mysqld.sock",
            "/run/mysqld/mysqld.sock/matomo",
        ),
    ],
)
def test_databases_are_named_by_their_address(url: str, address: str) -> None:
    """Where the rows go, without accounts and passwords."""
    engine = open_database(Config.model_validate({"database": {"url": url}}))
    assert database_of(engine).address == address
