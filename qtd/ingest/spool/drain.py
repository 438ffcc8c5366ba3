"""Pushes what is in the spool, in order, and opens each queue when nothing of it is left.

New entries of a closed queue go behind its old ones, so the last of them have to be pushed while nobody appends:
that last step holds the append lock. A queue that the broker does not take (one shard of a cluster is away, say)
is left out, and holds up only itself.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise

from qtd.clock import Clock
from qtd.errors import QueuesRenumbered
from qtd.ingest.pushing import MOST_RENUMBERINGS, Entries, Numbers, Push, contradiction
from qtd.ingest.spool.folder import SpoolFolder
from qtd.ingest.spool.pieces import Piece, Pieces
from qtd.ingest.spool.positions import MOST_QUEUES, NO_SEGMENT
from qtd.log import Logger


class Drain:
    """One attempt to drain the spool; used under the drain lock."""

    def __init__(
        self,
        folder: SpoolFolder,
        *,
        queues: int,
        push: Push,
        numbers: Numbers,
        began: Callable[[], None],
        patience_seconds: float,
        turn: int,
        clock: Clock,
        log: Logger,
    ) -> None:
        """Prepare it. `began` is told once, when the broker has taken something.

        `turn` counts the attempts: which queue is tried first changes with it. Pushes that fail may take
        `patience_seconds` together; then the attempt is over.
        """
        self._folder = folder
        self._positions = folder.positions
        self._queues = queues
        self._push = push
        self._numbers = numbers
        self._moved = False
        self._began: Callable[[], None] | None = began
        self._patience = patience_seconds
        self._turn = turn
        self._clock = clock
        self._drained = self._positions.drained(MOST_QUEUES)
        self._width = queues
        self._pushed = self._positions.pushed()
        self._blocked: set[int] = set()
        self._pieces = Pieces(folder, entered=self._forget_before, log=log)
        #: why the broker did not take some or all of it
        self.cause: Exception | None = None

    def run(self, go_on: Callable[[], bool] = lambda: True) -> None:
        """Push until the spool is empty, every queue in it is blocked, or told not to go on.

        Raises:
            OSError: the spool's disk failed.
        """
        try:
            self._run(go_on)
        finally:
            self._pieces.close()

    def _run(self, go_on: Callable[[], bool]) -> None:
        place = min((self._drained[queue] for queue in self._closed()), default=0)
        end = place
        while go_on() and not self._all_blocked():
            if place < end:
                piece = self._pieces.read(place, end)
                self._apply(piece)
                place = piece.end
                continue
            with self._folder.append_lock.held():
                end = self._positions.head().end
                piece = self._pieces.read(place, end)
                if piece.end == end:
                    self._apply(piece)
                    self._open(end)
                    return

    def _closed(self) -> list[int]:
        return [queue for queue, closed in enumerate(self._positions.closed()) if closed]

    def _all_blocked(self) -> bool:
        return bool(self._blocked) and self._blocked.issuperset(self._closed())

    # pushing

    def _apply(self, piece: Piece) -> None:
        """Push a piece, and note what was pushed."""
        entries = [
            (record.queue, record.stored)
            for record in piece.records
            if record.queue not in self._blocked and record.end > self._drained[record.queue]
        ]
        queues = sorted({queue for queue, _ in entries})
        before = self._clock.monotonic()
        if entries and not self._try(entries, piece.queues):
            self._spent(before)
            if self._moved or piece.queues != self._queues:
                # Entries of one old queue may now belong to any: none may overtake those that did not go.
                self._blocked.update(range(MOST_QUEUES))
            elif len(queues) == 1:
                self._blocked.update(queues)
            else:
                self._try_each(entries, queues, piece.queues)
        gone = sum(queue not in self._blocked for queue, _ in entries)
        if gone and self._began is not None:
            self._began()
            self._began = None
        self._pushed += gone
        self._width = max([self._width, *(queue + 1 for queue in queues)])
        for queue in range(self._width):
            if queue not in self._blocked and self._drained[queue] < piece.end:
                self._drained[queue] = piece.end
        self._positions.put_drained(self._drained[: self._width], self._pushed)

    def _try_each(self, entries: Entries, queues: list[int], count: int) -> None:
        """Push each queue's entries by themselves, to see which the broker takes."""
        first = self._turn % len(queues)
        for queue in queues[first:] + queues[:first]:
            before = self._clock.monotonic()
            own = [entry for entry in entries if entry[0] == queue]
            if self._patience <= 0 or not self._try(own, count):
                self._spent(before)
                self._blocked.add(queue)

    def _try(self, entries: Entries, count: int) -> bool:
        """Push entries whose queues were found for `count` queues, to those that they belong to now."""
        try:
            for _ in range(MOST_RENUMBERINGS):
                try:
                    self._push(entries, count)
                except QueuesRenumbered as change:
                    self._moved = True
                    count = self._numbers.number(change)
                    entries = self._numbers.routed(change.entries, count)
                else:
                    return True
            self.cause = contradiction()
        except Exception as error:  # noqa: BLE001 - whatever it is, they are not in the queue
            self.cause = error
        return False

    def _spent(self, before: float) -> None:
        self._patience -= self._clock.monotonic() - before

    # what is left

    def _open(self, end: int) -> None:
        """Open what was drained up to `end`; with the append lock, so that is all there is."""
        if self._blocked and self._positions.head().queues != self._queues:
            return  # what is blocked may belong to any of those that there are now
        self._positions.put_closed(
            [queue for queue in self._closed() if queue not in self._blocked], closed=False
        )
        if self._closed():
            return
        self._pieces.close()
        for base in self._folder.bases():
            self._folder.segment(base).unlink()
        self._positions.put_head(replace(self._positions.head(), begin=end, segment=NO_SEGMENT))

    def _forget_before(self, base: int) -> None:
        """Remove the segments before the one at `base` that no queue needs any more."""
        needed = min((self._drained[queue] for queue in self._closed()), default=base)
        bases = self._folder.bases()
        gone = [one for one, following in pairwise(bases) if following <= needed and following <= base]
        if not gone:
            return
        with self._folder.append_lock.held():
            for one in gone:
                self._folder.segment(one).unlink()
            head = self._positions.head()
            self._positions.put_head(replace(head, begin=min(self._folder.bases(), default=head.end)))
