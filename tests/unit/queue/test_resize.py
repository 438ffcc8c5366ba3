"""The number of queues changes, interrupted anywhere, while others push and wait for their turn."""

from __future__ import annotations

import random
from collections import defaultdict
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest

from qtd.errors import BrokerUnavailable, ConfigurationError, Transient
from qtd.queue import memory, moving, resize
from qtd.queue.contract import Numbering
from qtd.queue.memory import MemoryBroker, MemoryQueues
from qtd.queue.moving import Moved, queues_needed
from qtd.queue.partitioner import queue_of
from qtd.queue.resize import Resize, tokens
from tests.fake_clock import FakeClock

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from qtd.queue.contract import Queues

VISITORS = [f"{number:03x}" for number in range(0, 4096, 97)]


def router(count: int) -> Callable[[int, bytes], list[tuple[int, bytes]]]:
    """Route entries such as `0a1:5,0ff:2`: the fifth request of one visitor and the second of another."""

    def route(queue: int, stored: bytes) -> list[tuple[int, bytes]]:
        del queue
        parts: dict[int, list[str]] = {}
        for request in stored.decode().split(","):
            parts.setdefault(queue_of(request.split(":")[0], count), []).append(request)
        return [(target, ",".join(requests).encode()) for target, requests in parts.items()]

    return route


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let there be fewer possible queues, which is quicker, and several chunks of what is in them."""
    for module in (resize, memory):
        monkeypatch.setattr(module, "MOST_QUEUES", 16)
    monkeypatch.setattr(moving, "_GATHERED", 17)
    monkeypatch.setattr(moving, "CHUNK", 7)


class Site:
    """Visitors that push, workers that apply, and a broker between them."""

    def __init__(self, count: int, seed: int = 0) -> None:
        self.clock = FakeClock()
        self.broker = MemoryBroker()
        self.count = count
        self.applied: dict[str, list[int]] = defaultdict(list)
        self._numbers: dict[str, int] = defaultdict(int)
        self._random = random.Random(seed)
        self._known: set[bytes] = set()

    def open(self, count: int, token: Callable[[], str] | None = None) -> MemoryQueues:
        """Open the queues as another process."""
        more: dict[str, Any] = {} if token is None else {"token": token}
        return MemoryQueues(count=count, clock=self.clock, broker=self.broker, **more)

    def push(self, entries: int) -> None:
        """Push by the number of queues in force; now and then two visitors of one queue share an entry."""
        self.count = (self.open(1).numbering() or Numbering(count=self.count)).count
        queues = self.open(self.count)
        for _ in range(entries):
            visitor = self._random.choice(VISITORS)
            queue = queue_of(visitor, self.count)
            sharing = [
                other for other in VISITORS if other != visitor and queue_of(other, self.count) == queue
            ]
            visitors = [visitor]
            if sharing and self._random.random() < 0.2:
                visitors.append(self._random.choice(sharing))
            requests = []
            for one in visitors:
                self._numbers[one] += 1
                requests.append(f"{one}:{self._numbers[one]}")
            queues.adopt(Numbering(count=self.count))
            queues.push_in_force([(queue, ",".join(requests).encode())])

    def work(self, queues: int) -> None:
        """Apply what can be locked, each request once, and remember the order."""
        opened = self.open(queues)
        for queue in range(queues):
            lock = opened.acquire(queue, 60)
            if lock is None:
                continue
            while batch := opened.read(queue, 50):
                for request in ",".join(entry.decode() for entry in batch).split(","):
                    if request.encode() not in self._known:
                        self._known.add(request.encode())
                        visitor, number = request.split(":")
                        self.applied[visitor].append(int(number))
                opened.trim(lock, batch)
            opened.release(lock)

    def resize(
        self,
        to: int,
        present: int,
        wrap: Callable[[Queues], Any] = lambda queues: queues,
        between: int = 0,
    ) -> Moved:
        """Run a change to its end, or to where `wrap` breaks it; visitors push all the time."""
        queues = wrap(self.open(queues_needed(to), tokens(to)))
        change = Resize(queues, count=to, route=router(to), unapplied=_all, clock=self.clock)
        change.begin(present=present, wait_seconds=0)
        self.push(2 * between)
        return change.finish()

    def check(self) -> None:
        """Every visitor's requests were applied in their order, and all of them."""
        assert self.applied == {
            visitor: list(range(1, last + 1)) for visitor, last in self._numbers.items() if last
        }


def _all(queue: int, entries: Sequence[bytes]) -> Sequence[bytes]:
    del queue
    return entries


class Breaking:
    """Passes calls on until the chosen one, before or after which its process dies."""

    def __init__(self, queues: Queues, at: int, *, after: bool) -> None:
        self._queues = queues
        self._left = at
        self._after = after
        self.count = queues.count

    def with_count(self, count: int) -> Breaking:
        """Break the other view, too, at the same call."""
        other = Breaking(self._queues.with_count(count), 0, after=self._after)
        other.call = self.call  # type: ignore[method-assign]
        return other

    def __getattr__(self, name: str) -> Callable[..., Any]:
        return partial(self.call, getattr(self._queues, name))

    def call(self, call: Callable[..., Any], *arguments: Any) -> Any:
        """Call, or die."""
        self._left -= 1
        if self._left < 0 or (self._left == 0 and not self._after):
            raise BrokerUnavailable("killed")
        result = call(*arguments)
        if self._left == 0:
            raise BrokerUnavailable("killed")
        return result


