"""One push for the entries of all requests in flight: what makes the queue's round trip cheap.

While one push is on its way the next entries gather; nobody waits for a timer. The event loop never waits
for the broker: pushes run in one thread, in the order in which the requests came.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from threading import Condition, Thread
from typing import Final, TypeAlias

from qtd.errors import BrokerUnavailable, QtdError

Entries: TypeAlias = Sequence[tuple[int, bytes]]
Push: TypeAlias = Callable[[Entries], None]
#: Told when the entries are durable (None) or why they are not.
Done: TypeAlias = Callable[[QtdError | None], None]
Waiting: TypeAlias = "tuple[Entries, Done]"

MAX_WAITING_BYTES: Final = 64 * 1024 * 1024
"""Entries that may wait for the push under way; beyond, requests are refused at once."""
MAX_PUSH_ENTRIES: Final = 1000
"""Entries of one push, so that no broker is asked for more than it does in its time-out."""


class Coalescer:
    """Pushes entries in a thread of its own and tells the loop when they are durable.

    `call_soon` runs a function in the event loop's thread (`loop.call_soon_threadsafe`). `failed` and
    `succeeded` are told once for each push, in the push thread; `failed` with the number of its entries.
    """

    def __init__(
        self,
        push: Push,
        *,
        call_soon: Callable[[Callable[[], None]], object],
        failed: Callable[[QtdError, int], None] = lambda _error, _entries: None,
        succeeded: Callable[[], None] = lambda: None,
        max_waiting_bytes: int = MAX_WAITING_BYTES,
    ) -> None:
        self._push = push
        self._call_soon = call_soon
        self._failed = failed
        self._succeeded = succeeded
        self._max_waiting_bytes = max_waiting_bytes
        self._waiting: list[Waiting] = []
        self._waiting_bytes = 0
        self._closing = False
        self._changed = Condition()
        self._thread = Thread(target=self._run, name="qtd-push", daemon=True)
        self._thread.start()

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

    def close(self, timeout_seconds: float | None = None) -> bool:
        """Take nothing more, push what is waiting, end; return whether all that was done in time."""
        with self._changed:
            self._closing = True
            self._changed.notify()
        self._thread.join(timeout_seconds)
        return not self._thread.is_alive()

    def _run(self) -> None:
        while batch := self._next_batch():
            entries = [entry for group, _ in batch for entry in group]
            error = self._pushed(entries)
            self._call_soon(_Telling(batch, error))
            if error is None:
                self._succeeded()
            else:
                self._failed(error, len(entries))

    def _next_batch(self) -> list[Waiting]:
        with self._changed:
            while not self._waiting and not self._closing:
                self._changed.wait()
            batch: list[Waiting] = []
            count = 0
            for group in self._waiting:
                count += len(group[0])
                if batch and count > MAX_PUSH_ENTRIES:
                    break
                batch.append(group)
            del self._waiting[: len(batch)]
            self._waiting_bytes = sum(len(stored) for entries, _ in self._waiting for _, stored in entries)
            return batch

    def _pushed(self, entries: Entries) -> QtdError | None:
        try:
            self._push(entries)
        except QtdError as error:
            return error
        except Exception as error:  # noqa: BLE001 - whatever it was, the clients must hear that they failed
            return BrokerUnavailable(f"the push failed: {type(error).__name__}: {error}")
        return None


class _Telling:
    """Tells all of one push what became of it."""

    __slots__ = ("_batch", "_error")

    def __init__(self, batch: list[Waiting], error: QtdError | None) -> None:
        self._batch = batch
        self._error = error

    def __call__(self) -> None:
        for _, done in self._batch:
            done(self._error)
