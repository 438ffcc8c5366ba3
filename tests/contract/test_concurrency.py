"""Several threads and several processes at once (as objects of their own, each in a thread)."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import TYPE_CHECKING

from tests.contract.backends import COUNT

if TYPE_CHECKING:
    from collections.abc import Sequence
    from concurrent.futures import Future

    from qtd.queue.contract import Queues
    from tests.contract.backends import Backend

PUSHES = 40
PER_PUSH = 25


def push_all(queues: Queues, name: bytes, start: Barrier) -> None:
    """Push numbered entries, alternately to queue 0 and to all queues at once."""
    start.wait()
    for number in range(PUSHES):
        entries = [b"%s %d" % (name, number * PER_PUSH + i) for i in range(PER_PUSH)]
        queues.push([(0, entry) for entry in entries])
        queues.push([(queue, b"%s %d" % (name, number)) for queue in (3, 1, 2)])


def drain(queues: Queues, pushing: Sequence[Future[None]]) -> list[bytes]:
    """Take entries off queue 0, as a worker does, until the pushers have ended and it is empty."""
    lock = queues.acquire(0, 600)
    assert lock is not None
    taken: list[bytes] = []
    while True:
        ended = all(future.done() for future in pushing)
        batch = queues.read(0, 60)
        if ended and not batch:
            return taken
        queues.trim(lock, batch)
        taken += batch


def check_order(taken: list[bytes], names: tuple[bytes, ...], each: int) -> None:
    """All entries of each pusher are there once, in the order of its pushes."""
    assert len(taken) == each * len(names)
    for name in names:
        assert [entry for entry in taken if entry.startswith(name)] == [
            b"%s %d" % (name, number) for number in range(each)
        ]


def run_two_pushers_and_a_reader(pushers: tuple[Queues, Queues], reader: Queues) -> None:
    """Let them run at once, then compare what the reader got, and what waits in the other queues."""
    names = (b"left", b"right")
    start = Barrier(2)
    with ThreadPoolExecutor(2) as threads:
        pushing = [
            threads.submit(push_all, queues, name, start) for queues, name in zip(pushers, names, strict=True)
        ]
        taken = drain(reader, pushing)
        for future in pushing:
            future.result()
    check_order(taken, names, PUSHES * PER_PUSH)
    assert reader.lengths() == [0, *[2 * PUSHES] * (COUNT - 1)]
    for queue in range(1, COUNT):
        check_order(reader.read(queue, 1000), names, PUSHES)


def test_two_pushers_and_a_reader_in_processes_of_their_own(backend: Backend) -> None:
    """Nothing is skipped, lost, doubled or out of order while others push to what is being trimmed."""
    run_two_pushers_and_a_reader((backend.open(), backend.open()), backend.open())


def test_one_object_for_all_threads(queues: Queues) -> None:
    """Ingest may push from one thread while workers read and trim from others."""
    run_two_pushers_and_a_reader((queues, queues), queues)


def test_of_many_that_want_a_lock_one_gets_it(backend: Backend) -> None:
    """Taking a lock is one step: however many try at the same moment, there is one holder."""
    contenders = [backend.open() for _ in range(8)]
    start = Barrier(len(contenders))

    def contend(queues: Queues) -> bool:
        start.wait()
        return queues.acquire(0, 600) is not None

    with ThreadPoolExecutor(len(contenders)) as threads:
        won = list(threads.map(contend, contenders))
    assert sum(won) == 1
