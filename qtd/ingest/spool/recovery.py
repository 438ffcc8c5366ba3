"""Finds what was written to the spool and not noted, because its writer died or the machine failed."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace

from qtd.clock import Clock
from qtd.ingest.spool.folder import SpoolFolder
from qtd.ingest.spool.positions import MOST_QUEUES, NO_SEGMENT
from qtd.ingest.spool.reading import read_segment
from qtd.ingest.spool.record import Record
from qtd.ingest.spool.segment import HEAD_BYTES
from qtd.log import Logger
from qtd.log.events.spool import SpoolTorn


class Recovery:
    """Takes note of whole records beyond the noted end, and cuts off what follows them.

    A record that is whole may have been answered with success; one that is not never was, because the answer
    comes after the fsync.
    """

    def __init__(self, folder: SpoolFolder, *, clock: Clock, log: Logger) -> None:
        self._folder = folder
        self._clock = clock
        self._log = log

    def run(self, *, everything: bool = False) -> None:
        """Do it, under the append lock; the next entry begins a new segment. Raises OSError.

        With `everything` no note is trusted but that of what was pushed, which alone is synchronised: the
        machine may have failed, and its disk may have some of the notes and not others.
        """
        positions = self._folder.positions
        head, drained, closed = positions.head(), positions.drained(MOST_QUEUES), positions.closed()
        ends: dict[int, int] = {}
        entries = positions.pushed() if everything else head.appended
        end = max(head.end, *drained)
        for base, start, stop in self._beyond(0 if everything else head.end):
            good = start
            for record in self._records(base, start, stop):
                ends[record.queue] = good = record.end
                entries += record.end > drained[record.queue]
            if good < stop:
                self._cut(base, good, stop)
            end = max(end, good)
        waiting = [queue for queue, last in ends.items() if last > drained[queue]]
        positions.put_appended(ends)
        positions.put_closed([queue for queue in waiting if not closed[queue]], closed=True)
        positions.put_head(
            replace(
                head,
                widest=max([head.widest, *(queue + 1 for queue in ends)]),
                end=end,
                begin=min(self._folder.bases(), default=end),
                segment=NO_SEGMENT,
                appended=entries,
                since=head.since if any(closed) else self._clock.now(),
            )
        )

    def _beyond(self, noted: int) -> Iterator[tuple[int, int, int]]:
        """Yield each segment with records that may not be noted: its base, where they begin and end."""
        bases = self._folder.bases()
        for base, following in zip(bases, [*bases[1:], None], strict=False):
            size = self._folder.size(base)
            # Behind an error a segment may have more than it should, and the next one has begun where it failed.
            stop = base + size if following is None else min(base + size, following)
            if stop <= noted:
                continue
            if size < HEAD_BYTES:  # its writer had only just made it
                self._folder.segment(base).unlink()
                continue
            if self._folder.queues_of(base) is None:
                self._log.emit(SpoolTorn(segment=self._folder.set_aside(base).name, bytes=size))
                continue
            yield base, max(noted, base + HEAD_BYTES), stop

    def _records(self, base: int, start: int, stop: int) -> Iterator[Record]:
        descriptor = os.open(self._folder.segment(base), os.O_RDONLY | os.O_CLOEXEC)
        try:
            while (reading := read_segment(descriptor, base, start, stop)).records:
                yield from reading.records
                start = reading.end
        finally:
            os.close(descriptor)

    def _cut(self, base: int, good: int, stop: int) -> None:
        descriptor = os.open(self._folder.segment(base), os.O_WRONLY | os.O_CLOEXEC)
        try:
            os.ftruncate(descriptor, good - base)
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        self._log.emit(SpoolTorn(segment=self._folder.segment(base).name, bytes=stop - good))
