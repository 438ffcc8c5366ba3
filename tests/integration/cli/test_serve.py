"""Endpoint and workers together, as a newcomer starts them, over HTTP."""

from __future__ import annotations

import http.client
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import orjson
import pytest
from sqlalchemy import text

from qtd.db.engine import open_engine
from qtd.db.transaction import reading
from qtd.queue.redis_keys import list_key
from tests.integration.cli.running import Running, configuration, qtd
from tests.servers.process import free_port
from tests.servers.redis import RedisServer

pytestmark = pytest.mark.timeout(240)

PAGE = "idsite=1&rec=1&url=http://example.org/{}&_id=0123456789abcdef"


def requests(port: int, *queries: str) -> list[int]:
    """Send GET requests, one after the other on one connection; return the statuses."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    statuses = []
    for query in queries:
        connection.request("GET", f"/matomo.php?{query}")
        answer = connection.getresponse()
        answer.read()
        statuses.append(answer.status)
    connection.close()
    return statuses


def bulk(port: int, *queries: str) -> dict[str, object]:
    """Send a bulk request; return its answer."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    connection.request("POST", "/matomo.php", orjson.dumps({"requests": [f"?{query}" for query in queries]}))
    answer: dict[str, object] = orjson.loads(connection.getresponse().read())
    connection.close()
    return answer


def pages(url: str) -> list[str]:
    """The pages that were viewed."""
    engine = open_engine(url)
    statement = text(
        "SELECT name FROM log_link_visit_action JOIN log_action ON idaction = idaction_url ORDER BY idlink_va"
    )
    with reading(engine) as connection:
        found = list(connection.scalars(statement))
    engine.dispose()
    return found


@contextmanager
def serving(config: Path) -> Iterator[Running]:
    """Run endpoint and workers until they take requests."""
    with qtd("serve", "--with-worker", "--config", config) as running:
        running.until("ingest_started")
        yield running


def until_recorded(running: Running, requests: int) -> None:
    """Read the log until so many requests are recorded."""
    while sum(event["recorded"] for event in running.named("batch_applied")) < requests:
        running.until("batch_applied")


def test_everything_in_sqlite(tmp_path: Path) -> None:
    """One command, one file, no server: hits in over HTTP, rows out; `queuedtracking=0` is recorded before the answer.

    Ctrl-C ends the whole group in order: the endpoint first, then the workers; one event says why, and there is no
    traceback.
    """
    port = free_port()
    config = configuration(tmp_path, queue={"backend": "sql", "count": 2}, ingest={"port": port})
    url = f"sqlite:///{tmp_path / 'qtd.sqlite3'}"
    with serving(config) as running:
        assert requests(port, PAGE.format("at-once") + "&queuedtracking=0") == [200]
        assert pages(url) == ["example.org/at-once"]
        assert requests(port, *(PAGE.format(number) for number in range(3))) == [200] * 3
        answer = bulk(port, PAGE.format(3), PAGE.format(4))
        assert (answer["status"], answer["tracked"]) == ("success", 2)
        until_recorded(running, 6)
        while len(running.named("worker_started")) < 2:  # one of the two may have recorded all
            running.until("worker_started")
        running.interrupt()
        assert running.end() == 0
    assert pages(url) == ["example.org/at-once", *(f"example.org/{number}" for number in range(5))]
    assert [event["reason"] for event in running.named("stopping")].count("SIGINT") == 1
    assert running.noise == []
    ends = [event["event"] for event in running.events if event["event"].endswith("_stopped")]
    assert ends == ["ingest_stopped", "worker_stopped", "worker_stopped"]
    (stopped,) = running.named("ingest_stopped")
    assert (stopped["accepted"], stopped["refused"]) == (6, 0)


def test_redis_and_mariadb(redis_server: RedisServer, mariadb_url: str, tmp_path: Path) -> None:
    """The same over servers: a dead worker is replaced, and what was accepted is recorded or waits after SIGTERM."""
    port = free_port()
    config = configuration(
        tmp_path,
        redis={"hosts": [redis_server.address]},
        database={"url": mariadb_url},
        queue={"count": 1},
        ingest={"port": port},
    )
    with serving(config) as running:
        assert requests(port, *(PAGE.format(number) for number in range(3))) == [200] * 3
        until_recorded(running, 3)
        assert pages(mariadb_url) == [f"example.org/{number}" for number in range(3)]
        killed = running.kill_child("worker")
        assert running.until("process_died")["pid"] == killed
        running.until("worker_started")
        assert requests(port, *(PAGE.format(number) for number in range(3, 50))) == [200] * 47
        running.terminate()
        assert running.end() == 0
    with redis_server.client() as client:
        waiting = client.llen(list_key(0))
        assert client.keys("QueuedTrackingLock*") == []
    assert pages(mariadb_url) == [f"example.org/{number}" for number in range(50 - int(waiting))]
    assert running.noise == []


def test_an_address_in_use_ends_the_group(tmp_path: Path) -> None:
    """Exit code 2 and one line: nobody is restarted for ever, and no worker is left behind."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        config = configuration(
            tmp_path, queue={"backend": "sql", "count": 1}, ingest={"port": taken.getsockname()[1]}
        )
        with qtd("serve", "--with-worker", "--config", config) as running:
            assert running.end() == 2
    (line,) = running.noise
    assert "127.0.0.1" in line
    assert running.named("process_died") == []


def test_it_waits_for_the_database(tmp_path: Path) -> None:
    """While the database is away the log says so, once for the whole group; asked to end meanwhile, it ends well."""
    config = configuration(
        tmp_path,
        database={"url": f"mysql+pymysql://root:hunter2@127.0.0.1:{free_port()}/matomo"},
        queue={"backend": "sql", "database": {"url": f"sqlite:///{tmp_path / 'queue.sqlite3'}"}},
    )
    with qtd("serve", "--with-worker", "--config", config) as running:
        waiting = running.until("waiting")
        assert waiting["waits_for"] == "database"
        assert waiting["server"].endswith("/matomo")
        running.terminate()
        assert running.end() == 0
    assert "hunter2" not in str(running.events)
    assert len(running.named("configuration_read")) == 1
