from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from pydantic import SecretStr
from redis.sentinel import SentinelManagedSSLConnection

from qtd.config.queue import Queue
from qtd.config.redis import Redis, Tls
from qtd.config.root import Config
from qtd.config.values import Address
from qtd.queue import sentinel
from qtd.queue.cluster import RedisCluster
from qtd.queue.memory import MemoryQueues
from qtd.queue.open import open_queues, open_servers
from qtd.queue.redis import RedisQueues
from qtd.queue.redis_server import RedisServer
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


def test_sentinels_and_servers_have_accounts_of_their_own() -> None:
    """Only encryption and timeouts are shared, and nothing is repeated by redis-py with either."""
    section = Redis.model_validate(
        {
            "mode": "sentinel",
            "hosts": ["a.example:26379", "b.example:26380"],
            "username": "qtd",
            "password": "servers",
            "database": 3,
            "tls": {"enabled": True, "ca_file": "/etc/ca.pem"},
            "sentinel": {"master_name": "mymaster", "username": "asker", "password": "sentinels"},
            "connect_timeout_seconds": 1.5,
        }
    )
    pool: Any = sentinel.connect(section).connection_pool
    master = pool.connection_kwargs
    accounts = [(master["username"], master["password"], master["db"])]
    asked = [asked.connection_pool.connection_kwargs for asked in pool.sentinel_manager.sentinels]
    accounts += [(arguments["username"], arguments["password"], arguments["db"]) for arguments in asked]
    assert accounts == [("qtd", "servers", 3), *[("asker", "sentinels", 0)] * 2]
    assert [(arguments["host"], arguments["port"]) for arguments in asked] == [
        ("a.example", 26379),
        ("b.example", 26380),
    ]
    for arguments in (master, *asked):
        assert arguments["ssl_ca_certs"] == "/etc/ca.pem"
        assert arguments["ssl_check_hostname"] is True
        assert arguments["socket_connect_timeout"] == 1.5
        assert arguments["retry"].get_retries() == 0
    assert pool.connection_class is SentinelManagedSSLConnection


@pytest.mark.parametrize("mode", ["standalone", "sentinel", "cluster"])
def test_the_mode_chooses_the_servers(mode: str) -> None:
    """Only a cluster keeps a queue's list and lock apart, and none is connected to yet."""
    names = {"sentinel": {"master_name": "mymaster"}} if mode == "sentinel" else {}
    servers = open_servers(Redis.model_validate({"mode": mode, "hosts": ["redis.invalid:1"], **names}))
    assert isinstance(servers, RedisCluster if mode == "cluster" else RedisServer)
    assert servers.together is (mode != "cluster")
    servers.close()


def test_a_unix_socket_replaces_the_address() -> None:
    """With a path there is no host and no port to go wrong."""
    client = connect(Redis.model_validate({"unix_socket": "/run/redis.sock"}))
    arguments = client.connection_pool.connection_kwargs
    assert arguments["path"] == "/run/redis.sock"
    assert "host" not in arguments
