from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from zlib import crc32

import pymysql
import pytest
from sqlalchemy import Engine

from qtd.db.engine import open_engine
from qtd.db.transaction import reading, writing
from qtd.engine.action import ActionName
from qtd.store.actions import Actions
from qtd.store.columns import read_tables
from qtd.store.recorder import dialect_of
from tests.fake_clock import FakeClock
from tests.integration.store.rows import rows, run


def actions_of(engine: Engine) -> Actions:
    """The actions as one worker has them."""
    with reading(engine) as connection:
        table = read_tables(connection, "m_", ["log_action"])["log_action"]
    return Actions(engine, table, dialect_of(engine), clock=FakeClock())


def resolve(engine: Engine, actions: Actions, *names: ActionName) -> dict[ActionName, int]:
    """Resolve names in a transaction."""
    with writing(engine) as connection:
        return actions.identifiers(connection, dict.fromkeys(names))


def insert(engine: Engine, kind: int, name: str) -> None:
    """Insert an action as PHP does."""
    run(
        engine,
        "INSERT INTO m_log_action (name, hash, type) VALUES (:name, :hash, :kind)",
        name=name,
        hash=crc32(name.encode()),
        kind=kind,
    )


def test_names_that_are_there_are_found(engine: Engine) -> None:
    """By type and exact name; of rows that are there twice the lowest identifier counts."""
    for kind, name in ((1, "a"), (4, "a"), (1, "A"), (1, "a"), (1, "é")):
        insert(engine, kind, name)
    found = resolve(engine, actions_of(engine), (1, "a"), (4, "a"), (1, "A"), (1, "é"))
    assert found == {(1, "a"): 1, (4, "a"): 2, (1, "A"): 3, (1, "é"): 5}
    assert rows(engine, "SELECT COUNT(*) FROM m_log_action") == [(5,)]


def test_missing_names_are_inserted_as_php_would(engine: Engine) -> None:
    """With the CRC32 of their UTF-8 bytes, and the prefix of the address."""
    actions = actions_of(engine)
    with writing(engine) as connection:
        found = actions.identifiers(connection, {(1, "example.org/é"): 3, (4, "Title"): None})
    assert rows(engine, "SELECT idaction, name, hash, type, url_prefix FROM m_log_action ORDER BY type") == [
        (found[1, "example.org/é"], "example.org/é", crc32("example.org/é".encode()), 1, 3),
        (found[4, "Title"], "Title", crc32(b"Title"), 4, None),
    ]


def test_names_with_equal_hashes_are_told_apart(engine: Engine) -> None:
    """CRC32 has collisions; the name decides."""
    assert crc32(b"plumless") == crc32(b"buckeroo")
    found = resolve(engine, actions_of(engine), (1, "plumless"), (1, "buckeroo"))
    assert len(set(found.values())) == 2
    assert resolve(engine, actions_of(engine), (1, "buckeroo")) == {(1, "buckeroo"): found[1, "buckeroo"]}


def test_a_rollback_takes_the_cache_back(engine: Engine) -> None:
    """What was resolved in a transaction that failed is resolved again, and right."""
    actions = actions_of(engine)
    with pytest.raises(RuntimeError), writing(engine) as connection:  # noqa: PT012 - a transaction that fails
        actions.identifiers(connection, {(1, "a"): None})
        raise RuntimeError
    actions.forget()
    found = resolve(engine, actions, (1, "a"))
    assert rows(engine, "SELECT idaction FROM m_log_action") == [(found[1, "a"],)]


def test_known_names_ask_the_database_nothing(engine: Engine) -> None:
    """The second batch with the same names needs no statement."""
    actions = actions_of(engine)
    first = resolve(engine, actions, (1, "a"), (4, "b"))
    run(engine, "DELETE FROM m_log_action")
    assert resolve(engine, actions, (1, "a"), (4, "b")) == first


