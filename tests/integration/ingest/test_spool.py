"""`qtd serve` while its Redis is killed, hangs or refuses, and while it is killed itself."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.integration.cli.running import Running, configuration, qtd
from tests.integration.ingest.crowd import Crowd, assert_nothing_lost_or_reordered, get, recorded
from tests.servers.process import free_port
from tests.servers.redis import RedisServer, running_redis
from tests.servers.waiting import until

QUEUES = 3


@pytest.fixture(scope="module")
def own_redis() -> Iterator[RedisServer]:
    """Run a Redis that the tests kill; what it has answered is on the disk (`everysec` would not promise that)."""
    with running_redis("--appendonly", "yes", "--appendfsync", "always") as server:
        yield server


@pytest.fixture
def broker(own_redis: RedisServer) -> Iterator[RedisServer]:
    """Give it empty, and running afterwards."""
    with own_redis.client() as client:
        client.flushall()
    yield own_redis
    own_redis.kill()
    own_redis.start()


def endpoint(folder: Path, broker: RedisServer, port: int, *, processes: int = 2, **spool: Any) -> Path:
    """The configuration of an endpoint that gives up a push soon."""
    return configuration(
        folder,
        redis={"hosts": [broker.address], "command_timeout_seconds": 1},
        queue={"count": QUEUES},
        ingest={"port": port, "processes": processes},
        spool={"push_deadline_seconds": 0.2} | spool,
        log={"level": "info", "format": "json"},
    )


def end(running: Running) -> None:
    """Ask it to end, as systemd does."""
    running.terminate()
    assert running.end() == 0
    assert running.noise == []


def test_a_redis_that_is_killed_under_load(broker: RedisServer, tmp_path: Path) -> None:
    """No hit is refused, none lost, none out of its visitor's order; the log tells it, /healthz stays ready."""
    port = free_port()
    with qtd("serve", "--config", endpoint(tmp_path, broker, port)) as running:
        running.until("ingest_started")
        crowd = Crowd(port, 6)
        with crowd.visiting():
            crowd.more(60)
            broker.kill()
            assert running.until("spooling")["cause"].startswith("Redis: ")
            crowd.more(150)
            status, body = get(port, "/healthz")
            assert (status, body[:15]) == (200, b"ready, spooling")
            broker.start()
            running.until("spool_drained")
            until(lambda: get(port, "/healthz") == (200, b"ready\n"), "nothing is spooled any more")
            crowd.more(60)
        end(running)
    assert crowd.others == {}
    with broker.client() as client:
        assert_nothing_lost_or_reordered(crowd, recorded(client, QUEUES))
    told = [event["event"] for event in running.events if event["event"].startswith("spool_dr")]
    assert (told[0], told[-1]) == ("spool_draining", "spool_drained")


def test_an_endpoint_that_is_killed_while_spooling(broker: RedisServer, tmp_path: Path) -> None:
    """Redis hangs, the endpoint dies in the middle of a write; a smaller one accepts at once, drains all in order."""
    port = free_port()
    crowd = Crowd(port, 6)
    with crowd.visiting():
        with qtd("serve", "--config", endpoint(tmp_path, broker, port)) as running:
            running.until("ingest_started")
            crowd.more(60)
            broker.freeze()
            running.until("spooling")
            crowd.more(60)
            running.kill()
        with qtd("serve", "--config", endpoint(tmp_path, broker, port, processes=1)) as running:
            found = running.until("spool_found")
            crowd.more(60)
            broker.thaw()
            drained = running.until("spool_drained")
            crowd.more(30)
            until(lambda: get(port, "/healthz") == (200, b"ready\n"), "nothing is spooled any more")
            crowd_ended = crowd.total
            running.terminate()
            assert running.end() == 0
    assert found["entries"] >= 40
    assert drained["entries"] >= found["entries"]
    assert crowd_ended > 200
    assert set(crowd.others) <= {0}, "refused only while there was no endpoint"
    with broker.client() as client:
        assert_nothing_lost_or_reordered(crowd, recorded(client, QUEUES))


def test_a_redis_that_takes_no_writes(broker: RedisServer, tmp_path: Path) -> None:
    """Out of memory: it answers, but refuses; what it refused is there once it has memory again."""
    port = free_port()
    with qtd("serve", "--config", endpoint(tmp_path, broker, port, processes=1)) as running:
        running.until("ingest_started")
        crowd = Crowd(port, 3)
        with crowd.visiting(), broker.client() as client:
            crowd.more(20)
            client.config_set("maxmemory", "1")
            assert "maxmemory" in running.until("spooling")["cause"]
            crowd.more(20)
            client.config_set("maxmemory", "0")
            running.until("spool_drained")
        end(running)
    assert crowd.others == {}
    with broker.client() as client:
        assert_nothing_lost_or_reordered(crowd, recorded(client, QUEUES))


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """Mount a file system of one megabyte."""
    if os.geteuid() != 0 or shutil.which("mount") is None:
        pytest.skip("only root can mount a small file system")
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=1m", "none", str(folder)], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip("this machine does not let us mount a small file system")
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


def test_a_full_disk(broker: RedisServer, small_disk: Path, tmp_path: Path) -> None:
    """503 for what fits neither here nor there, and health says so; what was accepted before is drained."""
    port = free_port()
    config = endpoint(tmp_path, broker, port, processes=1, directory=str(small_disk / "spool"))
    with qtd("serve", "--config", config) as running:
        running.until("ingest_started")
        crowd = Crowd(port, 3, padding=8000)
        with crowd.visiting():
            crowd.more(3)
            broker.kill()
            running.until("spooling")
            assert "No space left" in running.until("push_failed")["cause"]
            until(lambda: get(port, "/healthz")[0] == 503, "health says that nothing is accepted")
            assert get(port, "/healthz/live")[0] == 200
            broker.start()
            running.until("spool_drained")
            crowd.more(10)
        end(running)
    assert set(crowd.others) == {503}
    with broker.client() as client:
        assert_nothing_lost_or_reordered(crowd, recorded(client, QUEUES))