@pytest.mark.parametrize(("before", "after"), [(4, 7), (7, 4), (1, 16), (16, 1), (4, 8), (4, 4), (3, 2)])
def test_every_visitor_keeps_his_order(before: int, after: int) -> None:
    """More or fewer queues: what waited is applied before what comes, and nothing is left anywhere."""
    site = Site(before)
    site.push(300)
    moved = site.resize(after, before, between=100)
    assert moved.entries == 300 + 200
    assert (moved.moved > 0) is (before != after)
    site.push(200)
    site.work(after)
    site.check()
    assert sum(site.open(queues_needed(after)).lengths()) == 0
    assert not [state for state in site.open(queues_needed(after)).states() if state.lock_holder]


@pytest.mark.parametrize("after", [False, True], ids=["before the call", "after the call"])
@pytest.mark.parametrize(("old", "new"), [(2, 3), (3, 2)])
def test_it_may_be_killed_anywhere(old: int, new: int, *, after: bool) -> None:
    """Whatever the moment: workers may try, ingest goes on, and the next run ends it in everybody's order."""
    finished = False
    at = 0
    while not finished:
        at += 1
        site = Site(old, seed=at)
        site.push(30)
        for run in range(6):
            try:
                # After the first the next ones die further on each, the last runs to its end.
                broken = 10**9 if run == 5 else at + 7 * run
                site.resize(new, old, lambda queues, n=broken: Breaking(queues, n, after=after), 2)  # type: ignore[misc]
            except Transient:
                site.clock.advance(61)
            else:
                finished = run == 0
                break
            site.push(3)
            site.work(max(old, new))
        site.push(5)
        site.work(new)
        site.check()
    assert at > 30


def test_meanwhile_nobody_reads() -> None:
    """From before the first entry moves until the last is back every queue is locked, however long ago it died."""
    locked_after = 5 + 5  # calls: turn, number, used, announcement, states, and the locks of those in use
    at = 0
    while True:
        at += 1
        site = Site(4)
        site.push(20)
        with pytest.raises(BrokerUnavailable):
            site.resize(5, 4, lambda queues, n=at: Breaking(queues, n, after=True))  # type: ignore[misc]
        site.clock.advance(86400)
        free = [queue for queue in range(5) if site.open(5).acquire(queue, 60)]
        if at < locked_after:
            assert free
        elif free:
            break  # it had begun to give them back
    assert at > 2 * locked_after
    assert sum(site.open(queues_needed(5)).lengths()[5:]) == 0


def test_only_one_at_a_time() -> None:
    """A second run is told so; after a minute without a sign of life it takes the first one's place."""
    site = Site(4)
    site.push(10)
    with pytest.raises(BrokerUnavailable):
        site.resize(5, 4, lambda queues: Breaking(queues, 30, after=True))
    with pytest.raises(Transient, match="being changed by somebody else"):
        site.resize(5, 4)
    site.clock.advance(61)
    site.resize(5, 4)


def test_an_interrupted_change_has_to_be_finished_first() -> None:
    """Another number would not know where the gathered entries belong; the error names the right one."""
    site = Site(4)
    site.push(100)
    with pytest.raises(BrokerUnavailable):
        site.resize(5, 4, lambda queues: Breaking(queues, 60, after=True))
    site.clock.advance(61)
    with pytest.raises(ConfigurationError, match="a change to 5 queues was interrupted"):
        site.resize(6, 4)
    site.resize(5, 4)
    site.resize(6, 5)
    site.work(6)
    site.check()


def test_a_worker_that_does_not_let_go_stops_it_before_it_has_begun() -> None:
    """Nothing is moved and nothing stays locked."""
    site = Site(4)
    site.push(100)
    busy = site.open(4)
    assert busy.acquire(2, 600)
    before = [busy.read(queue, 1000) for queue in range(4)]
    with pytest.raises(Transient, match="queue 2 is locked by somebody else"):
        site.resize(5, 4)
    assert [busy.read(queue, 1000) for queue in range(4)] == before
    assert [state.queue for state in site.open(queues_needed(5)).states() if state.lock_holder] == [2]


def test_what_was_applied_already_is_only_removed() -> None:
    """A worker died between commit and trim: the ledger of the new queue would not know the entry."""
    site = Site(1)
    queues = site.open(1)
    queues.push([(0, b"001:1"), (0, b"002:1"), (0, b"003:1")])

    def unapplied(queue: int, entries: Sequence[bytes]) -> Sequence[bytes]:
        assert queue == 0
        return [entry for entry in entries if entry != b"002:1"]

    opened = site.open(queues_needed(2), tokens(2))
    change = Resize(opened, count=2, route=router(2), unapplied=unapplied, clock=site.clock)
    change.begin(present=1, wait_seconds=0)
    assert change.finish() == Moved(entries=3, moved=2, applied=1)
    assert [opened.read(queue, 10) for queue in range(2)] == [[], [b"001:1", b"003:1"]]


def test_too_few_queues_opened_is_a_bug() -> None:
    """The gathering queues must exist."""
    site = Site(4)
    with pytest.raises(ValueError, match="8 queues need"):
        Resize(site.open(8), count=8, route=router(8), unapplied=_all, clock=site.clock)
