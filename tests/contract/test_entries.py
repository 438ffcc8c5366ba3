"""Pushing, reading and trimming."""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING

import pytest

from qtd.errors import QueueChanged
from tests.contract.backends import COUNT

if TYPE_CHECKING:
    from qtd.queue.contract import Queues
    from tests.contract.backends import Backend


def numbered(count: int, start: int = 0) -> list[bytes]:
    """Make entries that tell their number."""
    return [b"entry %d" % number for number in range(start, start + count)]


def test_entries_come_back_in_the_order_of_each_queue(queues: Queues) -> None:
    """A push over several queues keeps the order within each, and a later push goes behind."""
    queues.push([(2, b"a"), (0, b"b"), (2, b"c"), (3, b"d"), (2, b"e"), (0, b"f")])
    queues.push([(0, b"g"), (2, b"h")])
    assert [queues.read(queue, 10) for queue in range(COUNT)] == [
        [b"b", b"f", b"g"],
        [],
        [b"a", b"c", b"e", b"h"],
        [b"d"],
    ]
    assert queues.lengths() == [3, 0, 4, 1]


def test_heads_are_the_first_of_each_queue(queues: Queues) -> None:
    """Also after entries were removed from and put before a head; none where nothing waits."""
    assert queues.heads() == [None] * COUNT
    queues.push([(1, b"one"), (1, b"two"), (3, b"three")])
    assert queues.heads() == [None, b"one", None, b"three"]
    lock = queues.acquire(1, 60)
    assert lock is not None
    queues.trim(lock, [b"one"])
    assert queues.heads() == [None, b"two", None, b"three"]
    queues.prepend(lock, [b"minus one", b"zero"])
    assert queues.heads() == [None, b"minus one", None, b"three"]


def test_what_one_process_pushes_another_reads(backend: Backend) -> None:
    """Entries belong to the broker, not to who pushed them."""
    backend.open().push([(1, b"one"), (1, b"two")])
    assert backend.open().read(1, 10) == [b"one", b"two"]


def test_reading_removes_nothing(queues: Queues) -> None:
    """Two reads of the same head see the same entries, and no more than the limit."""
    queues.push([(0, entry) for entry in numbered(5)])
    assert queues.read(0, 3) == queues.read(0, 3) == numbered(3)
    assert queues.lengths()[0] == 5


@pytest.mark.parametrize("limit", [0, -1])
def test_reading_nothing_is_nothing(queues: Queues, limit: int) -> None:
    """A limit of zero or less never means everything."""
    queues.push([(0, b"entry")])
    assert queues.read(0, limit) == []


def test_an_empty_queue_is_no_error(queues: Queues) -> None:
    """Reading, counting and trimming work where nothing has ever been pushed."""
    queues.push([])
    assert queues.read(0, 10) == []
    assert queues.lengths() == [0] * COUNT
    lock = queues.acquire(0, 60)
    assert lock is not None
    queues.trim(lock, [])
    assert queues.lengths() == [0] * COUNT


def test_trimming_removes_from_the_head_of_one_queue(queues: Queues) -> None:
    """The oldest entries of the lock's queue go, and no others."""
    queues.push([(queue, entry) for entry in numbered(10) for queue in (0, 1)])
    lock = queues.acquire(1, 60)
    assert lock is not None
    queues.trim(lock, numbered(4))
    assert queues.read(1, 10) == numbered(6, start=4)
    assert queues.read(0, 20) == numbered(10)


def test_trimming_nothing_removes_nothing(queues: Queues) -> None:
    """An empty batch leaves the queue as it is."""
    queues.push([(0, entry) for entry in numbered(3)])
    lock = queues.acquire(0, 60)
    assert lock is not None
    queues.trim(lock, [])
    assert queues.read(0, 10) == numbered(3)


def test_trimming_all_empties_the_queue(queues: Queues) -> None:
    """What is pushed afterwards is all there."""
    queues.push([(0, entry) for entry in numbered(3)])
    lock = queues.acquire(0, 60)
    assert lock is not None
    queues.trim(lock, numbered(3))
    assert queues.lengths()[0] == 0
    queues.push([(0, entry) for entry in numbered(2, start=3)])
    assert queues.read(0, 10) == numbered(2, start=3)


