from __future__ import annotations

import pytest
from sqlalchemy import Engine

from qtd.db.transaction import writing
from qtd.errors import DatabaseConflict
from qtd.store.dead_letters import Buried, DeadLetters, Selection
from qtd.store.ledger import Ledger, digest
from tests.fake_clock import FakeClock
from tests.integration.store.rows import rows


def ledger(engine: Engine, keep: int = 1000, clock: FakeClock | None = None) -> Ledger:
    """The ledger as one worker has it; identities are kept for an hour."""
    return Ledger(engine, "m_", clock=clock or FakeClock(), keep=keep, seconds=3600)


def apply(engine: Engine, one: Ledger, queue: int, *names: str) -> None:
    """Apply entries that are not applied yet."""
    digests = [digest(name) for name in names]
    one.applied(queue, digests)
    with writing(engine) as connection:
        one.advance(connection, queue, entries=len(digests))
        one.remember(connection, queue, digests)
    one.committed(queue, digests)


def test_applied_entries_are_known_to_all_workers(engine: Engine) -> None:
    """To the one that applied them, to one that was there before, and to one that comes later; per queue."""
    first, second = ledger(engine), ledger(engine)
    assert second.applied(0, [digest("a")]) == set()
    apply(engine, first, 0, "a", "b")
    apply(engine, first, 0, "c")
    wanted = [digest(name) for name in ("a", "c", "x")]
    for one in (first, second, ledger(engine)):
        assert one.applied(0, wanted) == {digest("a"), digest("c")}
        assert one.applied(1, wanted) == set()


def test_two_workers_with_one_queue_do_not_both_commit(engine: Engine) -> None:
    """Whoever looked before the other's commit is told to start over; then he knows."""
    first, second = ledger(engine), ledger(engine)
    for one in (first, second):
        one.applied(0, [])
    apply(engine, first, 0, "a")
    with pytest.raises(DatabaseConflict), writing(engine) as connection:
        second.advance(connection, 0, entries=1)
    assert second.applied(0, [digest("a")]) == {digest("a")}


def test_a_rollback_leaves_nothing(engine: Engine) -> None:
    """The ledger goes with the rows."""
    one = ledger(engine)
    one.applied(0, [])
    with pytest.raises(RuntimeError), writing(engine) as connection:  # noqa: PT012 - a transaction that fails
        one.advance(connection, 0, entries=1)
        one.remember(connection, 0, [digest("a")])
        raise RuntimeError
    one.forget(0)
    assert one.applied(0, [digest("a")]) == set()
    apply(engine, one, 0, "a")
    assert rows(engine, "SELECT batches, entries FROM m_qtd_ledger") == [(1, 1)]


def test_a_database_restored_to_an_earlier_state_is_believed(engine: Engine) -> None:
    """What the database does not know was not applied, whatever this worker remembers."""
    one = ledger(engine)
    apply(engine, one, 0, "a")
    with writing(engine) as connection:
        connection.exec_driver_sql("DELETE FROM m_qtd_ledger")
        connection.exec_driver_sql("DELETE FROM m_qtd_ledger_batch")
    assert one.applied(0, [digest("a")]) == set()
    apply(engine, one, 0, "a")


def test_it_is_bounded(engine: Engine) -> None:
    """The oldest go, in memory and in the table; the newest stay."""
    one = ledger(engine, keep=50)
    for number in range(100):
        apply(engine, one, 0, f"{number}a", f"{number}b")
    ((kept,),) = rows(engine, "SELECT SUM(LENGTH(identities)) / 16 FROM m_qtd_ledger_batch")
    assert 50 <= kept <= 50 + 2 * 32
    assert one.applied(0, [digest("99a")])
    assert not one.applied(0, [digest("0a")])
    assert rows(engine, "SELECT batches, entries FROM m_qtd_ledger") == [(100, 200)]


def test_it_forgets_with_time(engine: Engine) -> None:
    """What is older than the time for which identities are kept goes, however few they are; what is younger stays."""
    clock = FakeClock()
    one = ledger(engine, clock=clock)
    apply(engine, one, 0, "old")
    clock.advance(1800)
    for number in range(30):
        apply(engine, one, 0, f"{number}")
    clock.advance(1801)
    apply(engine, one, 0, "new")
    for known in (one, ledger(engine, clock=clock)):
        assert known.applied(0, map(digest, ("old", "0", "29", "new"))) == set(
            map(digest, ("0", "29", "new"))
        )


def test_dead_letters_keep_the_bytes(engine: Engine) -> None:
    """As they were stored, with cause, time and version, in the order in which they died."""
    letters = DeadLetters(engine, "m_")
    with writing(engine) as connection:
        letters.add(
            connection,
            2,
            [
                Buried(entry=b"\0\xff{", cause="no JSON", places={(1, 29_905_080): 2, (7, 29_905_080): 1}),
                Buried(entry=b"", cause="x" * 400, places={(0, 29_905_080): 1}),
            ],
            now=1_794_304_800.7,
        )
    one, two = letters.select(Selection())
    assert (one.queue, one.entry, one.cause, one.time, one.attempts) == (
        2,
        b"\0\xff{",
        "no JSON",
        1_794_304_800,
        1,
    )
    assert one.version
    assert len(two.cause) == 255
    assert (one.requests, one.places) == (3, {(1, 29_905_080): 2, (7, 29_905_080): 1})
    assert list(letters.select(Selection(ids=[two.id]))) == [two]
    assert list(letters.select(Selection(cause="no JSON"))) == [one]
    assert list(letters.select(Selection(limit=1))) == [one]
    assert letters.count() == 2
