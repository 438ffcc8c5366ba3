from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from pydantic import SecretStr

from qtd.config.queue import Queue
from qtd.config.redis import Redis, Tls
from qtd.config.root import Config
from qtd.config.values import Address
from qtd.queue.memory import MemoryQueues
from qtd.queue.open import open_queues
from qtd.queue.redis import RedisQueues
from qtd.queue.sql import SqlQueues
from qtd.queue.standalone import connect

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("backend", "kind"), [("redis", RedisQueues), ("sql", SqlQueues), ("memory", MemoryQueues)]
)
def test_the_configuration_chooses_the_backend(backend: str, kind: type, tmp_path: Path) -> None:
    """Each name opens its kind with the configured number of queues, and without touching the broker."""
    queue = Queue.model_validate({"backend": backend, "count": 7})
    queues = open_queues(Config(queue=queue, state_directory=tmp_path))
    assert type(queues) is kind
    assert queues.count == 7
    assert list(tmp_path.iterdir()) == []


def test_the_sql_queues_lie_beside_the_rows_with_their_prefix(tmp_path: Path) -> None:
    """Without a database of their own the queues use the tracker's, below the installation's prefix."""
    config = Config.model_validate(
        {
            "queue": {"backend": "sql"},
            "database": {"tables_prefix": "matomo_"},
            "state_directory": str(tmp_path),
        }
    )
    queues = open_queues(config)
    queues.push([(0, b"entry")])
    queues.close()
    assert b"matomo_qtd_queue_entry" in (tmp_path / "qtd.sqlite3").read_bytes()


def test_everything_the_section_says_reaches_the_connection() -> None:
    """Address, account, timeouts and certificates are the section's; redis-py itself repeats nothing."""
    section = Redis(
        hosts=(Address("redis.example", 6380),),
        username="qtd",
        password=SecretStr("secret"),
        database=3,
        tls=Tls.model_validate({"enabled": True, "ca_file": "/etc/ca.pem"}),
        connect_timeout_seconds=1.5,
        command_timeout_seconds=2.5,
    )
    client = connect(section)
    arguments = client.connection_pool.connection_kwargs
    wanted = {
        "host": "redis.example",
        "port": 6380,
        "username": "qtd",
        "password": "secret",
        "db": 3,
        "socket_connect_timeout": 1.5,
        "socket_timeout": 2.5,
        "ssl_ca_certs": "/etc/ca.pem",
        "ssl_cert_reqs": "required",
        "ssl_check_hostname": True,
    }
    assert {name: arguments[name] for name in wanted} == wanted
    assert arguments["retry"].get_retries() == 0
    assert client.connection_pool.connection_class.__name__ == "SSLConnection"


def test_a_unix_socket_replaces_the_address() -> None:
    """With a path there is no host and no port to go wrong."""
    client = connect(Redis.model_validate({"unix_socket": "/run/redis.sock"}))
    arguments = client.connection_pool.connection_kwargs
    assert arguments["path"] == "/run/redis.sock"
    assert "host" not in arguments
