"""`queue.enabled: false`: requests are recorded when they come."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import text

from qtd.clock import SystemClock
from qtd.db.engine import open_engine
from qtd.db.transaction import reading
from qtd.queue.contract import Numbering
from qtd.queue.sql import SqlQueues
from qtd.wire.request_set import RequestSet, encode
from tests.integration.cli.running import configuration, qtd
from tests.integration.ingest.crowd import get
from tests.servers.mariadb import MariaDbServer
from tests.servers.process import free_port

pytestmark = pytest.mark.timeout(240)

VISITOR = "0123456789abcdef"


def pages(url: str) -> list[int]:
    """The numbers of the pages, in the order in which they were recorded."""
    engine = open_engine(url)
    statement = text(
        "SELECT name FROM log_link_visit_action JOIN log_action ON idaction = idaction_url ORDER BY idlink_va"
    )
    with reading(engine) as connection:
        found = [int(name.rpartition("/")[2]) for name in connection.scalars(statement)]
    engine.dispose()
    return found


def hit(port: int, number: int) -> int:
    """View a page; return the answer's status."""
    return get(port, f"/matomo.php?idsite=1&rec=1&_id={VISITOR}&url=http://example.org/{number}")[0]


def waiting(number: int) -> tuple[int, bytes]:
    """The same, accepted before, for queue 2 of 4."""
    page = {"idsite": "1", "rec": "1", "_id": VISITOR, "url": f"http://example.org/{number}"}
    entry = RequestSet(
        requests=[dict(page)],
        server={"REMOTE_ADDR": "127.0.0.1"},
        cookies={},
        token_auth=False,
        time=int(SystemClock().now()) - 10,
        id=f"w{number}",
    )
    return 2, encode(entry)


def test_what_waits_is_recorded_first(tmp_path: Path) -> None:
    """A little at once, before the visitor's new request is answered; behind much, new ones wait for the workers."""
    port = free_port()
    url = f"sqlite:///{tmp_path / 'qtd.sqlite3'}"
    config = configuration(
        tmp_path,
        queue={"enabled": False, "backend": "sql", "count": 4},
        ingest={"port": port},
        batch={"max_requests": 3},
    )
    engine = open_engine(url)
    queues = SqlQueues(engine, count=4)
    queues.adopt(Numbering(count=4))
    queues.push([waiting(number) for number in range(2)])
    with qtd("serve", "--config", config) as running:
        running.until("ingest_started")
        assert get(port, "/healthz")[1].startswith(b"ready, recording at once")
        assert hit(port, 2) == 200
        assert pages(url) == [0, 1, 2]
        assert hit(port, 3) == 200
        assert pages(url) == [0, 1, 2, 3]
        queues.push([waiting(number) for number in range(4, 9)])
        assert hit(port, 9) == 200
        assert queues.lengths()[2] == 6
        with qtd("process", "--config", config) as process:
            assert process.end() == 0
        assert hit(port, 10) == 200
        assert pages(url) == list(range(11))
        running.terminate()
        assert running.end() == 0
        assert running.noise == []
    assert queues.lengths() == [0] * 4
    queues.close()


def test_neither_broker_nor_database(mariadb_server: MariaDbServer, tmp_path: Path) -> None:
    """Without a broker it starts and records; without a database a request is refused with 503, not kept anywhere."""
    port, schema = free_port(), mariadb_server.create_schema()
    url = mariadb_server.url(schema)
    config = configuration(
        tmp_path,
        redis={"hosts": [f"127.0.0.1:{free_port()}"]},
        database={"url": url},
        queue={"enabled": False},
        ingest={"port": port},
    )
    with qtd("serve", "--config", config) as running:
        running.until("ingest_started")
        assert hit(port, 0) == hit(port, 1) == 200
        assert pages(url) == [0, 1]
        mariadb_server.drop_schema(schema)
        assert hit(port, 2) == 503
        running.terminate()
        assert running.end() == 0
    (stopped,) = running.named("ingest_stopped")
    assert (stopped["accepted"], stopped["refused"]) == (2, 1)
    assert [event for event in running.events if event["event"].startswith("spool")] == []
