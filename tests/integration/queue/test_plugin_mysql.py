"""The plugin's queues in Matomo's database: read, locked and emptied beside PHP."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine, text

from qtd.db.engine import open_engine
from qtd.db.transaction import writing
from qtd.errors import BrokerUnavailable, ConfigurationError, LockLost, QueueChanged, SchemaError
from qtd.queue.contract import Lock
from qtd.queue.plugin_mysql import PluginMysqlQueues
from qtd.wire.request_set import decode
from tests.servers.mariadb import MariaDbServer
from tests.servers.plugin_tables import PluginTables
from tests.servers.process import free_port

PREFIX = "matomo_"
GOLDEN = json.loads((Path(__file__).parents[2] / "data" / "php" / "entries.json").read_text(encoding="utf-8"))
#: What PHP itself compressed.
ENTRIES = [base64.b64decode(packed) for _, packed, _ in GOLDEN]


@pytest.fixture
def engine(mariadb_url: str) -> Iterator[Engine]:
    """Give Matomo's database."""
    opened = open_engine(mariadb_url)
    yield opened
    opened.dispose()


@pytest.fixture
def plugin(engine: Engine) -> PluginTables:
    """Give the plugin's side of it."""
    return PluginTables(engine, PREFIX)


def queues(engine: Engine) -> PluginMysqlQueues:
    """Open ours."""
    return PluginMysqlQueues(engine, prefix=PREFIX)


def test_what_the_plugin_queued_is_read_and_removed(engine: Engine, plugin: PluginTables) -> None:
    """In its order and with its bytes; queues that it has not used are empty, and other installations' not there."""
    plugin.push(0, ENTRIES)
    plugin.push(3, ENTRIES[:1])
    PluginTables(engine, "other_").push(7, ENTRIES)
    ours = queues(engine)
    ours.ping()
    assert ours.lengths() == [len(ENTRIES), 0, 0, 1]
    assert ours.read(0, 2) == ENTRIES[:2]
    assert ours.read(0, 1000) == ENTRIES
    assert [decode(stored).id for stored in ours.read(0, 1000)] == [None] * len(ENTRIES)
    assert ours.read(1, 10) == ours.read(3, 0) == []
    lock = ours.acquire(0, 60)
    assert lock is not None
    ours.trim(lock, [])
    ours.trim(lock, ENTRIES[:2])
    assert plugin.waiting(0) == ENTRIES[2:]
    assert plugin.waiting(3) == ENTRIES[:1]


def test_only_what_was_read_is_removed(engine: Engine, plugin: PluginTables) -> None:
    """A lower number that is committed later, or a processor that was faster, changes the head: nothing is removed."""
    plugin.push(0, ENTRIES[:4])
    ours = queues(engine)
    lock = ours.acquire(0, 60)
    assert lock is not None
    read = ours.read(0, 2)
    with writing(engine) as connection:
        connection.execute(
            text(f"INSERT INTO {plugin.list_of(0)} VALUES (0, 'late') ")
        )  # 0 takes the next number
        connection.execute(text(f"UPDATE {plugin.list_of(0)} SET idqueuelist = 0 WHERE list_value = 'late'"))
    with pytest.raises(QueueChanged):
        ours.trim(lock, read)
    assert len(plugin.waiting(0)) == 5
    ours.trim(lock, [b"late", *read])
    with pytest.raises(QueueChanged):
        ours.trim(lock, ENTRIES[:3])
    assert plugin.waiting(0) == ENTRIES[2:4]


def test_locks_keep_the_plugin_out_and_the_plugins_us(engine: Engine, plugin: PluginTables) -> None:
    """Under its keys, by the database's clock; a lock that is over is anyone's, and nobody touches another's."""
    ours = queues(engine)
    plugin.lock(1, "0123456789ab", 60)
    plugin.lock(2, "0123456789ab", -1)
    assert ours.acquire(1, 60) is None
    taken = [ours.acquire(0, 60), ours.acquire(2, 60)]
    assert all(taken)
    assert ours.acquire(0, 60) is None
    assert plugin.holders() == {
        "QueuedTrackingLock1": "0123456789ab",
        **{f"QueuedTrackingLock{lock.queue}": lock.token for lock in taken if lock},
    }
    foreign = Lock(queue=1, token="ba9876543210")
    assert not ours.release(foreign)
    with pytest.raises(LockLost):
        ours.extend(foreign, 60)
    with pytest.raises(LockLost):
        ours.trim(foreign, [b"x"])
    assert taken[0] is not None
    ours.extend(taken[0], 3600)
    assert ours.release(taken[0])
    assert not ours.release(taken[0])
    assert ours.acquire(0, 60) is not None


def test_a_lock_that_is_over_is_lost(engine: Engine, plugin: PluginTables) -> None:
    """Though nobody has taken it yet: a processor of the plugin may any moment."""
    plugin.push(0, ENTRIES[:1])
    ours = queues(engine)
    lock = ours.acquire(0, 60)
    assert lock is not None
    plugin.lock(0, lock.token, -1)
    with pytest.raises(LockLost):
        ours.trim(lock, ENTRIES[:1])
    with pytest.raises(LockLost):
        ours.extend(lock, 60)
    assert not ours.release(lock)
    assert plugin.waiting(0) == ENTRIES[:1]


def test_a_database_without_the_plugin_is_said_to_be_so(mariadb_url: str) -> None:
    """The prefix may be wrong, so it is named; SQLite never has the plugin's tables."""
    engine = open_engine(mariadb_url)
    with pytest.raises(SchemaError, match="no table matomo_queuedtracking_queue"):
        queues(engine).ping()
    engine.dispose()
    with pytest.raises(ConfigurationError, match="MySQL or MariaDB"):
        queues(open_engine("sqlite:////nowhere/at/all.sqlite3"))


def test_a_database_that_is_away_is_a_broker_that_is_away(mariadb_server: MariaDbServer) -> None:
    """Whoever empties the queues waits for it."""
    url = mariadb_server.url("any").replace(str(mariadb_server.port), str(free_port()))
    engine = open_engine(url)
    with pytest.raises(BrokerUnavailable, match="database: "):
        queues(engine).lengths()
    engine.dispose()
