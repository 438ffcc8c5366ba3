"""What is in the spool stays there, in order, until the broker has it; whoever dies meanwhile."""

from __future__ import annotations

import errno
import os
import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from qtd.errors import SpoolUnavailable
from qtd.ingest.spool import append, pieces
from qtd.ingest.spool.record import encode_record
from qtd.ingest.spool.state import SpoolState, look
from qtd.log.events.spool import SpoolDrained, SpoolDraining, SpoolFound, Spooling, SpoolTorn
from tests.unit.ingest.spooling import Ground, by_queue, numbered


@pytest.fixture
def ground(tmp_path: Path) -> Iterator[Ground]:
    """Give an empty folder, closed afterwards."""
    ground = Ground(tmp_path / "spool")
    yield ground
    if ground.opened:
        ground.die()


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


def test_whoever_may_read_it_sees_what_waits(ground: Ground) -> None:
    """From another process, without a lock, and without making what is not there."""
    assert look(ground.folder) is None
    assert not ground.folder.exists()
    spool = ground.spool()
    assert look(ground.folder) == SpoolState(entries=0, bytes=0, since=None)
    spool.append(numbered(0, 7))
    assert look(ground.folder) == spool.state()
    assert spool.state().entries == 7


def test_only_its_owner_may_look_inside(ground: Ground) -> None:
    """Entries are requests as they came: addresses, tokens."""
    ground.spool().append(numbered(0, 1))
    assert ground.folder.stat().st_mode & 0o777 == 0o700
    assert {file.stat().st_mode & 0o777 for file in ground.folder.iterdir()} == {0o600}


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


def test_all_processes_share_one_order(ground: Ground) -> None:
    """A queue that one closes is closed for all; entries of both are one sequence; one of them drains."""
    first, second = ground.spool(), ground.spool()
    first.append([(1, b"0")])
    assert second.closed() == {1}
    second.append([(1, b"1")])
    first.append([(1, b"2")])
    with first._folder.drain_lock.held_if_free() as ours:
        assert ours
        assert second.drain() > 0, "the other process drains"
        assert ground.broker.pushes == 0
    assert second.drain() == 0
    assert ground.broker.queues == {1: [b"0", b"1", b"2"]}
    assert first.closed() == frozenset()
    first.append([(1, b"3")])
    assert second.closed() == {1}


def test_a_killed_process_loses_nothing(ground: Ground) -> None:
    """Whoever starts next finds the entries and tells so, though the dead one never came to drain them."""
    dying = ground.spool()
    dying.append(numbered(0, 9))
    ground.die()
    spool = ground.spool()
    assert spool.closed() == {0, 1, 2, 3}
    spool.append(numbered(9, 3))
    spool.start()
    assert ground.broker.pushed.wait(20)
    spool.close(20)
    ground.opened.clear()
    assert ground.broker.queues == by_queue(numbered(0, 12))
    assert ground.log.of(SpoolFound)[0].entries == 12


@pytest.mark.parametrize("others", [False, True])
@pytest.mark.parametrize("kept", range(0, len(encode_record(0, b"torn")) + 1, 3))
def test_a_torn_record_is_cut_off(ground: Ground, kept: int, *, others: bool) -> None:
    """A process killed in the middle of a write: what is whole stays, what is not goes, new entries come behind."""
    alive = ground.spool() if others else None
    dying = ground.spool()
    dying.append(numbered(0, 6))
    with ground.segments()[-1].open("ab") as file:
        file.write(encode_record(2, b"6") + encode_record(3, b"torn")[:kept])
    ground.die(dying)
    spool = alive or ground.spool()
    spool.append(numbered(7, 3))
    assert spool.state().entries == 10 + (kept == len(encode_record(0, b"torn")))
    assert spool.drain() == 0
    assert ground.broker.queues[2] == [b"2", b"6"]
    assert [event.bytes for event in ground.log.of(SpoolTorn)] == ([kept] if 0 < kept < 14 else [])


def test_notes_that_a_power_cut_took_are_found_again(ground: Ground) -> None:
    """Segments are on disk before any answer; the file of positions may be from before, or not be there."""
    spool = ground.spool(segment_bytes=200)
    positions = ground.folder / "positions"
    before = positions.read_bytes()
    entries = numbered(0, 60)
    for at in range(0, 60, 5):
        spool.append(entries[at : at + 5])
    ground.die()
    for left in (before, b"", before[:100]):
        positions.write_bytes(left)
        spool = ground.spool()
        assert spool.closed() == {0, 1, 2, 3}
        assert spool.state().entries == 60
        ground.die()
    spool = ground.spool()
    spool.append(numbered(60, 4))
    assert spool.drain() == 0
    assert ground.broker.queues == by_queue(numbered(0, 64))


