"""One folder for all processes of a machine, and for whoever may look."""

from __future__ import annotations

from qtd.ingest.spool.state import SpoolState, look
from tests.unit.ingest.spooling import Ground, numbered


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
