"""Locks: who may trim, for how long, and what happens when the time is over."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from qtd.errors import LockLost
from qtd.queue.contract import Lock, QueueState
from tests.contract.backends import COUNT

if TYPE_CHECKING:
    from qtd.queue.contract import Queues
    from tests.contract.backends import Backend


def taken(queues: Queues, queue: int = 0, seconds: int = 60) -> Lock:
    """Take a lock that must be free."""
    lock = queues.acquire(queue, seconds)
    assert lock is not None
    return lock


def test_one_holder_per_queue(backend: Backend) -> None:
    """While one process holds a queue no other gets it, nor itself once more; other queues are free."""
    first, second = backend.open(), backend.open()
    lock = taken(first, 1)
    assert lock.queue == 1
    assert second.acquire(1, 60) is None
    assert first.acquire(1, 60) is None
    assert taken(second, 2).token != lock.token


def test_tokens_are_as_the_plugins(queues: Queues) -> None:
    """Twelve characters, and never the same twice."""
    tokens = {taken(queues, queue).token for queue in range(COUNT)}
    assert len(tokens) == COUNT
    assert all(len(token) == 12 and token.isalnum() for token in tokens)


def test_a_released_queue_is_free(backend: Backend) -> None:
    """The holder gives it back once, and somebody else can take it at once."""
    first, second = backend.open(), backend.open()
    lock = taken(first)
    assert first.release(lock) is True
    assert first.release(lock) is False
    taken(second)


def test_an_expired_lock_is_free(backend: Backend) -> None:
    """When the time is over the queue can be taken, without anybody's release."""
    first, second = backend.open(), backend.open()
    taken(first)
    backend.expire(0)
    taken(second)


def test_trimming_with_an_expired_lock_removes_nothing(backend: Backend) -> None:
    """Nobody else holds the queue, still it is not ours any more."""
    queues = backend.open()
    queues.push([(0, b"one"), (0, b"two")])
    lock = taken(queues)
    backend.expire(0)
    with pytest.raises(LockLost):
        queues.trim(lock, [b"one"])
    assert queues.read(0, 10) == [b"one", b"two"]


def test_trimming_with_somebody_elses_lock_removes_nothing(backend: Backend) -> None:
    """A worker that was away too long does not remove what the next one is working on, nor its lock."""
    late, next_one = backend.open(), backend.open()
    late.push([(0, b"one"), (0, b"two")])
    lock = taken(late)
    backend.expire(0)
    other = taken(next_one)
    with pytest.raises(LockLost):
        late.trim(lock, [b"one"])
    with pytest.raises(LockLost):
        late.trim(lock, [])
    assert late.read(0, 10) == [b"one", b"two"]
    next_one.trim(other, [b"one"])
    assert late.read(0, 10) == [b"two"]


def test_nothing_is_put_before_the_head_of_somebody_elses_queue(backend: Backend) -> None:
    """Whoever holds it has read the head already."""
    late, next_one = backend.open(), backend.open()
    late.push([(0, b"two")])
    lock = taken(late)
    backend.expire(0)
    with pytest.raises(LockLost):
        late.prepend(lock, [b"one"])
    other = taken(next_one)
    with pytest.raises(LockLost):
        late.prepend(lock, [b"one"])
    assert late.read(0, 10) == [b"two"]
    next_one.prepend(other, [b"one"])
    assert late.read(0, 10) == [b"one", b"two"]


def test_a_lock_is_good_for_its_own_queue_only(queues: Queues) -> None:
    """The right token beside the wrong queue is no lock."""
    queues.push([(0, b"one"), (1, b"two")])
    lock = taken(queues, 0)
    with pytest.raises(LockLost):
        queues.trim(replace(lock, queue=1), [b"two"])
    assert queues.lengths() == [1, 1, 0, 0]


def test_a_lost_lock_can_not_be_released_or_extended(backend: Backend) -> None:
    """What the late holder does changes nothing for the new one."""
    late, next_one = backend.open(), backend.open()
    lock = taken(late)
    backend.expire(0)
    other = taken(next_one)
    assert late.release(lock) is False
    with pytest.raises(LockLost):
        late.extend(lock, 60)
    assert late.states()[0].lock_holder == other.token


def test_an_expired_lock_can_not_be_extended(backend: Backend) -> None:
    """Once its time was over it does not come back, for somebody may have worked meanwhile."""
    queues = backend.open()
    lock = taken(queues)
    backend.expire(0)
    with pytest.raises(LockLost):
        queues.extend(lock, 60)
    assert queues.release(lock) is False


def test_extending_counts_from_now(queues: Queues) -> None:
    """The new time replaces what was left of the old one, be it longer or shorter."""
    lock = taken(queues, seconds=60)
    for seconds in (600, 30):
        queues.extend(lock, seconds)
        left = queues.states()[0].lock_seconds_left
        assert left is not None
        assert seconds - 10 < left <= seconds


def test_states_show_waiting_entries_and_holders(backend: Backend) -> None:
    """Every queue is listed by its number, and an expired lock is no lock."""
    queues = backend.open()
    queues.push([(1, b"one"), (1, b"two"), (3, b"three")])
    taken(queues, 3)
    backend.expire(3)
    lock = taken(queues, 1)
    states = queues.states()
    left = states[1].lock_seconds_left
    assert left is not None
    assert 50 < left <= 60
    assert states == [
        QueueState(queue=0, waiting=0, lock_holder=None, lock_seconds_left=None),
        QueueState(queue=1, waiting=2, lock_holder=lock.token, lock_seconds_left=left),
        QueueState(queue=2, waiting=0, lock_holder=None, lock_seconds_left=None),
        QueueState(queue=3, waiting=1, lock_holder=None, lock_seconds_left=None),
    ]


def test_all_locks_are_found(backend: Backend) -> None:
    """Those of queues beyond the number in use, too, which others may hold; an expired one is none."""
    queues, others = backend.open(), backend.open(count=COUNT + 3, token=lambda: "somebody")
    assert queues.locks() == []
    first, second = taken(queues, 1), taken(others, COUNT + 2)
    found = queues.locks()
    assert [(held.queue, held.token) for held in found] == [(1, first.token), (COUNT + 2, second.token)]
    assert all(held.seconds_left is not None and 50 < held.seconds_left <= 60 for held in found)
    assert queues.release(Lock(queue=COUNT + 2, token="nobody")) is False
    assert queues.release(second) is True
    backend.expire(1)
    assert queues.locks() == []