def test_what_is_put_before_the_head_comes_first(queues: Queues) -> None:
    """In its own order, before what waits and before what was put there earlier; the tail is the tail."""
    queues.push([(0, b"c"), (1, b"other")])
    lock = queues.acquire(0, 60)
    assert lock is not None
    queues.prepend(lock, [b"b"])
    queues.push([(0, b"d")])
    queues.prepend(lock, [b"", b"\0", b"a"])
    queues.prepend(lock, [])
    assert queues.read(0, 10) == [b"", b"\0", b"a", b"b", b"c", b"d"]
    assert queues.lengths() == [6, 1, 0, 0]
    queues.trim(lock, [b"", b"\0", b"a", b"b", b"c"])
    assert queues.read(0, 10) == [b"d"]


def test_many_entries_are_put_before_the_head_of_an_empty_queue(queues: Queues) -> None:
    """Also more of them than a script may hand on at once."""
    entries = numbered(10_000)
    lock = queues.acquire(2, 60)
    assert lock is not None
    queues.prepend(lock, entries)
    assert queues.read(2, 20_000) == entries


@pytest.mark.parametrize(
    "entries",
    [numbered(6), [*numbered(2), b"other"], numbered(2, start=1), [b"entry 0entry 1"], [b""]],
    ids=["more than there is", "another last one", "a later part", "two in one", "nothing of it"],
)
def test_trimming_removes_only_what_was_read(queues: Queues, entries: list[bytes]) -> None:
    """After a failover or a restore other entries may be at the head; they were not recorded and stay."""
    queues.push([(0, entry) for entry in numbered(5)])
    lock = queues.acquire(0, 60)
    assert lock is not None
    with pytest.raises(QueueChanged):
        queues.trim(lock, entries)
    assert queues.read(0, 10) == numbered(5)
    queues.trim(lock, numbered(5))
    assert queues.lengths()[0] == 0


@pytest.mark.parametrize(
    "stored",
    [
        b"",
        b"\0",
        bytes(range(256)),
        b'it\'s \\ "quoted" `%s` ? :q \r\n\x1a',
        b"\xff\xfe invalid UTF-8 \xc3",
        zlib.compress(b'{"requests":[]}'),
        "snow ☃ and 😀".encode(),
    ],
    ids=["empty", "nul", "all bytes", "SQL's special ones", "invalid UTF-8", "zlib", "four byte UTF-8"],
)
def test_every_byte_comes_back(queues: Queues, stored: bytes) -> None:
    """An entry is bytes: nothing is taken for text, a quote or an end."""
    queues.push([(0, stored), (0, b"next")])
    assert queues.read(0, 2) == [stored, b"next"]


def test_big_entries_come_back(queues: Queues) -> None:
    """An entry of a megabyte (a bulk request) is stored whole, also with others in one push."""
    big = [bytes([number]) * 1024**2 for number in (0, 39, 255)]
    queues.push([(number % 2, entry) for number, entry in enumerate(big)])
    assert queues.read(0, 10) == [big[0], big[2]]
    assert queues.read(1, 10) == [big[1]]


def test_ten_thousand_entries_in_one_push(queues: Queues) -> None:
    """A long queue keeps its order from the first batch that is taken off to the last."""
    entries = numbered(10_000)
    queues.push([(0, entry) for entry in entries])
    assert queues.lengths()[0] == 10_000
    lock = queues.acquire(0, 60)
    assert lock is not None
    taken: list[bytes] = []
    while batch := queues.read(0, 700):
        taken += batch
        queues.trim(lock, batch)
    assert taken == entries


@pytest.mark.parametrize("queue", [-1, COUNT])
def test_a_queue_that_does_not_exist_is_a_bug(queues: Queues, queue: int) -> None:
    """A wrong number is refused before anything is stored, for entries would wait there for ever."""
    with pytest.raises(ValueError, match="does not exist"):
        queues.push([(0, b"fine"), (queue, b"lost")])
    with pytest.raises(ValueError, match="does not exist"):
        queues.read(queue, 1)
    with pytest.raises(ValueError, match="does not exist"):
        queues.acquire(queue, 60)
    assert queues.lengths() == [0] * COUNT


def test_ping_finds_a_working_broker(queues: Queues) -> None:
    """A sign of life needs nothing to have been done before."""
    queues.ping()