def test_a_power_cut_may_take_some_notes_and_leave_others(ground: Ground) -> None:
    """The end is on disk, but not that queues are closed: nothing is forgotten for that."""
    spool = ground.spool()
    spool.append(numbered(0, 8))
    spool._folder.positions.put_closed(range(4), closed=False)
    ground.die()
    spool = ground.spool()
    assert spool.closed() == {0, 1, 2, 3}
    assert spool.drain() == 0
    assert ground.broker.queues == by_queue(numbered(0, 8))


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


def test_it_is_bounded(ground: Ground) -> None:
    """Full is refused, honestly and without a trace; what it holds already is drained as ever."""
    spool = ground.spool(max_bytes=500)
    accepted: list[bytes] = []

    def fill() -> None:
        while True:
            spool.append([(0, b"%d" % len(accepted))])
            accepted.append(b"%d" % len(accepted))

    with pytest.raises(SpoolUnavailable, match="max_bytes is 500"):
        fill()
    assert spool.state().bytes <= 500
    with pytest.raises(SpoolUnavailable):
        spool.check()
    assert spool.drain() == 0
    assert ground.broker.queues == {0: accepted}
    spool.append([(0, b"again")])
    spool.check()


def test_what_no_broker_may_ever_take_is_not_spooled(ground: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
    """One entry that is too large for it would keep its queue in the spool for ever."""
    monkeypatch.setattr(append, "MOST_ENTRY_BYTES", 10)
    spool = ground.spool()
    with pytest.raises(SpoolUnavailable, match="no entry of more than 10 bytes"):
        spool.append([(0, b"x"), (0, b"x" * 11)])
    assert spool.closed() == frozenset()


@contextmanager
def files_no_longer_than(size: int) -> Iterator[None]:
    """Let the kernel refuse to make a file longer: a write is cut short, the next one fails, as on a full disk."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.mark.parametrize("before", [0, 5])
def test_a_write_that_fails_half_way_is_taken_back(ground: Ground, before: int) -> None:
    """The entries are refused, nothing of them is read later, and what comes after is whole."""
    spool = ground.spool()
    spool._folder.positions.put_closed([], closed=True)
    if before:
        spool.append(numbered(0, before))
    with files_no_longer_than(60 + before * 20), pytest.raises(SpoolUnavailable, match="disk"):
        spool.append([(0, b"refused"), (1, b"x" * 300)])
    spool.append(numbered(before, 3))
    ground.die()
    spool = ground.spool()
    assert spool.drain() == 0
    assert ground.broker.queues == by_queue(numbered(0, before + 3))
    assert ground.log.of(SpoolTorn) == []


def test_nothing_follows_an_fsync_that_failed(ground: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
    """The kernel forgets what it could not write: its entries are refused, later ones go to another segment."""
    spool = ground.spool()
    spool.append(numbered(0, 3))

    def fails(_descriptor: int) -> None:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", fails)
        with pytest.raises(SpoolUnavailable, match="Input/output error"):
            spool.append([(0, b"refused")])
    spool.append(numbered(3, 3))
    assert len(ground.segments()) == 2
    assert spool.drain() == 0
    assert ground.broker.queues == by_queue(numbered(0, 6))


def test_all_of_it_is_on_disk_before_it_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Entries with one fsync for all; and the names of new files and folders, without which they could not be found."""
    synced: list[str] = []
    fsync = os.fsync

    def note(descriptor: int) -> None:
        synced.append(Path(f"/proc/self/fd/{descriptor}").readlink().name)
        fsync(descriptor)

    monkeypatch.setattr(os, "fsync", note)
    ground = Ground(tmp_path / "state" / "spool")
    spool = ground.spool()
    assert {tmp_path.name, "state"} <= set(synced)
    synced.clear()
    spool.append(numbered(0, 100))
    assert synced == [ground.segments()[0].name, "spool"]
    spool.append(numbered(100, 100))
    assert synced[2:] == [ground.segments()[0].name]
    ground.die()


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
