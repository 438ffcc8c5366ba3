"""What the broker does not take goes to the spool, and nothing overtakes it there."""

from __future__ import annotations

import queue
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from threading import Event, Semaphore

import pytest

from qtd.errors import BrokerUnavailable, NotAllPushed, QtdError, QueuesRenumbered
from qtd.ingest.coalescer import Coalescer
from qtd.ingest.http_server import health
from tests.unit.ingest.spooling import Ground


class Pushing:
    """A coalescer over a spool, with what it told."""

    def __init__(self, ground: Ground, *, max_bytes: int = 2**20) -> None:
        self.ground = ground
        self.spool = ground.spool(max_bytes=max_bytes)
        self.calls: queue.Queue[Callable[[], None]] = queue.Queue()
        self.failed: list[int] = []
        #: of queues, as the loop was told
        self.numbers: list[int] = []
        self.told: list[tuple[QtdError | None, bool]] = []
        self.held = Semaphore(0)
        self.begun = Event()
        self.hold = False
        self.coalescer = Coalescer(
            self._push,
            call_soon=self.calls.put,
            failed=lambda _error, entries: self.failed.append(entries),
            spool=self.spool,
            queues=4,
            numbers=ground.broker,
            renumbered=self.numbers.append,
            monotonic=ground.clock.monotonic,
        )

    def send(self, *entries: tuple[int, bytes]) -> tuple[QtdError | None, bool]:
        """Submit entries and return what is told of them."""
        self.submit(*entries)
        return self.next()

    def submit(self, *entries: tuple[int, bytes]) -> None:
        """Submit entries."""
        self.coalescer.submit(entries, lambda error, spooled: self.told.append((error, spooled)))

    def next(self) -> tuple[QtdError | None, bool]:
        """Wait for the next batch to be told."""
        self.calls.get(timeout=20)()
        return self.told[-1]

    def _push(self, entries: Sequence[tuple[int, bytes]], count: int) -> None:
        if self.hold:
            self.begun.set()
            assert self.held.acquire(timeout=20)
        self.ground.broker.push(entries, count)


@pytest.fixture
def pushing(tmp_path: Path) -> Iterator[Pushing]:
    """Give a coalescer over an empty spool."""
    ground = Ground(tmp_path / "spool")
    pushing = Pushing(ground)
    yield pushing
    assert pushing.coalescer.close(20)
    ground.die()


def test_a_push_that_fails_is_spooled_and_later_ones_stay_behind_it(pushing: Pushing) -> None:
    """The order gate: the broker is back, but nothing overtakes what waits; other queues are not concerned."""
    broker = pushing.ground.broker
    assert pushing.send((0, b"0")) == (None, False)
    broker.away = {0}
    assert pushing.send((0, b"1")) == (None, True)
    broker.away = set()
    assert pushing.send((0, b"2"), (1, b"x")) == (None, True)
    assert broker.queues == {0: [b"0"], 1: [b"x"]}
    assert pushing.spool.drain() == 0
    assert pushing.send((0, b"3")) == (None, False)
    assert broker.queues == {0: [b"0", b"1", b"2", b"3"], 1: [b"x"]}
    assert pushing.failed == []


def test_a_push_that_hangs_is_spooled_in_time(pushing: Pushing) -> None:
    """After the deadline its clients are told; its thread is left behind, and the next entries do not wait for it."""
    pushing.hold = True
    pushing.submit((0, b"0"))
    assert pushing.begun.wait(20)
    pushing.submit((0, b"1"))
    pushing.ground.clock.advance(1.9)
    pushing.coalescer.check()
    assert pushing.calls.empty()
    pushing.ground.clock.advance(0.2)
    pushing.coalescer.check()
    assert [pushing.next(), pushing.next()] == [(None, True), (None, True)]
    assert pushing.spool.state().entries == 2
    pushing.hold = False
    assert pushing.send((1, b"other")) == (None, False)
    pushing.held.release()  # and the first push arrives after all
    assert pushing.ground.broker.pushed.wait(20)
    assert pushing.spool.drain() == 0
    assert list(dict.fromkeys(pushing.ground.broker.queues[0])) == [b"0", b"1"]
    assert pushing.told == [(None, True), (None, True), (None, False)], "each is told once"


def test_neither_broker_nor_spool_is_an_honest_failure(tmp_path: Path) -> None:
    """Full: refused, with both reasons; those whose queue works are told success."""
    ground = Ground(tmp_path / "spool")
    pushing = Pushing(ground, max_bytes=100)
    ground.broker.away = {0}
    assert pushing.send((0, b"0")) == (None, True)
    error, spooled = pushing.send((0, b"1" * 100))
    assert (type(error), spooled) == (BrokerUnavailable, False)
    assert "full" in str(error)
    assert pushing.failed == [1]
    assert pushing.send((1, b"fine")) == (None, False)
    error, _ = pushing.send((1, b"fine"), (0, b"1" * 100))
    assert error is not None, "of a bulk request all has to be durable"
    assert pushing.coalescer.close(20)
    ground.die()


def test_health_says_where_requests_go(pushing: Pushing) -> None:
    """Ready while anything takes them, and it says what."""
    spool, broker = pushing.spool, pushing.ground.broker

    def away() -> None:
        raise BrokerUnavailable("no connection")

    assert health(lambda: None, spool) == "ready"
    assert health(away, spool) == "ready, but requests will go to local disk: no connection"
    broker.away = {0}
    pushing.send((0, b"0"))
    assert health(away, spool) == "ready, spooling: 1 entries wait on local disk for the broker"
    error, _ = pushing.send((0, b"x" * 2**20))
    assert error is not None
    with pytest.raises(QtdError, match="full"):
        health(away, spool)
    broker.away = set()
    assert spool.drain() == 0
    assert health(lambda: None, spool) == "ready"
    with pytest.raises(BrokerUnavailable):
        health(away, None)


