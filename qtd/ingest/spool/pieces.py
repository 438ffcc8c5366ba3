"""Reads the spool piece by piece, across its segments; what is damaged is left out, and kept for people."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

from qtd.ingest.spool.folder import SpoolFolder
from qtd.ingest.spool.positions import NO_SEGMENT
from qtd.ingest.spool.reading import read_segment
from qtd.ingest.spool.record import Record
from qtd.ingest.spool.segment import HEAD_BYTES
from qtd.log import Logger
from qtd.log.events.spool import SpoolTorn

#: Records of one piece, and so entries of one push.
MOST_ENTRIES: Final = 1000


@dataclass(frozen=True, kw_only=True, slots=True)
class Piece:
    """Records that follow one another, and where the reading of the next begins."""

    records: list[Record]
    end: int
    #: as many queues as there were when they were spooled; 0: there are no records
    queues: int


class Pieces:
    """The reading of one attempt to drain; `entered` is told the base of each segment before it is read."""

    def __init__(self, folder: SpoolFolder, *, entered: Callable[[int], None], log: Logger) -> None:
        self._folder = folder
        self._entered = entered
        self._log = log
        self._descriptor = -1
        self._base = NO_SEGMENT
        self._queues = 0

    def read(self, place: int, end: int) -> Piece:
        """Read on from `place`, at most to `end`. Raises OSError."""
        while place < end:
            base, stop = self._segment_at(place, end)
            if base is None:
                place = stop
                continue
            reading = read_segment(
                self._descriptor, base, max(place, base + HEAD_BYTES), stop, limit=MOST_ENTRIES
            )
            if reading.records:
                return Piece(records=reading.records, end=reading.end, queues=self._queues)
            self._damaged(base, stop - reading.end)
            place = stop
        return Piece(records=[], end=end, queues=0)

    def close(self) -> None:
        """Close the segment that is open, if one is."""
        if self._base != NO_SEGMENT:
            os.close(self._descriptor)
        self._base = NO_SEGMENT

    def _segment_at(self, place: int, end: int) -> tuple[int | None, int]:
        """Open the segment that holds `place`; return its base and where it ends.

        There is none (None) where it was removed, or is damaged: then that is where the next one begins.
        """
        bases = self._folder.bases()
        base = max((base for base in bases if base <= place), default=None)
        following = min([end, *(base for base in bases if base > place)])
        if base is None or place >= base + self._folder.size(base):
            return None, following
        if base != self._base:
            self.close()
            self._entered(base)
            queues = self._folder.queues_of(base)
            if queues is None:
                self._damaged(base, following - base)
                return None, following
            self._queues = queues
            self._descriptor = os.open(self._folder.segment(base), os.O_RDONLY | os.O_CLOEXEC)
            self._base = base
        return base, following

    def _damaged(self, base: int, size: int) -> None:
        """Keep a segment for people that holds something else than what was written; nothing comes behind it."""
        positions = self._folder.positions
        with self._folder.append_lock.held():
            head = positions.head()
            if head.segment == base:
                positions.put_head(replace(head, segment=NO_SEGMENT))
        kept = self._folder.keep_copy(base)
        if kept is not None:
            self._log.emit(SpoolTorn(segment=kept.name, bytes=size))
