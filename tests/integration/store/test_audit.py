"""An audit finds what does not add up, and nothing else."""

from __future__ import annotations

import pytest
from sqlalchemy import Engine

from qtd.store.audit import Audit, Check, Difference, audit
from qtd.store.counters import Counters
from qtd.store.dead_letters import DeadLetters, Selection
from qtd.store.drop import drop
from tests.fake_clock import FakeClock
from tests.integration.store.rows import NOW, rows, run
from tests.integration.store.test_counters import MINUTE
from tests.integration.store.test_dead_letters import retry
from tests.integration.store.test_native import entry, native

LATER = FakeClock(NOW + 3600)


def audited(engine: Engine, *, since: int = MINUTE - 60, others_write: bool = False) -> Audit:
    """Audit as the command does."""
    counters = Counters(engine, "m_", clock=LATER, days=14)
    return audit(engine, "m_", counters=counters, since=since, others_write=others_write)


@pytest.fixture
def recorded(engine: Engine) -> Engine:
    """Give a database with traffic of five minutes: recorded, excluded, dead, given up, tried again."""
    clock = FakeClock(NOW + 300)
    worker = native(engine, clock=clock)
    worker.record(0, [entry(number) for number in range(0, 300, 7)], fence=None)
    worker.record(
        1, [entry(8, site=9), b"{broken", entry(130, agent="bug"), entry(131, agent="bug")], fence=None
    )
    letters = list(DeadLetters(engine, "m_").select(Selection()))
    drop(engine, DeadLetters(engine, "m_"), Counters(engine, "m_", clock=clock, days=14), letters[:2])
    retry(engine, clock).retry(letters[2])
    return engine


def test_undisturbed_traffic_adds_up(recorded: Engine) -> None:
    """Rules, dead letters, those dropped and those tried again included; of minutes before nothing is said."""
    found = audited(recorded)
    assert found.differences == ()
    assert found.sites[1]["taken"] == 45  # type: ignore[index]
    assert found.sites[0] == {
        "taken": 2, "recorded": 0, "excluded": 1, "dead": 0, "dropped": 1, "visits": 0, "actions": 0,
    }  # fmt: skip
    later = audited(recorded, since=MINUTE + 1)
    assert later.differences == ()
    assert later.sites[1]["taken"] < 45  # type: ignore[index]


def test_each_loss_is_named_with_site_minute_and_stage(recorded: Engine) -> None:
    """A row that vanished, a row too many, a letter that vanished, a request that came to nothing."""
    ((last,),) = rows(
        recorded, "SELECT MAX(idlink_va) FROM m_log_link_visit_action WHERE server_time < '2026-11-10 10:01'"
    )
    run(recorded, "DELETE FROM m_log_link_visit_action WHERE idlink_va = :last", last=last)
    run(recorded, "DELETE FROM m_qtd_dead_letter")
    run(recorded, f"UPDATE m_qtd_counter SET taken = taken + 2 WHERE minute = {MINUTE + 3} AND queue = 0")
    found = audited(recorded)
    ((actions,),) = rows(
        recorded, f"SELECT SUM(actions) FROM m_qtd_counter WHERE idsite = 1 AND minute = {MINUTE}"
    )
    outcome = next(one for one in found.differences if one.check is Check.OUTCOME)
    assert found.differences == (
        Difference(
            idsite=1, minute=MINUTE, check=Check.ACTIONS, counted=int(actions), found=int(actions) - 1
        ),
        Difference(idsite=1, minute=MINUTE + 2, check=Check.DEAD_LETTERS, counted=1, found=0),
        Difference(
            idsite=1,
            minute=MINUTE + 3,
            check=Check.OUTCOME,
            counted=outcome.counted,
            found=outcome.counted - 2,
        ),
    )


def test_rows_of_others_are_a_fault_unless_they_are_expected(recorded: Engine) -> None:
    """Who lets Matomo's own tracker write, too, says so; rows that are missing remain a fault."""
    native(recorded, clock=FakeClock(NOW + 300)).record(5, [entry(20)], fence=None)
    run(recorded, "DELETE FROM m_qtd_counter WHERE queue = 5")
    assert [one.check for one in audited(recorded).differences] == [Check.ACTIONS]
    assert audited(recorded, others_write=True).differences == ()
    run(recorded, "DELETE FROM m_log_visit")
    assert {one.check for one in audited(recorded, others_write=True).differences} == {Check.VISITS}