def test_workers_that_insert_the_same_names_at_once_end_with_one_row_each(
    tables_in_mariadb: str, mariadb: Engine
) -> None:
    """Ten rounds of four workers with the same thirty new names: no duplicates, no deadlock, equal answers."""
    engines = [open_engine(tables_in_mariadb) for _ in range(4)]
    workers = [actions_of(engine) for engine in engines]
    barrier = threading.Barrier(len(workers))

    def work(number: int, round_: int) -> dict[ActionName, int]:
        names = [(1, f"example.org/{round_}/{page}") for page in range(30)]
        if number % 2:
            names.reverse()
        barrier.wait()
        return resolve(engines[number], workers[number], *names)

    with ThreadPoolExecutor(len(workers)) as threads:
        for round_ in range(10):
            answers = list(threads.map(work, range(len(workers)), [round_] * len(workers)))
            assert all(answer == answers[0] for answer in answers)
    counted = rows(mariadb, "SELECT COUNT(*), COUNT(DISTINCT name) FROM m_log_action")
    assert counted == [(300, 300)]
    for engine in engines:
        engine.dispose()


@contextmanager
def php(mariadb_url: str, *, autocommit: bool) -> Iterator[pymysql.cursors.Cursor]:
    """A connection as PHP's, at REPEATABLE READ."""
    url = open_engine(mariadb_url).url
    connection = pymysql.connect(
        host=url.host or "", port=url.port or 0, user="root", database=url.database, autocommit=autocommit
    )
    with connection, connection.cursor() as cursor:
        yield cursor


def php_action(cursor: pymysql.cursors.Cursor, name: str) -> int:
    """Find or make an action with the steps that Matomo takes: look, insert, look again, delete the late one."""
    same = "hash = CRC32(%s) AND name = %s AND type = 1"
    look = f"SELECT idaction FROM m_log_action WHERE {same} ORDER BY idaction LIMIT 1"
    if cursor.execute(look, (name, name)):
        return int(cursor.fetchone()[0])  # type: ignore[index]
    cursor.execute("INSERT INTO m_log_action (name, hash, type) VALUES (%s, CRC32(%s), 1)", (name, name))
    own = cursor.lastrowid
    cursor.execute(look, (name, name))
    first = int(cursor.fetchone()[0])  # type: ignore[index]
    if first != own:
        cursor.execute("DELETE FROM m_log_action WHERE idaction = %s", (own,))
    return first


def test_php_beside_us_ends_with_one_row_too(tables_in_mariadb: str, mariadb: Engine) -> None:
    """A hundred new names, each wanted by PHP and by us in the same moment."""
    worker = actions_of(mariadb)
    barrier = threading.Barrier(2)
    names = [f"example.org/{number}" for number in range(100)]

    def matomo() -> list[int]:
        with php(tables_in_mariadb, autocommit=True) as cursor:
            found = []
            for name in names:
                barrier.wait()
                found.append(php_action(cursor, name))
            return found

    def we() -> list[int]:
        found = []
        for name in names:
            barrier.wait()
            found.append(resolve(mariadb, worker, (1, name))[1, name])
        return found

    with ThreadPoolExecutor(2) as threads:
        theirs, ours = threads.submit(matomo), threads.submit(we)
        assert theirs.result() == ours.result()
    assert rows(mariadb, "SELECT COUNT(*), COUNT(DISTINCT name) FROM m_log_action") == [(100, 100)]


def test_what_php_has_not_committed_yet_is_waited_for(tables_in_mariadb: str, mariadb: Engine) -> None:
    """Within a bulk request PHP's row is invisible until its commit; then its lower identifier counts."""
    worker = actions_of(mariadb)
    with php(tables_in_mariadb, autocommit=False) as cursor, ThreadPoolExecutor(1) as threads:
        theirs = php_action(cursor, "example.org/bulk")
        ours = threads.submit(resolve, mariadb, worker, (1, "example.org/bulk"))
        _until_waiting(mariadb)
        cursor.connection.commit()
        assert ours.result() == {(1, "example.org/bulk"): theirs}
    assert rows(mariadb, "SELECT idaction FROM m_log_action") == [(theirs,)]


def _until_waiting(engine: Engine) -> None:
    """Return when somebody waits for a lock; InnoDB's table is refreshed if nobody looked for 0.1 seconds."""
    pause = threading.Event()
    for _ in range(50):
        pause.wait(0.15)
        if rows(engine, "SELECT 1 FROM information_schema.innodb_trx WHERE trx_state = 'LOCK WAIT'"):
            return
    raise AssertionError("nobody waits")
