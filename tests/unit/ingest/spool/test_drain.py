"""Entries leave the spool in order, each queue for itself, while others come."""

from __future__ import annotations

import pytest

from qtd.ingest.spool import pieces
from qtd.log.events.spool import SpoolDrained, SpoolDraining, Spooling, SpoolTorn
from tests.unit.ingest.spooling import Ground, by_queue, numbered


def test_it_is_drained_in_order_and_told_as_a_story(ground: Ground) -> None:
    """Closed with the first entry, open when the last is pushed; then no file of it is left."""
    spool = ground.spool()
    assert spool.closed() == frozenset()
    entries = numbered(0, 10)
    spool.append(entries[:2], "the broker is away")
    spool.append(entries[2:])
    assert spool.closed() == {0, 1, 2, 3}
    assert spool.state().entries == 10
    assert spool.state().since == ground.clock.now()
    ground.clock.advance(5)
    assert spool.drain() == 0
    assert ground.broker.queues == by_queue(entries)
    assert spool.closed() == frozenset()
    assert (spool.state().entries, spool.state().bytes, spool.state().since) == (0, 0, None)
    assert ground.segments() == []
    assert [type(event) for event in ground.log.events] == [Spooling, SpoolDraining, SpoolDrained]
    assert ground.log.of(Spooling)[0].cause == "the broker is away"
    assert ground.log.of(SpoolDrained) == [SpoolDrained(entries=10, seconds=5.0)]


def test_segments_go_as_they_are_drained(ground: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
    """Space is given back while the rest waits, and the order holds over all of them."""
    monkeypatch.setattr(pieces, "MOST_ENTRIES", 3)
    spool = ground.spool(segment_bytes=200)
    entries = numbered(0, 200)
    for at in range(0, 200, 5):
        spool.append(entries[at : at + 5])
    full, size = len(ground.segments()), spool.state().bytes
    assert full > 5
    pushes = iter(range(40))
    attempt = ground.broker.push

    def some(pushed: list[tuple[int, bytes]], _count: int) -> None:
        if next(pushes, None) is None:
            ground.broker.away = {0, 1, 2, 3}
        attempt(pushed)

    spool._push = some  # type: ignore[assignment]
    assert spool.drain() > 0
    assert 0 < len(ground.segments()) < full
    assert spool.state().bytes < size
    assert spool.closed() == {0, 1, 2, 3}
    ground.broker.away = set()
    pushes = iter(range(1000))
    assert spool.drain() == 0
    assert ground.broker.queues == by_queue(entries), "nothing twice either"


def test_entries_that_come_while_it_drains_go_behind(ground: Ground) -> None:
    """The last step holds off who appends; whoever comes before it is drained with the rest."""
    spool = ground.spool()
    spool.append(numbered(0, 4))
    late = iter([numbered(4, 4), numbered(8, 4)])
    attempt = ground.broker.push

    def push(entries: list[tuple[int, bytes]], _count: int) -> None:
        attempt(entries)
        for more in late:
            if not spool._folder.append_lock._depth:
                spool.append(more)
            break

    spool._push = push  # type: ignore[assignment]
    while spool.closed():
        spool.drain()
    seen = ground.broker.queues
    assert all(stored == sorted(stored, key=int) for stored in seen.values())


def test_a_queue_that_is_away_holds_up_only_itself(ground: Ground) -> None:
    """The others are opened; what comes for it goes on to the spool, and all is in order at the end."""
    spool = ground.spool()
    ground.broker.away = {2}
    spool.append(numbered(0, 8))
    assert spool.drain() > 0
    assert spool.closed() == {2}
    assert sorted(ground.broker.queues) == [0, 1, 3]
    ground.broker.push([(0, b"8")])
    spool.append([(2, b"10")])
    spool.append([(0, b"12")], "failed once")
    assert spool.drain() > 0
    assert spool.closed() == {2}
    ground.broker.away = set()
    assert spool.drain() == 0
    assert ground.broker.queues == {
        0: [b"0", b"4", b"8", b"12"],
        1: [b"1", b"5"],
        2: [b"2", b"6", b"10"],
        3: [b"3", b"7"],
    }


def test_what_was_drained_is_not_drained_again_after_a_crash(
    ground: Ground, monkeypatch: pytest.MonkeyPatch
) -> None:
    """But for the piece whose push was not noted, which the ledger knows."""
    monkeypatch.setattr(pieces, "MOST_ENTRIES", 10)
    spool = ground.spool()
    spool.append(numbered(0, 100))
    attempt, pushes = ground.broker.push, iter(range(3))

    def push(entries: list[tuple[int, bytes]], _count: int) -> None:
        attempt(entries)
        if next(pushes, None) is None:
            raise KeyboardInterrupt

    spool._push = push  # type: ignore[assignment]
    with pytest.raises(KeyboardInterrupt):
        spool.drain()
    ground.die()
    assert ground.spool().drain() == 0
    all_pushed = [int(one) for stored in ground.broker.queues.values() for one in stored]
    assert len(all_pushed) == 110
    assert set(all_pushed) == set(range(100))


def test_damage_in_the_middle_is_told_and_kept(ground: Ground) -> None:
    """A disk that gives back something else: the rest of that segment is put aside for people, others are drained."""
    spool = ground.spool(segment_bytes=100)
    for at in range(0, 40, 4):
        spool.append(numbered(at, 4))
    first = ground.segments()[0]
    data = bytearray(first.read_bytes())
    data[-1] ^= 1
    first.write_bytes(data)
    assert spool.drain() == 0
    assert [event.segment for event in ground.log.of(SpoolTorn)] == [first.with_suffix(".damaged").name]
    assert first.with_suffix(".damaged").read_bytes() == data
    pushed = {int(one) for stored in ground.broker.queues.values() for one in stored}
    assert len(pushed) >= 36
    assert pushed <= set(range(40))


def test_another_number_of_queues(ground: Ground) -> None:
    """Old entries go where they belong now, and until all are there every queue stays closed."""
    spool = ground.spool(queues=4)
    spool.append(numbered(0, 8, queues=4))
    ground.die()
    ground.broker.count = 2
    spool = ground.spool(queues=2)
    assert spool.queues == 4, "by what it was written"
    spool.renumber(2)
    assert spool.closed() == {0, 1}
    spool.append(numbered(8, 4, queues=2))
    ground.broker.away = {1}
    assert spool.drain() > 0
    assert ground.broker.queues == {}, "what goes to queue 0 now may come from any of the old ones"
    ground.broker.away = set()
    assert spool.drain() == 0
    assert spool.closed() == frozenset()
    assert ground.broker.queues == by_queue(numbered(0, 12, queues=2))


def test_an_entry_larger_than_a_block_is_read(ground: Ground) -> None:
    """Whatever its size, as long as it is taken at all."""
    spool = ground.spool(max_bytes=2**24)
    entries = [(0, b"x" * 100), (1, b"y" * (5 * 2**20)), (0, b"z")]
    spool.append(entries)
    assert spool.drain() == 0
    assert ground.broker.queues == by_queue(entries)
