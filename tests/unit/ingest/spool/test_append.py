"""What was accepted is on disk; what is not on disk was refused, and leaves no trace."""

from __future__ import annotations

import errno
import os
import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from qtd.errors import SpoolUnavailable
from qtd.ingest.spool import append
from qtd.log.events.spool import SpoolTorn
from tests.unit.ingest.spooling import Ground, by_queue, numbered


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