def test_queues_are_found_anew_when_their_number_has_changed(pushing: Pushing) -> None:
    """What the broker does not take by the old number goes where it belongs now; the loop goes by the new one."""
    broker = pushing.ground.broker
    assert pushing.send((1, b"5")) == (None, False)
    broker.count = 7
    pushing.submit((1, b"9"), (2, b"6"))
    pushing.calls.get(timeout=20)()  # the loop is told first
    assert pushing.next() == (None, False)
    assert broker.queues == {1: [b"5"], 2: [b"9"], 6: [b"6"]}
    assert pushing.numbers == [7]
    assert pushing.send((3, b"10")) == (None, False)
    assert broker.queues[3] == [b"10"]
    assert pushing.spool.queues == 7


def test_nothing_overtakes_the_spool_while_the_number_changes(pushing: Pushing) -> None:
    """All queues are closed until what was spooled by the old number is where it belongs."""
    broker = pushing.ground.broker
    broker.away = {0, 1, 2, 3}
    assert pushing.send((1, b"5")) == (None, True)
    broker.away, broker.count = set(), 7
    # Another process of this machine hears of it, and closes what this one takes for open.
    other = pushing.ground.spool(queues=4)
    other.renumber(7)
    pushing.submit((2, b"6"), (1, b"12"))
    pushing.calls.get(timeout=20)()
    assert pushing.next() == (None, True)
    assert broker.queues == {}
    assert pushing.numbers == [7]
    assert pushing.spool.drain() == 0
    assert broker.queues == {5: [b"5", b"12"], 6: [b"6"]}
    assert pushing.send((5, b"19")) == (None, False)
    assert broker.queues[5] == [b"5", b"12", b"19"]
    pushing.ground.die(other)


def test_a_number_that_differs_everywhere_is_an_honest_failure(pushing: Pushing) -> None:
    """A broker that says another one each time: refused in the end, by whoever waits for it."""

    class Confused:
        """Says nine, then ten, and so on."""

        said = 8

        def number(self, _change: QueuesRenumbered) -> int:
            """Say the next."""
            self.said += 1
            return self.said

        def routed(self, entries: Sequence[tuple[int, bytes]], _count: int) -> Sequence[tuple[int, bytes]]:
            """Leave them."""
            return entries

    pushing.ground.broker.count = 5
    pushing.coalescer._delivery._numbers = Confused()
    pushing.submit((1, b"1"))
    while not pushing.told:
        pushing.calls.get(timeout=20)()
    assert "not the same everywhere" in str(pushing.told[0][0])
    pushing.coalescer._delivery._numbers = pushing.ground.broker
    pushing.told.clear()
    pushing.submit((1, b"6"))
    while not pushing.told:
        pushing.calls.get(timeout=20)()
    assert pushing.told == [(None, False)]
    assert pushing.ground.broker.queues == {1: [b"6"]}


def test_a_number_that_another_process_learns_first_is_followed_too(pushing: Pushing) -> None:
    """The broker is away when it is asked for the number, and the spool knows it by then: whoever waits is told."""
    broker = pushing.ground.broker
    other = pushing.ground.spool(queues=4)

    class Away:
        """Another process is told the number, and the broker goes away."""

        routed = broker.routed

        def number(self, change: QueuesRenumbered) -> int:
            """Fail the first time."""
            if other.queues == 4:
                other.renumber(7)
                raise BrokerUnavailable("away")
            return broker.number(change)

    broker.count = 7
    pushing.coalescer._delivery._numbers = Away()
    pushing.submit((1, b"9"))
    while not pushing.told:
        pushing.calls.get(timeout=20)()
    assert pushing.told == [(None, False)]
    assert pushing.numbers == [7]
    assert broker.queues == {2: [b"9"]}
    pushing.ground.die(other)


def test_what_is_recorded_at_once_is_not_spooled(tmp_path: Path) -> None:
    """Only those are told that they failed whose entries were not taken; what waits there already stays in order."""
    ground = Ground(tmp_path / "spool")
    spool = ground.spool()
    spool.append([(1, b"1")])
    told: list[tuple[int, object, bool]] = []
    calls: queue.Queue[Callable[[], None]] = queue.Queue()

    def push(entries: Sequence[tuple[int, bytes]], _count: int) -> None:
        raise NotAllPushed("no database", [entry for entry in entries if entry[0] == 2])

    coalescer = Coalescer(push, call_soon=calls.put, spool=spool, spools_failures=False, queues=4)
    coalescer.submit(
        [(2, b"2")], lambda error, spooled: told.append((2, None if error is None else str(error), spooled))
    )
    coalescer.submit(
        [(0, b"0")], lambda error, spooled: told.append((0, None if error is None else str(error), spooled))
    )
    coalescer.submit(
        [(1, b"5")], lambda error, spooled: told.append((1, None if error is None else str(error), spooled))
    )
    while len(told) < 3:
        calls.get(timeout=20)()
    assert sorted(told, key=str) == [(0, None, False), (1, None, True), (2, "no database", False)]
    assert spool.state().entries == 2
    assert coalescer.close(20)
    ground.die()
