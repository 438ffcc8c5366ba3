"""One push for the entries of all requests in flight: what makes the queue's round trip cheap.

While one push is on its way the next entries gather; nobody waits for a timer. The event loop never waits
for the broker: pushes run in one thread, in the order in which the requests came.

With a spool nobody waits long for a broker that is away either. Entries that it does not take go to the spool,
and so does whatever comes later for the same queues, as long as something of them is there: nothing overtakes
it. A push that does not end in time is left to its thread, and another thread takes its place.

Entries come with the number of queues by which theirs were found. When broker or spool say that another one is in
force, queues are found anew for whatever has not been pushed, and the event loop is told.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from threading import Condition, Thread
from typing import Final, Protocol, TypeAlias

from qtd.errors import BrokerUnavailable, NotAllPushed, QtdError, QueuesRenumbered

Entries: TypeAlias = Sequence[tuple[int, bytes]]
#: Pushes entries whose queues were found for so many; raises QueuesRenumbered where that is an old number.
Push: TypeAlias = Callable[[Entries, int], None]
#: Told when the entries are durable (None) or why they are not; and whether some of them are in the spool.
Done: TypeAlias = Callable[[QtdError | None, bool], None]
#: Entries, whom to tell, and the number of queues by which theirs were found.
Waiting: TypeAlias = "tuple[Entries, Done, int]"

MAX_WAITING_BYTES: Final = 64 * 1024 * 1024
"""Entries that may wait for the push under way; beyond, requests are refused at once."""
MAX_PUSH_ENTRIES: Final = 1000
"""Entries of one push, so that no broker is asked for more than it does in its time-out."""
MOST_RENUMBERINGS: Final = 10
"""How often the number of queues may turn out to be another one in one push; more is a contradiction."""


class Spooling(Protocol):
    """What the coalescer needs of the spool (`qtd.ingest.spool.spool.Spool`)."""

    deadline_seconds: float

    def closed(self) -> frozenset[int]:
        """Return the queues whose new entries have to go to the spool."""

    def append(self, entries: Entries, cause: str | None = None) -> None:
        """Make entries durable there; `cause` is why the broker did not."""

    def renumber(self, count: int) -> None:
        """Take note of the number of queues in force."""


class Numbers(Protocol):
    """What the coalescer needs to follow the number of queues (`qtd.queue.following.FollowingQueues`)."""

    def number(self, change: QueuesRenumbered) -> int:
        """Return the number in force after a push was refused for it."""

    def routed(self, entries: Entries, count: int) -> Entries:
        """Return entries as they belong to `count` queues."""


class Coalescer:
    """Pushes entries in a thread of its own and tells the loop when they are durable.

    `call_soon` runs a function in the event loop's thread (`loop.call_soon_threadsafe`). `failed` and
    `succeeded` are told once for each push, in the push thread; `failed` with the number of its entries that
    are nowhere. With a `spool`, `check` has to be called now and then; without `spools_failures` the spool gets only
    what has to go behind what it holds. `queues` is their number as far as it is known,
    `renumbered` is told another one in the loop's thread; without `numbers` it never changes.
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
        spools_failures: bool = True,
        queues: int = 0,
        numbers: Numbers | None = None,
        renumbered: Callable[[int], None] = lambda _count: None,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._push = push
        self._call_soon = call_soon
        self._failed = failed
        self._succeeded = succeeded
        self._max_waiting_bytes = max_waiting_bytes
        self._spool = spool
        self._spools_failures = spools_failures
        self._numbers = numbers
        self._renumbered = renumbered
        #: by which queues are found: for the loop's thread, and for the one that pushes, which is the first to know
        self._loops_queues = self._queues = queues
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
            self._waiting.append((entries, done, self._loops_queues))
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
            self._divert_late(late, BrokerUnavailable(reason))
            self._tell(late)
        while groups := self._next_groups():
            batch = _Batch(groups, self._queues)
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
            self._waiting_bytes = sum(len(stored) for entries, _, _ in self._waiting for _, stored in entries)
            return groups

    def _store(self, batch: _Batch, turn: int) -> bool:
        """Push or spool a batch; False where `check` took it from us meanwhile."""
        for _ in range(MOST_RENUMBERINGS):
            if not self._route(batch):
                return True
            try:
                return self._try(batch, turn)
            except QueuesRenumbered as change:
                if not self._follow(batch, change):
                    return True
        batch.refuse(
            batch.direct, BrokerUnavailable("the number of queues in force is not the same everywhere")
        )
        return True

    def _try(self, batch: _Batch, turn: int) -> bool:
        """Do so by the number of queues as far as it is known."""
        if self._spool is not None:
            try:
                closed = self._spool.closed()
            except QueuesRenumbered:
                raise
            except QtdError as refusal:
                batch.refuse(batch.direct, refusal)
                return True
            if closed:
                behind = [entry for entry in batch.direct if entry[0] in closed]
                direct = [entry for entry in batch.direct if entry[0] not in closed]
                self._divert(batch, behind, None)
                batch.direct = direct
        if not batch.direct:
            return True
        with self._changed:
            batch.began = self._monotonic()
            self._under_way = batch
        error = self._pushed(batch)
        with self._changed:
            if self._turn != turn:
                return False
            self._under_way = None
        if isinstance(error, QueuesRenumbered):
            batch.direct = error.entries
            raise error
        if isinstance(error, NotAllPushed):
            batch.direct = error.entries
        if error is not None:
            self._divert(batch, batch.direct, error)
        return True

    def _pushed(self, batch: _Batch) -> QtdError | None:
        try:
            self._push(batch.direct, batch.queues)
        except QtdError as error:
            return error
        except Exception as error:  # noqa: BLE001 - whatever it was, the clients must hear that they failed
            return BrokerUnavailable(f"the push failed: {type(error).__name__}: {error}")
        return None

    def _follow(self, batch: _Batch, change: QueuesRenumbered) -> bool:
        """Go by the number of queues in force; False where it can not be found out, and the batch is dealt with."""
        if self._numbers is None:
            batch.refuse(batch.direct, change)
            return False
        try:
            count = self._numbers.number(change)
            if self._spool is not None:
                self._spool.renumber(count)
        except QtdError as error:
            self._divert(batch, batch.direct, error)
            return False
        if count != self._queues:
            self._queues = count
            self._call_soon(lambda: self._tell_loop(count))
        return True

    def _tell_loop(self, count: int) -> None:
        self._loops_queues = count
        self._renumbered(count)

    def _route(self, batch: _Batch) -> bool:
        """Find queues anew where they were found for another number; False where that fails, and all is refused."""
        if self._numbers is None:
            return True
        try:
            batch.route(self._queues, self._numbers)
        except Exception as error:  # noqa: BLE001 - as above
            reason = f"finding queues anew failed: {type(error).__name__}: {error}"
            batch.refuse(batch.direct, BrokerUnavailable(reason))
            return False
        return True

    def _divert_late(self, batch: _Batch, error: QtdError) -> None:
        """Spool what is left of a batch whose push did not end in time."""
        for _ in range(MOST_RENUMBERINGS):
            try:
                self._divert(batch, batch.direct, error)
            except QueuesRenumbered as change:
                if not self._follow(batch, change) or not self._route(batch):
                    return
            else:
                return
        batch.refuse(batch.direct, error)

    def _divert(self, batch: _Batch, entries: Entries, error: QtdError | None) -> None:
        """Put entries into the spool that the broker did not take (`error`), or must not take yet.

        Raises QueuesRenumbered where the spool goes by another number.
        """
        if not entries:
            return
        if self._spool is None or (error is not None and not self._spools_failures):
            batch.refuse(entries, error or BrokerUnavailable())
            return
        try:
            self._spool.append(entries, None if error is None else str(error))
        except QueuesRenumbered:
            raise
        except QtdError as refusal:
            reason = str(refusal) if error is None else f"{error}; {refusal}"
            batch.refuse(entries, BrokerUnavailable(reason))
        except Exception as bug:  # noqa: BLE001 - as above
            batch.refuse(entries, BrokerUnavailable(f"the spool failed: {type(bug).__name__}: {bug}"))
        else:
            batch.spooled.update(stored for _, stored in entries)

    def _tell(self, batch: _Batch) -> None:
        self._call_soon(batch)
        if batch.error is None:
            self._succeeded()
        else:
            self._failed(batch.error, batch.refused_entries)


