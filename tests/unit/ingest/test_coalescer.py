"""Entries of all requests in flight go in one push; each request hears what became of its own."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Sequence

import pytest

from qtd.errors import BrokerUnavailable, QtdError
from qtd.ingest.coalescer import MAX_PUSH_ENTRIES, Coalescer


class Broker:
    """A broker that holds each push until it is let go."""

    def __init__(self) -> None:
        self.pushes: list[list[tuple[int, bytes]]] = []
        self.begun = threading.Semaphore(0)
        self.let_go = threading.Semaphore(0)
        self.error: Exception | None = None

    def push(self, entries: Sequence[tuple[int, bytes]], _count: int) -> None:
        """See `Queues.push`."""
        self.pushes.append(list(entries))
        self.begun.release()
        assert self.let_go.acquire(timeout=10)
        if self.error is not None:
            raise self.error


class Loop:
    """What is to run in the event loop's thread, run by the test."""

    def __init__(self) -> None:
        self._calls: queue.Queue[Callable[[], None]] = queue.Queue()

    def call_soon(self, call: Callable[[], None]) -> None:
        """See `loop.call_soon_threadsafe`."""
        self._calls.put(call)

    def run_one(self) -> None:
        """Wait for the next call and run it."""
        self._calls.get(timeout=10)()


def test_what_comes_during_a_push_goes_with_the_next() -> None:
    """One push under way, one for all the rest, in order; each request is told once."""
    broker, loop = Broker(), Loop()
    coalescer = Coalescer(broker.push, call_soon=loop.call_soon)
    told: list[tuple[int, QtdError | None]] = []
    coalescer.submit([(0, b"0")], lambda error, _: told.append((0, error)))
    assert broker.begun.acquire(timeout=10)
    for n in range(1, 6):
        coalescer.submit([(n, b"%d" % n)], lambda error, _, n=n: told.append((n, error)))  # type: ignore[misc]
    assert told == []
    broker.let_go.release(2)
    loop.run_one()
    assert told == [(0, None)]
    loop.run_one()
    assert told == [(n, None) for n in range(6)]
    assert broker.pushes == [[(0, b"0")], [(n, b"%d" % n) for n in range(1, 6)]]
    assert coalescer.close(10)


@pytest.mark.parametrize("error", [BrokerUnavailable("away"), RuntimeError("a bug")])
def test_a_failed_push_fails_all_its_requests(error: Exception) -> None:
    """And only those; whatever went wrong is told as a broker that is not available."""
    broker, loop = Broker(), Loop()
    failures: list[int] = []
    coalescer = Coalescer(
        broker.push, call_soon=loop.call_soon, failed=lambda _error, entries: failures.append(entries)
    )
    told: list[QtdError | None] = []
    broker.error = error
    coalescer.submit([(0, b"a"), (1, b"b")], lambda error, _: told.append(error))
    broker.let_go.release()
    loop.run_one()
    broker.error = None
    coalescer.submit([(0, b"c")], lambda error, _: told.append(error))
    broker.let_go.release()
    loop.run_one()
    assert isinstance(told[0], BrokerUnavailable)
    assert told[1] is None
    assert coalescer.close(10)
    assert failures == [2]


def test_a_push_has_its_limit() -> None:
    """No broker is asked for more than it does in its time-out."""
    broker, loop = Broker(), Loop()
    coalescer = Coalescer(broker.push, call_soon=loop.call_soon)
    coalescer.submit([(0, b"first")], lambda *_: None)
    assert broker.begun.acquire(timeout=10)
    for _ in range(MAX_PUSH_ENTRIES + 1):
        coalescer.submit([(0, b"x")], lambda *_: None)
    broker.let_go.release(3)
    for _ in range(3):
        loop.run_one()
    assert [len(push) for push in broker.pushes] == [1, MAX_PUSH_ENTRIES, 1]
    assert coalescer.close(10)


def test_what_waits_is_bounded() -> None:
    """Beyond, a request is refused at once, so that it can be answered with 503."""
    broker, loop = Broker(), Loop()
    coalescer = Coalescer(broker.push, call_soon=loop.call_soon, max_waiting_bytes=10)
    coalescer.submit([(0, b"under way")], lambda *_: None)
    assert broker.begun.acquire(timeout=10)
    coalescer.submit([(0, b"x" * 20)], lambda *_: None)  # alone it may be as large as it is
    with pytest.raises(BrokerUnavailable):
        coalescer.submit([(0, b"x")], lambda *_: None)
    broker.let_go.release(2)
    loop.run_one()
    loop.run_one()
    coalescer.submit([(0, b"x")], lambda *_: None)
    broker.let_go.release()
    assert coalescer.close(10)


def test_close_pushes_what_waits_and_takes_no_more() -> None:
    """Nothing accepted is lost in a stop."""
    broker, loop = Broker(), Loop()
    coalescer = Coalescer(broker.push, call_soon=loop.call_soon)
    coalescer.submit([(0, b"a")], lambda *_: None)
    assert broker.begun.acquire(timeout=10)
    coalescer.submit([(0, b"b")], lambda *_: None)
    assert not coalescer.close(0), "the broker still holds the first push"
    with pytest.raises(BrokerUnavailable):
        coalescer.submit([(0, b"c")], lambda *_: None)
    broker.let_go.release(2)
    assert coalescer.close(10)
    assert broker.pushes == [[(0, b"a")], [(0, b"b")]]
