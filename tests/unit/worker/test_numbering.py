"""Whoever reads the queues brings their number to what is wanted, or follows it."""

from __future__ import annotations

from collections.abc import Sequence
from threading import Event

import pytest

from qtd.engine.settings import Settings
from qtd.errors import BrokerUnavailable, QueuesBusy
from qtd.log.events.queues import QueuesResized, QueuesResizing
from qtd.queue.contract import MOST_QUEUES, Numbering
from qtd.queue.memory import MemoryQueues
from qtd.queue.moving import queues_needed
from qtd.queue.resize import Resize, tokens
from qtd.queue.routing import Router
from qtd.wire.request_set import RequestSet, encode
from qtd.worker.numbering import AGAIN_SECONDS, NumberOfQueues, NumberWatch
from tests.fake_clock import FakeClock
from tests.kept_log import KeptLog


def entry(number: int) -> bytes:
    """An entry of visitor `number`."""
    return encode(
        RequestSet(
            requests=[{"_id": f"{number:03x}0000000000000"}],
            server={"REMOTE_ADDR": "192.0.2.1"},
            cookies={},
            token_auth=False,
            time=1,
        )
    )


def route_to(count: int) -> Router:
    """The way to so many queues."""
    return Router(count=count, settings=Settings, zero_ids_by_address=False)


def all_of_them(_queue: int, stored: Sequence[bytes]) -> Sequence[bytes]:
    """None was applied."""
    return stored


class Case:
    """Four queues with the entries of eight visitors."""

    def __init__(self) -> None:
        self.clock, self.log, self.stop = FakeClock(), KeptLog(), Event()
        self.queues = MemoryQueues(count=4, clock=self.clock)
        self.queues.adopt(Numbering(count=4))
        self.queues.push_in_force([(number % 4, entry(number)) for number in range(8)])
        self.numbers = NumberOfQueues(
            self.queues,
            route_to=route_to,
            unapplied=lambda: all_of_them,
            clock=self.clock,
            logger=self.log,
        )

    def settle(self, wanted: int | None) -> tuple[int, list[int]]:
        """Settle, and return how many queues there are and what is in them."""
        queues = self.numbers.settle(wanted, self.stop, wait_seconds=5)
        assert queues is not None
        return queues.count, queues.lengths()

    def abandon(self, count: int) -> None:
        """Begin a change and die."""
        resize = Resize(
            self.queues.with_count(queues_needed(count), tokens(count)),
            count=count,
            route=route_to(count).route,
            unapplied=all_of_them,
            clock=self.clock,
        )
        resize.begin(present=4, wait_seconds=5)


@pytest.fixture
def case() -> Case:
    """Give one."""
    return Case()


def test_a_number_that_is_in_force_needs_nothing(case: Case) -> None:
    """Nor does none in particular."""
    assert case.settle(4) == case.settle(None) == (4, [2, 2, 2, 2])
    assert case.log.events == []


def test_the_wanted_number_is_brought_about(case: Case) -> None:
    """And told: that it begins, and what was moved."""
    assert case.settle(8) == (8, [1] * 8)
    assert case.queues.numbering() == Numbering(count=8)
    assert case.log.of(QueuesResizing) == [QueuesResizing(queues=8)]
    assert case.log.of(QueuesResized) == [QueuesResized(queues=8, entries=8, moved=4, seconds=0.0)]


def test_what_was_left_behind_comes_to_its_end_first(case: Case) -> None:
    """Whoever finds it waits until it is nobody's turn any more, and goes on."""
    case.abandon(7)
    began = case.clock.now()
    assert case.settle(None)[0] == 7
    assert 15 <= case.clock.now() - began <= 60
    case.abandon(8)
    assert case.settle(2) == (2, [4, 4])
    assert [event.queues for event in case.log.of(QueuesResized)] == [7, 8, 2]


def test_somebody_who_keeps_a_queue_keeps_the_number(case: Case) -> None:
    """It is said who; nothing has changed, and the others may go on."""
    lock = case.queues.with_count(4, lambda: "0123456789ab:worker-2@web").acquire(3, 600)
    assert lock is not None
    with pytest.raises(QueuesBusy, match="queue 3 is locked by worker-2@web"):
        case.settle(8)
    assert case.settle(None) == (4, [2, 2, 2, 2])
    assert case.queues.numbering() == Numbering(count=4)
    assert [held.queue for held in case.queues.locks()] == [3]


def test_who_is_told_to_stop_does_not_wait(case: Case) -> None:
    """For somebody else's change."""
    assert case.queues.with_count(MOST_QUEUES + 1).acquire(MOST_QUEUES, 10**6)
    case.queues.renumber(Numbering(count=4, target=8))
    case.stop.set()
    assert case.numbers.settle(None, case.stop) is None


def test_the_watch_sees_a_change_when_it_is_announced(case: Case) -> None:
    """Within a second, and for good; a broker that is away is no change."""
    watch = NumberWatch(case.queues, case.clock)
    assert watch()
    case.queues.renumber(Numbering(count=4, target=8))
    assert watch(), "not asked again at once"
    case.clock.advance(1)
    case.queues.become("away")
    assert watch()
    case.queues.become(None)
    case.clock.advance(1)
    assert not watch()
    case.queues.renumber(Numbering(count=4))
    case.clock.advance(1)
    assert not watch()


def test_a_number_that_could_not_be_had_is_tried_again(case: Case) -> None:
    """After some minutes."""
    watch = NumberWatch(case.queues, case.clock, wanted=8)
    case.clock.advance(AGAIN_SECONDS - 1)
    assert watch()
    case.clock.advance(1)
    assert not watch()


def test_a_broker_that_is_away_is_for_the_caller(case: Case) -> None:
    """Who waits for it, and calls again."""
    case.queues.become("away")
    with pytest.raises(BrokerUnavailable):
        case.settle(8)
    case.queues.become(None)
    assert case.settle(8)[0] == 8
