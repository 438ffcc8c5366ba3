"""The file of positions: how far the spool was written and pushed, and which queues are closed meanwhile.

All processes read and write it with pread and pwrite, never through a memory map, for on a full disk that would
be a SIGBUS. Who may write what:

- the holder of the append lock: the head, `appended`, `closed`;
- the holder of the drain lock: `drained`, `pushed`.

`closed` is one byte for each queue, so that it can be read without a lock, and so can the number of queues. All
else is read by who may write it.
The file survives the end of a process. When the machine fails it may be a little old, which recovery and the
ledger make good: see `qtd.ingest.spool.append` and docs/guarantees.md.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from struct import Struct, error, pack, unpack
from typing import Final, Self

from qtd.ingest.spool.disk import write_all

#: What the file has room for; `queue.count` can not be more.
MOST_QUEUES: Final = 4096
#: No segment is being appended to.
NO_SEGMENT: Final = 2**64 - 1

_MAGIC: Final = b"qtdplace"
_HEAD: Final = Struct("<8sIIQQQQd")
_HEAD_AT: Final = MOST_QUEUES
_QUEUES_AT: Final = _HEAD_AT + 8
_PUSHED_AT: Final = _HEAD_AT + 1024
_APPENDED_AT: Final = 2 * MOST_QUEUES
_DRAINED_AT: Final = _APPENDED_AT + 8 * MOST_QUEUES
_SIZE: Final = _DRAINED_AT + 8 * MOST_QUEUES


@dataclass(frozen=True, kw_only=True, slots=True)
class Head:
    """What holds for the spool as a whole; positions are bytes, see `qtd.ingest.spool.segment`."""

    #: how many queues there are, and the most there ever were
    queues: int
    widest: int
    #: behind the newest entry; whatever lies beyond was not finished
    end: int = 0
    #: where the oldest segment begins
    begin: int = 0
    #: where the segment begins that is appended to, or `NO_SEGMENT`
    segment: int = NO_SEGMENT
    #: entries appended since the file was made
    appended: int = 0
    #: Unix time of the oldest entry that waits
    since: float = 0.0


class Positions:
    """The open file; every call may raise OSError."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    @classmethod
    def to_write(cls, path: Path, queues: int) -> Self:
        """Open it; to be called under the append lock, for what is not there or not whole is made anew."""
        positions = cls(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
        if positions._head() is None:
            # Every block now, so that what follows needs no space on the disk.
            write_all(positions._descriptor, bytes(_SIZE), 0)
            positions.put_head(Head(queues=queues, widest=queues))
            os.fsync(positions._descriptor)
        return positions

    @classmethod
    def to_read(cls, path: Path) -> Self:
        """Open what is there; nothing can be written."""
        return cls(os.open(path, os.O_RDONLY | os.O_CLOEXEC))

    def closed(self, queues: int = MOST_QUEUES) -> bytes:
        """Return a byte for each of the first `queues` queues: not zero if it has entries in the spool."""
        return os.pread(self._descriptor, queues, 0)

    def queues(self) -> int:
        """Return how many queues there are; needs no lock."""
        return int.from_bytes(os.pread(self._descriptor, 4, _QUEUES_AT), "little")

    def put_closed(self, queues: Iterable[int], *, closed: bool) -> None:
        """Close queues, or open them."""
        for queue in queues:
            os.pwrite(self._descriptor, b"\1" if closed else b"\0", queue)

    def head(self) -> Head:
        """Return the head."""
        head = self._head()
        if head is None:
            raise OSError("the spool's file of positions is damaged")
        return head

    def put_head(self, head: Head) -> None:
        """Write the head."""
        fields = (head.queues, head.widest, head.end, head.begin, head.segment, head.appended, head.since)
        os.pwrite(self._descriptor, _HEAD.pack(_MAGIC, *fields), _HEAD_AT)

    def appended(self, queues: int) -> list[int]:
        """Return the position behind the newest entry of each queue."""
        return self._numbers(_APPENDED_AT, queues)

    def put_appended(self, ends: Mapping[int, int]) -> None:
        """Write the position behind the newest entry of some queues."""
        for queue, end in ends.items():
            os.pwrite(self._descriptor, pack("<Q", end), _APPENDED_AT + 8 * queue)

    def drained(self, queues: int) -> list[int]:
        """Return for each queue the position before which all its entries have been pushed."""
        return self._numbers(_DRAINED_AT, queues)

    def put_drained(self, drained: list[int], pushed: int) -> None:
        """Write those, and how many entries were pushed; on disk at return, so that few are pushed again."""
        os.pwrite(self._descriptor, pack(f"<{len(drained)}Q", *drained), _DRAINED_AT)
        os.pwrite(self._descriptor, pack("<Q", pushed), _PUSHED_AT)
        os.fdatasync(self._descriptor)

    def pushed(self) -> int:
        """Return how many entries were pushed since the file was made."""
        return self._numbers(_PUSHED_AT, 1)[0]

    def close(self) -> None:
        """Close the file."""
        os.close(self._descriptor)

    def _numbers(self, at: int, count: int) -> list[int]:
        return list(unpack(f"<{count}Q", os.pread(self._descriptor, 8 * count, at)))

    def _head(self) -> Head | None:
        try:
            magic, queues, widest, end, begin, segment, appended, since = _HEAD.unpack(
                os.pread(self._descriptor, _HEAD.size, _HEAD_AT)
            )
        except error:
            return None
        if magic != _MAGIC or os.fstat(self._descriptor).st_size != _SIZE:
            return None
        return Head(
            queues=queues,
            widest=widest,
            end=end,
            begin=begin,
            segment=segment,
            appended=appended,
            since=since,
        )
