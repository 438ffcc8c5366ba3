"""Faults that pass, on a real server: the batch is given up as a whole, nobody is to blame, and it succeeds later."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pymysql
import pytest
from sqlalchemy import Engine, text

from qtd.db.transaction import writing
from qtd.errors import DatabaseConflict, DatabaseUnavailable
from qtd.store.dead_letters import DeadLetters
from tests.integration.store.rows import rows
from tests.integration.store.test_counters import counted
from tests.integration.store.test_native import entry, native, pages
from tests.servers.waiting import until


def somebody_waits_for_a_lock(engine: Engine) -> bool:
    """Whether any transaction of the server does."""
    ((_, waiting),) = rows(engine, "SHOW GLOBAL STATUS LIKE 'Innodb_row_lock_current_waits'")
    return bool(waiting != "0")


def test_a_deadlock_abandons_the_batch_at_once(mariadb: Engine) -> None:
    """Of a batch and a heavier transaction the server gives up the batch (1213): no halving, no dead letter, no row."""
    worker = native(mariadb)
    fence = worker.fence(0)
    worker.record(0, [entry(1)], fence=fence)
    before = counted(mariadb)
    batch = [entry(2), b"{broken", entry(3)]
    with ThreadPoolExecutor(1) as thread:
        with writing(mariadb) as other:
            many = [{"name": f"{number}"} for number in range(300)]
            other.execute(text("INSERT INTO m_option (option_name, option_value) VALUES (:name, '')"), many)
            other.execute(text("UPDATE m_log_visit SET visit_total_time = 99"))
            recording = thread.submit(worker.record, 0, batch, fence=fence)
            until(lambda: somebody_waits_for_a_lock(mariadb), "the batch waits for the visit")
            other.execute(text("UPDATE m_qtd_ledger SET time = time"))
        with pytest.raises(DatabaseConflict, match="1213"):
            recording.result(30)
    assert pages(mariadb) == ["1"]
    assert DeadLetters(mariadb, "m_").count() == 0
    assert counted(mariadb) == before
    result = worker.record(0, batch, fence=fence)
    assert (result.recorded, result.dead, result.repeated) == (2, 1, 0)
    assert pages(mariadb) == ["1", "2", "3"]


@pytest.mark.parametrize("committed", [True, False])
def test_a_commit_whose_end_is_not_known_is_done_once(
    mariadb: Engine, monkeypatch: pytest.MonkeyPatch, *, committed: bool
) -> None:
    """The connection is lost during the commit (2013): the next attempt finds out whether it took place."""
    worker = native(mariadb)
    commit, count = mariadb.dialect.do_commit, worker._counters.add

    def add(*given: Any) -> None:
        """Count, which is the last statement before the batch's commit."""
        count(*given)
        patch.setattr(mariadb.dialect, "do_commit", lost)

    def lost(connection: Any) -> None:
        if committed:
            commit(connection)
        raise pymysql.err.OperationalError(2013, "Lost connection to MySQL server during query")

    fence = worker.fence(0)
    with monkeypatch.context() as patch:
        patch.setattr(worker._counters, "add", add)
        with pytest.raises(DatabaseUnavailable, match="2013"):
            worker.record(0, [entry(1), b"{broken"], fence=fence)
    result = worker.record(0, [entry(1), b"{broken", entry(2)], fence=fence)
    assert (result.recorded, result.dead, result.repeated) == ((1, 0, 2) if committed else (2, 1, 0))
    assert pages(mariadb) == ["1", "2"]
    assert DeadLetters(mariadb, "m_").count() == 1


def test_a_connection_lost_in_the_middle_is_no_reason_to_bury(
    mariadb: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The server ends the session between two statements of the batch; nothing of it stays."""
    worker = native(mariadb)
    fence = worker.fence(0)
    remember = worker._ledger.remember

    def killed(connection: Any, *given: Any) -> None:
        connection.execute(text("KILL CONNECTION_ID()"))
        remember(connection, *given)

    with monkeypatch.context() as patch:
        patch.setattr(worker._ledger, "remember", killed)
        with pytest.raises(DatabaseUnavailable):
            worker.record(0, [entry(1), b"{broken"], fence=fence)
    assert (pages(mariadb), DeadLetters(mariadb, "m_").count()) == ([], 0)
    assert worker.record(0, [entry(1)], fence=fence).recorded == 1
