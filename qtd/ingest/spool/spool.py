"""One process' view of the spool: which queues are closed, a way in, and a thread that drains it."""

from __future__ import annotations

from pathlib import Path
from threading import Event, Thread
from typing import Final, Protocol

from qtd.clock import Clock
from qtd.errors import QueuesRenumbered, SpoolUnavailable
from qtd.ingest.pushing import Entries, Numbers, Push
from qtd.ingest.spool.append import SEGMENT_BYTES, Appender
from qtd.ingest.spool.disk import failed
from qtd.ingest.spool.drain import Drain
from qtd.ingest.spool.folder import SpoolFolder
from qtd.ingest.spool.state import SpoolState, state_of
from qtd.log import Logger
from qtd.log.events.spool import SpoolBroken, SpoolDrained, SpoolDraining, SpoolFound, Spooling

#: Pause before looking again whether the process that drains is done, or has died.
ELSEWHERE_SECONDS: Final = 1.0


class Pauses(Protocol):
    """Pauses between attempts, longer with each failure (`qtd.worker.backoff.Backoff`)."""

    def failed(self) -> float:
        """Count a failure; return the seconds to wait."""

    def succeeded(self) -> None:
        """Begin from the shortest pause again."""


class Spool:
    """The spool; `closed`, `append` and `state` may be called by any thread, `append` by one at a time.

    Made in each process after it was forked, and `start`ed. `push` is `FollowingQueues.push`; a push that takes longer
    than `deadline_seconds` counts as failed (the coalescer's business).
    """

    def __init__(
        self,
        directory: Path,
        *,
        queues: int,
        max_bytes: int,
        push: Push,
        numbers: Numbers,
        pauses: Pauses,
        deadline_seconds: float,
        clock: Clock,
        log: Logger,
        segment_bytes: int = SEGMENT_BYTES,
    ) -> None:
        """Open it and make good what was left behind. Raises OSError."""
        self.deadline_seconds = deadline_seconds
        self._push = push
        self._numbers = numbers
        self._pauses = pauses
        self._clock = clock
        self._log = log
        self._folder = SpoolFolder(directory, queues=queues)
        self._appender = Appender(
            self._folder,
            queues=queues,
            max_bytes=max_bytes,
            clock=clock,
            log=log,
            segment_bytes=segment_bytes,
        )
        self._known: tuple[bytes, frozenset[int]] = (b"", frozenset())
        self._attempts = 0
        #: how many entries had ever been drained when this draining began, which may take several attempts
        self._drained_before: int | None = None
        self._told = False
        self._refusal: SpoolUnavailable | None = None
        self._appended = Event()
        self._stop = Event()
        self._until = float("inf")
        self._thread = Thread(target=self._run, name="qtd-spool", daemon=True)

    def start(self) -> None:
        """Drain what was left behind, and whatever comes."""
        if self.waits():
            state = self.state()
            self._log.emit(SpoolFound(entries=state.entries, bytes=state.bytes))
            self._appended.set()
        self._thread.start()

    @property
    def queues(self) -> int:
        """By how many queues this process goes."""
        return self._appender.queues

    def renumber(self, count: int) -> None:
        """Go by the number of queues that the broker says is in force. Raises SpoolUnavailable."""
        self._appender.renumber(count)

    def closed(self) -> frozenset[int]:
        """Return the queues that have entries in the spool: new ones have to go behind them.

        What a process learns here is as new as any answer that was given before the call.

        Raises:
            SpoolUnavailable: its disk fails.
            QueuesRenumbered: another process has learned another number of queues: go by that, then ask again.
        """
        try:
            seen = self._folder.positions.closed(self.queues)
            if (queues := self._folder.positions.queues()) != self.queues:
                raise QueuesRenumbered(queues, ())
        except OSError as error:
            raise failed(error) from error
        known, closed = self._known
        if seen != known:
            closed = frozenset(queue for queue, byte in enumerate(seen) if byte)
            self._known = seen, closed
        return closed

    def waits(self) -> bool:
        """Return whether there is anything in the spool. Raises SpoolUnavailable."""
        try:
            return any(self._folder.positions.closed())
        except OSError as error:
            raise failed(error) from error

    def append(self, entries: Entries, cause: str | None = None) -> None:
        """Bring `(queue, stored bytes)` to disk; `cause` is why, None: their queues are closed.

        Raises:
            SpoolUnavailable: it is full, or its disk fails; none of them counts as accepted.
            QueuesRenumbered: as for `closed`; likewise.
        """
        try:
            self._appender.append(entries)
        except SpoolUnavailable as refusal:
            self._refusal = refusal
            raise
        self._refusal = None
        if cause is not None and not self._told:
            self._told = True
            self._log.emit(Spooling(entries=self.state().entries, cause=cause))
        self._appended.set()

    def state(self) -> SpoolState:
        """Return what waits. Raises OSError."""
        with self._folder.append_lock.held():
            return state_of(self._folder.positions)

    def check(self) -> None:
        """Raise SpoolUnavailable where the spool did not take what it was given last."""
        if self._refusal is not None:
            raise self._refusal

    def close(self, seconds: float) -> None:
        """Push on for at most so long if the broker takes it, then end; what is left waits for the next start."""
        self._until = self._clock.monotonic() + seconds
        self._stop.set()
        self._appended.set()
        if self._thread.is_alive():
            self._thread.join(seconds + self.deadline_seconds)
        if not self._thread.is_alive():
            self._appender.close()
            self._folder.close()

    # draining

    def _run(self) -> None:
        while True:
            self._appended.wait()
            self._appended.clear()
            while not self._is_empty():
                pause = self.drain()
                if self._stop.is_set():
                    return
                if pause:
                    self._clock.wait(pause, self._stop)
            self._told = False
            self._drained_before = None  # another process may have come to the end of it
            if self._stop.is_set():
                return

    def _is_empty(self) -> bool:
        try:
            return not self.waits()
        except SpoolUnavailable:
            return False

    def drain(self) -> float:
        """Make one attempt to drain; return the seconds to wait until the next."""
        try:
            with self._folder.drain_lock.held_if_free() as ours:
                return self._attempt() if ours else ELSEWHERE_SECONDS
        except Exception as error:  # noqa: BLE001 - without this thread nothing would ever leave the spool
            self._log.emit(SpoolBroken(directory=str(self._folder.path), cause=str(error)), error=error)
            return self._pauses.failed()

    def _attempt(self) -> float:
        before = self.state()
        pushed_before = self._folder.positions.pushed()
        if self._drained_before is None:
            self._drained_before = pushed_before
        self._attempts += 1
        drain = Drain(
            self._folder,
            queues=self.queues,
            push=self._push,
            numbers=self._numbers,
            began=self._began,
            patience_seconds=self.deadline_seconds,
            turn=self._attempts,
            clock=self._clock,
            log=self._log,
        )
        drain.run(lambda: not self._stop.is_set() or self._clock.monotonic() < self._until)
        pushed = self._folder.positions.pushed() - pushed_before
        if not self.waits():
            self._told = False
            self._pauses.succeeded()
            seconds = round(self._clock.now() - (before.since or self._clock.now()), 1)
            drained = self._folder.positions.pushed() - self._drained_before
            self._drained_before = None
            self._log.emit(SpoolDrained(entries=drained, seconds=seconds))
            return 0.0
        if drain.cause is None:
            return 0.0
        if pushed or not self._told:
            self._pauses.succeeded()
            self._told = True
            self._log.emit(Spooling(entries=self.state().entries, cause=str(drain.cause)))
        return self._pauses.failed()

    def _began(self) -> None:
        state = self.state()
        self._log.emit(SpoolDraining(entries=state.entries, bytes=state.bytes))
