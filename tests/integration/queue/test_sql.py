"""What the SQL queues' tables must hold beyond the contract."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import inspect, text

from qtd.db.engine import Timeouts, open_engine
from qtd.db.transaction import reading, writing
from qtd.errors import BrokerUnavailable
from qtd.queue.sql import SqlQueues
from tests.servers.mariadb import running_mariadb

if TYPE_CHECKING:
    from pathlib import Path

    from tests.servers.mariadb import MariaDbServer


def test_many_processes_may_make_the_tables_at_once(database_url: str) -> None:
    """A new installation starts ingest and all workers together."""
    several = [SqlQueues(open_engine(database_url), count=8) for _ in range(6)]
    start = Barrier(len(several))

    def first_push(number: int) -> None:
        start.wait(10)
        several[number].push([(number, b"entry")])

    with ThreadPoolExecutor(len(several)) as threads:
        list(threads.map(first_push, range(len(several))))
    assert several[0].lengths() == [1] * 6 + [0, 0]


def test_more_queues_are_added_to_those_that_are_there(database_url: str) -> None:
    """A larger count keeps what waits; the new queues are empty."""
    SqlQueues(open_engine(database_url), count=1).push([(0, b"entry")])
    queues = SqlQueues(open_engine(database_url), count=3)
    queues.push([(2, b"new")])
    assert queues.lengths() == [1, 0, 1]
    assert SqlQueues(open_engine(database_url), count=1).lengths() == [1]


def test_prefixes_keep_installations_apart(database_url: str) -> None:
    """Two Matomos in one database have queues of their own."""
    engine = open_engine(database_url)
    SqlQueues(engine, count=1, prefix="one_").push([(0, b"entry")])
    assert SqlQueues(engine, count=1, prefix="two_").lengths() == [0]
    with reading(engine) as connection:
        assert sorted(inspect(connection).get_table_names()) == [
            f"{prefix}_qtd_queue_{name}"
            for prefix in ("one", "two")
            for name in ("entry", "head", "number", "tail")
        ]


def test_a_failed_push_leaves_no_gap(database_url: str) -> None:
    """Rolled back as a whole, it takes no positions: counting from the head still finds every entry."""
    engine = open_engine(database_url)
    queues = SqlQueues(engine, count=2)
    queues.push([(0, b"one")])
    with writing(engine) as connection:
        connection.execute(
            text("INSERT INTO qtd_queue_entry (queue, position, `stored`) VALUES (1, 1, 'in the way')")
        )
    with pytest.raises(BrokerUnavailable):
        queues.push([(0, b"lost"), (1, b"collides")])
    queues.push([(0, b"two")])
    lock = queues.acquire(0, 60)
    assert lock is not None
    queues.trim(lock, [b"one"])
    assert queues.read(0, 10) == [b"two"]
    assert queues.lengths() == [1, 0]


def test_nobody_gets_ahead_of_a_push_that_is_not_committed_yet(mariadb_url: str) -> None:
    """A slow pusher's entries come first or not at all: the next waits, and a reader sees neither."""
    engine = open_engine(mariadb_url, timeouts=Timeouts(lock=1))
    slow = open_engine(mariadb_url)
    queues = SqlQueues(engine, count=2)
    queues.ping()
    with writing(slow) as connection:
        connection.execute(text("UPDATE qtd_queue_tail SET position = position + 1 WHERE queue = 0"))
        connection.execute(
            text("INSERT INTO qtd_queue_entry (queue, position, `stored`) VALUES (0, 1, 'slow')")
        )
        with pytest.raises(BrokerUnavailable, match="1205"):
            queues.push([(0, b"quick")])
        queues.push([(1, b"another queue")])
        assert queues.lengths() == [0, 1]
        assert queues.read(0, 10) == []
    queues.push([(0, b"quick")])
    assert queues.read(0, 10) == [b"slow", b"quick"]


def test_trimming_and_pushing_do_not_wait_for_each_other(mariadb_url: str) -> None:
    """A worker trims a queue while a pusher of it has not committed yet, and the other way round."""
    queues = SqlQueues(open_engine(mariadb_url, timeouts=Timeouts(lock=1)), count=1)
    queues.push([(0, b"one"), (0, b"two")])
    lock = queues.acquire(0, 60)
    assert lock is not None
    with writing(open_engine(mariadb_url)) as pusher:
        pusher.execute(text("UPDATE qtd_queue_tail SET position = position + 1 WHERE queue = 0"))
        pusher.execute(text("INSERT INTO qtd_queue_entry (queue, position, `stored`) VALUES (0, 3, 'three')"))
        queues.trim(lock, [b"one", b"two"])
    with writing(open_engine(mariadb_url)) as worker:
        worker.execute(text("UPDATE qtd_queue_head SET position = 3 WHERE queue = 0"))
        worker.execute(text("DELETE FROM qtd_queue_entry WHERE queue = 0 AND position = 3"))
        queues.push([(0, b"four")])
    assert queues.read(0, 10) == [b"four"]


def test_an_account_without_the_right_to_create_will_do(
    mariadb_url: str, mariadb_server: MariaDbServer
) -> None:
    """Once the tables are there, qtd only needs to read and write them."""
    SqlQueues(open_engine(mariadb_url), count=2).ping()
    schema = mariadb_url.rpartition("/")[2]
    with mariadb_server.connect() as connection, connection.cursor() as cursor:
        cursor.execute("CREATE OR REPLACE USER qtd@'127.0.0.1' IDENTIFIED BY 'secret'")
        cursor.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON {schema}.* TO qtd@'127.0.0.1'")
    engine = open_engine(mariadb_url.replace("root@", "qtd@"), password="secret")
    queues = SqlQueues(engine, count=2)
    queues.push([(1, b"entry")])
    assert queues.lengths() == [0, 1]
    with pytest.raises(BrokerUnavailable, match="1142"):
        SqlQueues(engine, count=2, prefix="new_").ping()


def test_a_database_that_is_not_there_yet_is_waited_for(tmp_path: Path) -> None:
    """Opening asks nothing; each call says what is wrong until it is right."""
    folder = tmp_path / "later"
    queues = SqlQueues(open_engine(f"sqlite:///{folder / 'queue.sqlite3'}"), count=1)
    with pytest.raises(BrokerUnavailable, match="unable to open"):
        queues.ping()
    folder.mkdir()
    queues.push([(0, b"entry")])
    assert queues.lengths() == [1]


def test_a_server_that_is_killed_has_what_it_acknowledged() -> None:
    """A commit that returned is there after the crash, in order; the same object goes on."""
    with running_mariadb("--innodb-flush-log-at-trx-commit=1") as server:
        queues = SqlQueues(open_engine(server.url(server.create_schema())), count=2)
        queues.push([(0, b"one"), (1, b"other"), (0, b"two")])
        server.kill()
        with pytest.raises(BrokerUnavailable, match="2003"):
            queues.push([(0, b"lost")])
        server.start()
        queues.push([(0, b"three")])
        assert queues.read(0, 10) == [b"one", b"two", b"three"]
        assert queues.lengths() == [3, 1]
