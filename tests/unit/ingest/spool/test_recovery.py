"""Whoever dies meanwhile, process or machine: what was accepted is found again."""

from __future__ import annotations

import pytest

from qtd.ingest.spool.record import encode_record
from qtd.log.events.spool import SpoolFound, SpoolTorn
from tests.unit.ingest.spooling import Ground, by_queue, numbered


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
