"""Workers on real brokers and databases: whatever ends or delays them, each entry is recorded once, in order."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from redis import Redis
from sqlalchemy import Engine, text

from qtd.config.root import Config
from qtd.db.engine import open_engine
from qtd.db.transaction import writing
from qtd.log.events.process import Reached, Waiting
from qtd.log.events.worker import QueueLockLost
from qtd.queue.contract import Queues
from qtd.queue.open import open_queues
from qtd.queue.redis_keys import lock_key
from qtd.store.create import create_tables
from qtd.store.native import NativeRecorder
from qtd.worker.assemble import open_database
from qtd.worker.recorder import Recorder
from qtd.worker.reopen import ReopenedRecorder
from tests.integration.worker.ground import (
    Interrupted,
    Worker,
    configuration,
    entry,
    expected,
    native,
    pages,
)
from tests.servers.mariadb import MariaDbServer, running_mariadb
from tests.servers.redis import RedisServer, running_redis


class Killed(BaseException):
    """What ends a worker where it stands."""


class Place:
    """Broker and database of a test."""

    def __init__(self, config: Config) -> None:
        self.config = config
        self.queues: Queues = open_queues(config)
        self.queues.ping()
        self.engine: Engine = open_database(config)

    def worker(self, recorder: Recorder | None = None) -> Worker:
        """A worker; with an engine of its own unless one is given."""
        return Worker(
            self.config, self.queues, self.engine, over=lambda made: made if recorder is None else recorder
        )

    def interrupted(self, then: Callable[[], None]) -> Worker:
        """A worker whose engine calls `then` when a batch is recorded and not yet trimmed."""
        return Worker(self.config, self.queues, self.engine, over=lambda made: Interrupted(made, then))

    def close(self) -> None:
        """Close all connections."""
        self.queues.close()
        self.engine.dispose()


@pytest.fixture(params=["redis and mariadb", "sqlite"])
def place(request: pytest.FixtureRequest) -> Iterator[Place]:
    """Give the two usual places: a server of each kind, and one file for everything."""
    if request.param == "sqlite":
        url = f"sqlite:///{request.getfixturevalue('tmp_path') / 'all.sqlite3'}"
        config = configuration(database={"url": url}, queue={"backend": "sql", "count": 2})
    else:
        server: RedisServer = request.getfixturevalue("redis_server")
        url = request.getfixturevalue("mariadb_url")
        config = configuration(database={"url": url}, redis={"hosts": [server.address]})
    made = Place(config)
    yield made
    made.close()


def test_everything_is_recorded_in_order(place: Place) -> None:
    """Batch by batch, queue by queue; what is recorded is off its queue."""
    place.queues.push([(0, entry(number)) for number in range(12)])
    worker = place.worker()
    worker.until_empty(place.queues)
    assert pages(place.engine) == expected(12)
    assert worker.loop.totals["recorded"] == 12
    assert worker.loop.totals["batches"] == 3


def test_a_worker_killed_between_commit_and_trim_does_no_harm(place: Place) -> None:
    """The next worker finds the batch recorded and only takes it off the queue: nothing is there twice."""

    def die() -> None:
        raise Killed

    place.queues.push([(0, entry(number)) for number in range(8)])
    with pytest.raises(Killed):
        place.interrupted(die).loop.round()
    assert place.queues.lengths() == [8, 0]
    worker = place.worker()
    worker.until_empty(place.queues)
    assert pages(place.engine) == expected(8)
    assert worker.loop.totals["repeated"] == 5
    assert worker.loop.totals["recorded"] == 3


def test_two_workers_of_one_queue_record_once(place: Place) -> None:
    """A worker whose lock is gone does not trim; who has the queue now does, and the first goes on with what comes."""
    second: list[Worker] = []

    def lose() -> None:
        if second:
            return
        take_lock_away(place)
        second.append(place.worker())
        second[0].until_empty(place.queues)

    place.queues.push([(0, entry(number)) for number in range(8)])
    first = place.interrupted(lose)
    first.loop.round()
    assert [event.queue for event in first.log.of(QueueLockLost)] == [0]
    assert pages(place.engine) == expected(8)
    place.queues.push([(0, entry(8))])
    first.clock.advance(5)
    first.until_empty(place.queues)
    assert pages(place.engine) == expected(9)


def take_lock_away(place: Place) -> None:
    """Let the lock of queue 0 expire."""
    if place.config.queue.backend == "sql":
        with writing(place.engine) as connection:
            connection.execute(text("UPDATE qtd_queue_head SET lock_token = NULL WHERE queue = 0"))
        return
    [address] = place.config.redis.hosts
    with Redis(port=address.port) as client:
        assert client.delete(lock_key(0)) == 1


def test_a_broken_entry_stops_nothing(place: Place) -> None:
    """It is kept as a dead letter; what is before and behind it is recorded."""
    place.queues.push([(0, entry(0)), (0, b"\x00nonsense"), (0, entry(1))])
    worker = place.worker()
    worker.until_empty(place.queues)
    assert pages(place.engine) == expected(2)
    assert worker.loop.totals["dead"] == 1


@pytest.fixture
def own_mariadb() -> Iterator[MariaDbServer]:
    """Run a server that a test may stop."""
    with running_mariadb() as server:
        yield server


def test_a_database_may_go_and_come_back(own_mariadb: MariaDbServer, redis_server: RedisServer) -> None:
    """Killed between two batches and under one, started again on its data: the log tells of it, the rows do not."""
    config = configuration(
        database={"url": own_mariadb.url(own_mariadb.create_schema()), "connect_timeout_seconds": 1},
        redis={"hosts": [redis_server.address]},
    )
    place = Place(config)
    worker = place.worker()
    place.queues.push([(0, entry(number)) for number in range(3)])
    worker.until_empty(place.queues)
    own_mariadb.kill()
    place.queues.push([(0, entry(number)) for number in range(3, 9)])
    for _ in range(3):
        assert not worker.loop.round()
        assert worker.loop.trouble is not None
    assert place.queues.lengths() == [6, 0]
    own_mariadb.start()
    worker.until_empty(place.queues)
    assert worker.loop.trouble is None
    assert pages(place.engine) == expected(9)
    address = f"127.0.0.1:{own_mariadb.port}/"
    assert all(event.server.startswith(address) for event in worker.log.of(Waiting))
    assert len(worker.log.of(Waiting)) == 3
    assert len(worker.log.of(Reached)) == 1
    place.close()


def test_a_password_may_be_rotated(
    mariadb_server: MariaDbServer, mariadb_url: str, redis_server: RedisServer
) -> None:
    """A worker that is refused suddenly asks for the password as it is now, and goes on; no restart, nothing lost."""
    with mariadb_server.connect() as connection, connection.cursor() as cursor:
        cursor.execute("CREATE USER rotated@'%' IDENTIFIED BY 'before'")
        cursor.execute("GRANT ALL ON *.* TO rotated@'%'")
    url = mariadb_url.replace("root@", "rotated@")
    redis = {"hosts": [redis_server.address]}
    place = Place(configuration(database={"url": url, "password": "before"}, redis=redis))
    passwords = ["before", "after"]

    def reopen() -> NativeRecorder:
        config = configuration(database={"url": url, "password": passwords.pop(0)}, redis=redis)
        place.engine.dispose()
        place.engine = open_database(config)
        return native(config, place.engine, worker.clock)

    worker = place.worker()
    worker = place.worker(ReopenedRecorder(native(place.config, place.engine, worker.clock), reopen))
    place.queues.push([(0, entry(0))])
    worker.until_empty(place.queues)
    with mariadb_server.connect() as connection, connection.cursor() as cursor:
        cursor.execute("ALTER USER rotated@'%' IDENTIFIED BY 'after'")
    place.engine.dispose()  # what a server's wait_timeout does
    place.queues.push([(0, entry(1))])
    worker.until_empty(place.queues)
    assert pages(place.engine) == expected(2)
    assert passwords == []
    assert len(worker.log.of(Waiting)) == 2
    assert all("Access denied" in event.cause for event in worker.log.of(Waiting))
    with mariadb_server.connect() as connection, connection.cursor() as cursor:
        cursor.execute("DROP USER rotated@'%'")
    place.close()


def test_a_broker_may_go_and_come_back(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Killed and started again on its data, it is waited for; what waited there is recorded."""
    with running_redis("--appendonly", "yes", "--appendfsync", "always") as server:
        url = f"sqlite:///{tmp_path_factory.mktemp('database') / 'matomo.sqlite3'}"
        place = Place(configuration(database={"url": url}, redis={"hosts": [server.address]}))
        worker = place.worker()
        place.queues.push([(0, entry(number)) for number in range(3)])
        server.kill()
        assert not worker.loop.round()
        server.start()
        worker.until_empty(place.queues)
        assert pages(place.engine) == expected(3)
        waits = worker.log.of(Waiting)
        assert [(event.waits_for, event.server) for event in waits] == [("redis", server.address)]
        assert len(worker.log.of(Reached)) == 1
        place.close()


def test_tables_may_change_under_a_worker(mariadb_url: str, redis_server: RedisServer) -> None:
    """Matomo's update takes a column away: the batch that did not fit is done again by an engine that has looked."""
    place = Place(configuration(database={"url": mariadb_url}, redis={"hosts": [redis_server.address]}))
    create_tables(place.engine)
    worker = place.worker()

    def reopen() -> NativeRecorder:
        return native(place.config, place.engine, worker.clock)

    worker = place.worker(ReopenedRecorder(reopen(), reopen))
    place.queues.push([(0, entry(0))])
    worker.until_empty(place.queues)
    engine = open_engine(mariadb_url)
    with writing(engine) as connection:
        connection.execute(text("ALTER TABLE log_visit DROP COLUMN config_cookie"))
    engine.dispose()
    place.queues.push([(0, entry(1))])
    worker.until_empty(place.queues)
    assert pages(place.engine) == expected(2)
    assert len(worker.log.of(Waiting)) == 1
    place.close()
