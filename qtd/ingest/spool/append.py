"""Appends entries to the spool so that they are on disk at return, and makes good what a dead process left."""

from __future__ import annotations

import os
from contextlib import suppress
from dataclasses import replace
from typing import Final

from qtd.clock import Clock
from qtd.errors import QueuesRenumbered, SpoolUnavailable
from qtd.ingest.pushing import Entries
from qtd.ingest.spool.disk import failed, write_all
from qtd.ingest.spool.folder import SpoolFolder
from qtd.ingest.spool.positions import NO_SEGMENT, Head
from qtd.ingest.spool.record import encode_record
from qtd.ingest.spool.recovery import Recovery
from qtd.ingest.spool.segment import HEAD_BYTES
from qtd.log import Logger

#: A segment is not appended to any more once it has so many bytes; what is drained is freed by segments.
SEGMENT_BYTES: Final = 16 * 1024 * 1024
#: Larger entries are not spooled: one that no broker ever takes would keep its queue in the spool for ever.
MOST_ENTRY_BYTES: Final = 8 * 1024 * 1024


class Appender:
    """Appends for one process, under the lock that all share."""

    def __init__(
        self,
        folder: SpoolFolder,
        *,
        queues: int,
        max_bytes: int,
        clock: Clock,
        log: Logger,
        segment_bytes: int = SEGMENT_BYTES,
    ) -> None:
        """Make good what was left behind. Raises OSError.

        `queues` is their number in a new spool; one that is there already knows it.
        """
        self._folder = folder
        self._positions = folder.positions
        self._queues = queues
        self._max_bytes = max_bytes
        self._segment_bytes = segment_bytes
        self._clock = clock
        self._recovery = Recovery(folder, clock=clock, log=log)
        self._base = NO_SEGMENT
        self._descriptor = -1
        with folder.append_lock.held():
            self._recovery.run(everything=folder.first)
            self._queues = self._positions.head().queues

    @property
    def queues(self) -> int:
        """By how many queues this process goes."""
        return self._queues

    def renumber(self, queues: int) -> None:
        """Go by another number; while old entries are there all queues are closed, in all processes.

        Raises SpoolUnavailable.
        """
        try:
            with self._folder.append_lock.held():
                self._adopt(queues)
        except OSError as error:
            raise failed(error) from error
        self._queues = queues

    def append(self, entries: Entries) -> None:
        """Append `(queue, stored bytes)` and close their queues; one fsync for all of them.

        Raises:
            SpoolUnavailable: none of them counts as accepted.
            QueuesRenumbered: another process has learned another number; likewise.
        """
        if any(len(stored) > MOST_ENTRY_BYTES for _, stored in entries):
            raise SpoolUnavailable(f"the spool takes no entry of more than {MOST_ENTRY_BYTES} bytes")
        try:
            with self._folder.append_lock.held():
                if (queues := self._positions.queues()) != self._queues:
                    raise QueuesRenumbered(queues, entries)
                self._append(entries)
        except OSError as error:
            raise failed(error) from error

    def close(self) -> None:
        """Close the segment."""
        if self._base != NO_SEGMENT:
            os.close(self._descriptor)
        self._base = NO_SEGMENT

    def _append(self, entries: Entries) -> None:
        head = self._open(self._positions.head())
        created = head.end == head.segment
        place = head.end + HEAD_BYTES * created
        records: list[bytes] = []
        ends: dict[int, int] = {}
        for queue, stored in entries:
            record = encode_record(queue, stored)
            records.append(record)
            place += len(record)
            ends[queue] = place
        if place - head.begin > self._max_bytes:
            if created:
                self._discard(head.segment)
            raise SpoolUnavailable(f"the spool is full: spool.max_bytes is {self._max_bytes}")
        start = head.end - head.segment + HEAD_BYTES * created
        self._write(b"".join(records), start, head, created=created)
        self._note(replace(head, end=place, appended=head.appended + len(entries)), ends)

    def _open(self, head: Head) -> Head:
        """Make sure that the descriptor is that of a segment with room, which ends where the head says."""
        if head.segment != NO_SEGMENT:
            if self._base != head.segment:
                self.close()
                self._descriptor = os.open(self._folder.segment(head.segment), os.O_WRONLY | os.O_CLOEXEC)
                self._base = head.segment
            if os.fstat(self._descriptor).st_size != head.end - head.segment:
                self._recovery.run()  # somebody died while appending
                head = self._positions.head()
        if head.segment != NO_SEGMENT and head.end - head.segment < self._segment_bytes:
            return head
        self.close()
        try:
            self._descriptor = self._folder.create(head.end, self._queues)
        except FileExistsError:  # somebody died after making it
            self._recovery.run()
            head = self._positions.head()
            self._descriptor = self._folder.create(head.end, self._queues)
        self._base = head.end
        empty = head.begin == head.end
        return replace(head, segment=head.end, begin=head.end if empty else head.begin)

    def _write(self, data: bytes, start: int, head: Head, *, created: bool) -> None:
        try:
            write_all(self._descriptor, data, start)
            os.fsync(self._descriptor)
            if created:
                self._folder.sync()
        except OSError:
            # What an fsync that failed has left in the file can not be trusted, and nothing may come behind it.
            if created:
                self._discard(head.segment)
            else:
                with suppress(OSError):
                    os.ftruncate(self._descriptor, start)
                self.close()
                self._positions.put_head(replace(head, segment=NO_SEGMENT))
            raise

    def _discard(self, base: int) -> None:
        self.close()
        self._folder.segment(base).unlink(missing_ok=True)

    def _note(self, head: Head, ends: dict[int, int]) -> None:
        """Write down what is on disk; the head last, for without it the rest does not count."""
        closed = self._positions.closed(head.widest)
        if not any(closed):
            head = replace(head, since=self._clock.now())
        self._positions.put_appended(ends)
        self._positions.put_closed([queue for queue in ends if not closed[queue]], closed=True)
        self._positions.put_head(head)

    def _adopt(self, queues: int) -> None:
        """Take note of another number of queues than before: all stay closed until the old entries are gone."""
        head = self._positions.head()
        if head.queues == queues:
            return
        if any(self._positions.closed(head.widest)):
            self._positions.put_appended(dict.fromkeys(range(queues), head.end))
            self._positions.put_closed(range(queues), closed=True)
        widest = max(head.widest, queues)
        self._positions.put_head(replace(head, queues=queues, widest=widest, segment=NO_SEGMENT))
