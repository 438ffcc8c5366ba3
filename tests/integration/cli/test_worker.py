"""`qtd worker` as systemd runs it."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import text

from qtd.db.engine import open_engine
from qtd.db.transaction import reading
from qtd.queue.redis_keys import list_key
from qtd.store.create import create_tables
from qtd.systemd.notify_socket import NotifySocket
from tests.integration.cli.running import configuration, qtd
from tests.integration.worker.ground import entry
from tests.servers.mariadb import MariaDbServer
from tests.servers.redis import RedisServer
from tests.servers.waiting import until

pytestmark = pytest.mark.timeout(240)


def test_sigterm_finishes_the_batch(
    redis_server: RedisServer, mariadb_server: MariaDbServer, mariadb_url: str, tmp_path: Path
) -> None:
    """Asked to end in the middle of a batch, twice as a service manager may, it commits and trims it, and no other."""
    engine = open_engine(mariadb_url)
    create_tables(engine)
    schema = mariadb_url.rpartition("/")[2]
    config = configuration(
        tmp_path,
        redis={"hosts": [redis_server.address]},
        database={"url": mariadb_url},
        queue={"count": 1},
        batch={"max_requests": 3, "max_wait_seconds": 0},
    )
    with (
        mariadb_server.connect(schema) as connection,
        connection.cursor() as cursor,
        qtd("worker", "1", "--config", config) as worker,
    ):
        worker.until("worker_started")
        cursor.execute("LOCK TABLES log_visit READ")  # the batch's own statements wait from now on
        with redis_server.client() as client:
            client.rpush(list_key(0), *(entry(number) for number in range(5)))
        until(lambda: waits_for_a_table(mariadb_server, schema), "the worker is in the middle of a batch")
        worker.terminate()
        assert worker.until("stopping")["reason"] == "SIGTERM"
        worker.terminate()
        cursor.execute("UNLOCK TABLES")
        assert worker.end() == 0
        (stopped,) = worker.named("worker_stopped")
        assert (stopped["batches"], stopped["requests"]) == (1, 3)
        assert worker.noise == []
    with reading(engine) as looking:
        assert looking.scalar(text("SELECT COUNT(*) FROM log_link_visit_action")) == 3
    engine.dispose()
    with redis_server.client() as client:
        assert client.llen(list_key(0)) == 2
        assert client.keys("QueuedTrackingLock*") == []


def test_sigterm_is_heard_when_nobody_reads_the_log(redis_server: RedisServer, tmp_path: Path) -> None:
    """Who read the worker's log has gone: asked to end it ends as always, instead of living on unasked."""
    config = configuration(
        tmp_path,
        redis={"hosts": [redis_server.address]},
        database={"url": f"sqlite:///{tmp_path / 'qtd.sqlite3'}"},
        queue={"count": 1},
    )
    with qtd("worker", "1", "--config", config) as worker:
        worker.until("worker_started")
        worker.stop_reading()
        worker.terminate()
        assert worker.wait() == 0
    with redis_server.client() as client:
        assert client.keys("QueuedTrackingLock*") == []


def waits_for_a_table(server: MariaDbServer, schema: str) -> bool:
    """Whether a statement in this database waits for `LOCK TABLES`."""
    with server.connect() as connection, connection.cursor() as cursor:
        cursor.execute(
            "SELECT COUNT(*) FROM information_schema.processlist WHERE db = %s AND state LIKE 'Waiting for table%%'",
            (schema,),
        )
        found = cursor.fetchone()
    return bool(found and found[0])


def test_each_step_of_the_start_asks_for_its_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Servers and seconds of processor time alike: a start on a busy machine is no failed one; ready comes last."""
    manager = NotifySocket(tmp_path / "notify")
    monkeypatch.setenv("NOTIFY_SOCKET", str(manager.path))
    heard: list[dict[str, str]] = []

    def ready() -> bool:
        heard.extend(told.values for told in manager.received())
        return any("READY" in values for values in heard)

    with qtd("worker", "1", "--config", configuration(tmp_path, queue={"backend": "sql", "count": 1})):
        until(ready, "the worker is ready")
    manager.close()
    steps = heard[: next(index for index, values in enumerate(heard) if "READY" in values)]
    assert [values["STATUS"] for values in steps] == [
        "reaching queue database",
        "reaching database",
        "reading the patterns of devices",
        "preparing the patterns of devices",
        "reading lists and locations",
        "reaching queue database",
    ]
    assert {values["EXTEND_TIMEOUT_USEC"] for values in steps} == {"120000000"}
    assert not any(
        "WATCHDOG" in values for values in steps
    )  # with the first one systemd would begin to watch
