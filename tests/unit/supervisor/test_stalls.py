"""Workers that run but do not get on."""

from __future__ import annotations

from dataclasses import replace

from qtd.supervisor.demand import Demand
from qtd.supervisor.stalls import Stall, Stalls
from tests.unit.supervisor.fakes import demand


def found(stalls: Stalls, now: float, what: Demand, *, running: tuple[int, ...] = (1, 2)) -> list[Stall]:
    """The stalls of two workers."""
    return list(stalls.find(what, now, share=2, running=running))


def test_a_head_that_stays_is_its_workers_stall() -> None:
    """After the patience is over; queue 2 of two workers' is worker 1's."""
    stalls = Stalls(30)
    waits = demand(0, 0, 5, heads="xxa")
    assert found(stalls, 0, waits) == []
    assert found(stalls, 29, waits) == []
    assert found(stalls, 30, waits) == [Stall(queue=2, seconds=30, worker=1)]


def test_patience_doubles_until_the_queue_gets_on() -> None:
    """A worker that restarts in vain is left ever longer; a new head begins anew."""
    stalls = Stalls(30)
    waits = demand(5, heads="a")
    times = [now for now in range(400) if found(stalls, now, waits)]
    assert times == [30, 90, 210]
    moved = demand(5, heads="b")
    assert [now for now in range(400, 440) if found(stalls, now, moved)] == [430]


def test_an_empty_queue_is_no_stall() -> None:
    """Nor one that was empty in between."""
    stalls = Stalls(30)
    for now in range(0, 100, 10):
        assert found(stalls, now, demand(5 if now % 20 else 0, heads="a")) == []


def test_a_worker_that_does_not_run_is_not_to_blame() -> None:
    """It is started by whoever starts workers; when it runs, the stall is its."""
    stalls = Stalls(30)
    waits = demand(0, 5, heads="xa")
    found(stalls, 0, waits)
    assert found(stalls, 40, waits, running=(1,)) == []
    assert [stall.worker for stall in found(stalls, 41, waits)] == [2]


def test_a_lock_that_never_expires_is_nobodys_fault() -> None:
    """No worker can take the queue: that is told, and nobody is restarted."""
    stalls = Stalls(30)
    held = Demand(queues=(replace(demand(5).queues[0], held_for_ever=True),))
    found(stalls, 0, held)
    assert found(stalls, 30, held) == [Stall(queue=0, seconds=30, worker=None)]


def test_forgiven_is_forgotten() -> None:
    """After an outage the patience begins anew."""
    stalls = Stalls(30)
    waits = demand(5, heads="a")
    found(stalls, 0, waits)
    stalls.forgive()
    assert found(stalls, 30, waits) == []
    assert found(stalls, 60, waits) != []
