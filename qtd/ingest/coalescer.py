"""One push for the entries of all requests in flight: what makes the queue's round trip cheap.

While one push is on its way the next entries gather; nobody waits for a timer. The event loop never waits
for the broker: pushes run in one thread, in the order in which the requests came.

With a spool nobody waits long for a broker that is away either. Entries that it does not take go to the spool,
and so does whatever comes later for the same queues, as long as something of them is there: nothing overtakes
it. A push that does not end in time is left to its thread, and another thread takes its place.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from threading import Condition, Thread
from typing import Final, Protocol, TypeAlias

from qtd.errors import BrokerUnavailable, QtdError

Entries: TypeAlias = Sequence[tuple[int, bytes]]
Push: TypeAlias = Callable[[Entries], None]
#: Told when the entries are durable (None) or why they are not; and whether some of them are in the spool.
Done: TypeAlias = Callable[[QtdError | None, bool], None]
Waiting: TypeAlias = "tuple[Entries, Done]"

MAX_WAITING_BYTES: Final = 64 * 1024 * 1024
"""Entries that may wait for the push under way; beyond, requests are refused at once."""
MAX_PUSH_ENTRIES: Final = 1000
"""Entries of one push, so that no broker is asked for more than it does in its time-out."""


class Spooling(Protocol):
    """What the coalescer needs of the spool (`qtd.ingest.spool.spool.Spool`)."""

    deadline_seconds: float

    def closed(self) -> frozenset[int]:
        """Return the queues whose new entries have to go to the spool."""

    def append(self, entries: Entries, cause: str | None = None) -> None:
        """Make entries durable there; `cause` is why the broker did not."""


class Coalescer:
    """Pushes entries in a thread of its own and tells the loop when they are durable.

    `call_soon` runs a function in the event loop's thread (`loop.call_soon_threadsafe`). `failed` and
    `succeeded` are told once for each push, in the push thread; `failed` with the number of its entries that
    are nowhere. With a `spool`, `check` has to be called now and then.
    """

    def __init__(
        self,
        push: Push,
        *,
        call_soon: Callable[[Callable[[], None]], object],
        failed: Callable[[QtdError, int], None] = lambda _error, _entries: None,
        succeeded: Callable[[], None] = lambda: None,
        max_waiting_bytes: int = MAX_WAITING_BYTES,
        spool: Spooling | None = None,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._push = push
        self._call_soon = call_soon
        self._failed = failed
        self._succeeded = succeeded
        self._max_waiting_bytes = max_waiting_bytes
        self._spool = spool
        self._monotonic = monotonic
        self._waiting: list[Waiting] = []
        self._waiting_bytes = 0
        self._closing = False
        self._under_way: _Batch | None = None
        self._turn = 0
        self._changed = Condition()
        self._thread = self._begin(None)

    def submit(self, entries: Entries, done: Done) -> None:
        """Take entries to push; `done` is called in the event loop's thread, always later than this returns.

        Raises BrokerUnavailable at once where too much is waiting, or after `close`.
        """
        size = sum(len(stored) for _, stored in entries)
        with self._changed:
            if self._closing:
                raise BrokerUnavailable("the endpoint is stopping")
            if self._waiting and self._waiting_bytes + size > self._max_waiting_bytes:
                raise BrokerUnavailable(f"{self._waiting_bytes} bytes are waiting to be pushed already")
            self._waiting.append((entries, done))
            self._waiting_bytes += size
            if len(self._waiting) == 1:
                self._changed.notify()

    def check(self) -> None:
        """Take a push for failed that has been under way for too long; its entries go to the spool.

        Its thread ends with it, whenever that is. It may still arrive: then the entries are in their queue
        twice, and the worker's ledger applies them once.
        """
        with self._changed:
            batch = self._under_way
            if batch is None or self._spool is None:
                return
            if self._monotonic() - batch.began < self._spool.deadline_seconds:
                return
            self._under_way = None
            self._turn += 1
            self._thread = self._begin(batch)

    def close(self, timeout_seconds: float | None = None) -> bool:
        """Take nothing more, push what is waiting, end; return whether all that was done in time."""
        with self._changed:
            self._closing = True
            self._changed.notify()
        end = None if timeout_seconds is None else time.monotonic() + timeout_seconds
        while True:
            thread = self._thread
            thread.join(None if end is None else max(end - time.monotonic(), 0))
            if thread.is_alive() and thread is self._thread:
                return False
            if thread is self._thread:
                return True

    def _begin(self, late: _Batch | None) -> Thread:
        thread = Thread(target=self._run, args=(self._turn, late), name="qtd-push", daemon=True)
        thread.start()
        return thread

    def _run(self, turn: int, late: _Batch | None) -> None:
        if late is not None and self._spool is not None:
            reason = f"no answer within {self._spool.deadline_seconds:g} s"
            self._divert(late, late.direct, BrokerUnavailable(reason))
            self._tell(late)
        while groups := self._next_groups():
            batch = _Batch(groups)
            if not self._store(batch, turn):
                return  # another thread has taken our place
            self._tell(batch)

    def _next_groups(self) -> list[Waiting]:
        with self._changed:
            while not self._waiting and not self._closing:
                self._changed.wait()
            groups: list[Waiting] = []
            count = 0
            for group in self._waiting:
                count += len(group[0])
                if groups and count > MAX_PUSH_ENTRIES:
                    break
                groups.append(group)
            del self._waiting[: len(groups)]
            self._waiting_bytes = sum(len(stored) for entries, _ in self._waiting for _, stored in entries)
            return groups

    def _store(self, batch: _Batch, turn: int) -> bool:
        """Push or spool a batch; False where `check` took it from us meanwhile."""
        if self._spool is not None:
            try:
                closed = self._spool.closed()
            except QtdError as refusal:
                batch.refuse(batch.direct, refusal)
                return True
            if closed:
                behind = [entry for entry in batch.direct if entry[0] in closed]
                batch.direct = [entry for entry in batch.direct if entry[0] not in closed]
                self._divert(batch, behind, None)
        if not batch.direct:
            return True
        with self._changed:
            batch.began = self._monotonic()
            self._under_way = batch
        error = self._pushed(batch.direct)
        with self._changed:
            if self._turn != turn:
                return False
            self._under_way = None
        if error is not None:
            self._divert(batch, batch.direct, error)
        return True

    def _pushed(self, entries: Entries) -> QtdError | None:
        try:
            self._push(entries)
        except QtdError as error:
            return error
        except Exception as error:  # noqa: BLE001 - whatever it was, the clients must hear that they failed
            return BrokerUnavailable(f"the push failed: {type(error).__name__}: {error}")
        return None

    def _divert(self, batch: _Batch, entries: Entries, error: QtdError | None) -> None:
        """Put entries into the spool that the broker did not take (`error`), or must not take yet."""
        if not entries:
            return
        if self._spool is None:
            batch.refuse(entries, error or BrokerUnavailable())
            return
        try:
            self._spool.append(entries, None if error is None else str(error))
        except QtdError as refusal:
            reason = str(refusal) if error is None else f"{error}; {refusal}"
            batch.refuse(entries, BrokerUnavailable(reason))
        except Exception as bug:  # noqa: BLE001 - as above
            batch.refuse(entries, BrokerUnavailable(f"the spool failed: {type(bug).__name__}: {bug}"))
        else:
            batch.spooled.update(queue for queue, _ in entries)

    def _tell(self, batch: _Batch) -> None:
        self._call_soon(batch)
        if batch.error is None:
            self._succeeded()
        else:
            self._failed(batch.error, batch.refused_entries)


class _Batch:
    """The requests of one push; called, it tells all of them what became of it."""

    __slots__ = ("began", "direct", "error", "groups", "refused", "refused_entries", "spooled")

    def __init__(self, groups: list[Waiting]) -> None:
        self.groups = groups
        #: What is to be pushed.
        self.direct = [entry for entries, _ in groups for entry in entries]
        #: Queues whose entries are in the spool; those of one queue are always all there or all elsewhere.
        self.spooled: set[int] = set()
        #: Queues whose entries are nowhere, how many those are, and why the last of them.
        self.refused: set[int] = set()
        self.refused_entries = 0
        self.error: QtdError | None = None
        #: When the push began, by the monotonic clock.
        self.began = 0.0

    def refuse(self, entries: Entries, error: QtdError) -> None:
        """Note that nothing took entries."""
        self.refused.update(queue for queue, _ in entries)
        self.refused_entries += len(entries)
        self.error = error

    def __call__(self) -> None:
        if not self.spooled and not self.refused:
            for _, done in self.groups:
                done(None, False)
            return
        for entries, done in self.groups:
            failed = any(queue in self.refused for queue, _ in entries)
            done(self.error if failed else None, any(queue in self.spooled for queue, _ in entries))