class _Batch:
    """The requests of one push; called, it tells all of them what became of it."""

    __slots__ = ("began", "direct", "error", "groups", "queues", "refused", "refused_entries", "spooled")

    def __init__(self, groups: list[Waiting], queues: int) -> None:
        self.groups = groups
        #: By so many queues the entries' were found.
        self.queues = queues
        #: What is to be pushed.
        self.direct: Entries = [entry for entries, _, _ in groups for entry in entries]
        #: Entries that are in the spool.
        self.spooled: set[bytes] = set()
        #: Entries that are nowhere, how many those are, and why the last of them.
        self.refused: set[bytes] = set()
        self.refused_entries = 0
        self.error: QtdError | None = None
        #: When the push began, by the monotonic clock.
        self.began = 0.0

    def route(self, queues: int, numbers: Numbers) -> None:
        """Find the queues of what was not found for so many."""
        if self.queues == queues and all(found == queues for _, _, found in self.groups):
            return
        self.direct = numbers.routed(self.direct, queues)
        self.groups = [
            (entries if found == queues else numbers.routed(entries, queues), done, queues)
            for entries, done, found in self.groups
        ]
        self.queues = queues

    def refuse(self, entries: Entries, error: QtdError) -> None:
        """Note that nothing took entries."""
        self.refused.update(stored for _, stored in entries)
        self.refused_entries += len(entries)
        self.error = error

    def __call__(self) -> None:
        if not self.spooled and not self.refused:
            for _, done, _ in self.groups:
                done(None, False)
            return
        for entries, done, _ in self.groups:
            failed = any(stored in self.refused for _, stored in entries)
            done(self.error if failed else None, any(stored in self.spooled for _, stored in entries))
