"""One push for the entries of all requests in flight: what makes the queue's round trip cheap.

While one push is on its way the next entries gather; nobody waits for a timer. The event loop never waits
for the broker: pushes run in one thread, in the order in which the requests came.

With a spool nobody waits long for a broker that is away either: a push that does not end in time is left to its
thread, and another thread takes its place. Where entries go, and what is done when the number of queues has
changed: `qtd.ingest.delivery`.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from threading import Condition, Thread
from typing import Final

from qtd.errors import BrokerUnavailable, QtdError
from qtd.ingest.delivery import Delivery, Spooling
from qtd.ingest.push_batch import Done, PushBatch, Waiting
from qtd.ingest.pushing import Entries, Numbers, Push

MAX_WAITING_BYTES: Final = 64 * 1024 * 1024
"""Entries that may wait for the push under way; beyond, requests are refused at once."""
MAX_PUSH_ENTRIES: Final = 1000
"""Entries of one push, so that no broker is asked for more than it does in its time-out."""


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
        self._delivery = Delivery(
            spool=spool,
            spools_failures=spools_failures,
            queues=queues,
            numbers=numbers,
            renumbered=self._follow,
        )
        self._renumbered = renumbered
        #: by which queues are found in the loop's thread; the one that pushes is the first to know another number
        self._loops_queues = queues
        self._monotonic = monotonic
        self._waiting: list[Waiting] = []
        self._waiting_bytes = 0
        self._closing = False
        self._under_way: PushBatch | None = None
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

    def _begin(self, late: PushBatch | None) -> Thread:
        thread = Thread(target=self._run, args=(self._turn, late), name="qtd-push", daemon=True)
        thread.start()
        return thread

    def _run(self, turn: int, late: PushBatch | None) -> None:
        if late is not None and self._spool is not None:
            reason = f"no answer within {self._spool.deadline_seconds:g} s"
            self._delivery.give_up(late, BrokerUnavailable(reason))
            self._tell(late)
        push = partial(self._push_watched, turn)
        while groups := self._next_groups():
            batch = PushBatch(groups, self._delivery.queues)
            try:
                self._delivery.deliver(batch, push)
            except _TakenOver:
                return
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

    def _push_watched(self, turn: int, batch: PushBatch) -> QtdError | None:
        """Push what is for the broker; return why it does not take it. Raises _TakenOver."""
        with self._changed:
            batch.began = self._monotonic()
            self._under_way = batch
        error = self._pushed(batch)
        with self._changed:
            if self._turn != turn:
                raise _TakenOver
            self._under_way = None
        return error

    def _pushed(self, batch: PushBatch) -> QtdError | None:
        try:
            self._push(batch.direct, batch.queues)
        except QtdError as error:
            return error
        except Exception as error:  # noqa: BLE001 - whatever it was, the clients must hear that they failed
            return BrokerUnavailable(f"the push failed: {type(error).__name__}: {error}")
        return None

    def _follow(self, count: int) -> None:
        self._call_soon(partial(self._tell_loop, count))

    def _tell_loop(self, count: int) -> None:
        self._loops_queues = count
        self._renumbered(count)

    def _tell(self, batch: PushBatch) -> None:
        self._call_soon(batch)
        if batch.error is None:
            self._succeeded()
        else:
            self._failed(batch.error, batch.refused_entries)


class _TakenOver(Exception):
    """`check` has left this push to its thread, and given its batch to another one."""
