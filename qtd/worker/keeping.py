"""Keeps a queue's lock while a batch takes its time: a slow database must not make two workers of one queue."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from threading import Event, Thread
from typing import Final, TypeAlias

from qtd.clock import Clock
from qtd.errors import LockLost, Transient
from qtd.queue.contract import Lock
from qtd.queue.source import Source

#: Extends a lock for as long as the context lasts.
Keep: TypeAlias = Callable[[Lock], AbstractContextManager[None]]

#: How often a lock is extended in the time for which it is taken.
TIMES: Final = 3


def not_kept(_lock: Lock) -> AbstractContextManager[None]:
    """Let the lock expire when its time is over."""
    return nullcontext()


class LockKeeper:
    """Extends locks in a thread of its own, so that no step of a batch has to be short."""

    def __init__(self, queues: Source, *, seconds: int, clock: Clock) -> None:
        """`seconds`: for how long locks are taken."""
        self._queues = queues
        self._seconds = seconds
        self._clock = clock

    @contextmanager
    def keep(self, lock: Lock) -> Iterator[None]:
        """See `Keep`; ends with the process, or when the lock is lost."""
        ended = Event()
        name = f"lock of queue {lock.queue}"
        Thread(target=self._extend, args=(lock, ended), name=name, daemon=True).start()
        try:
            yield
        finally:
            # Not waited for: it may be in the middle of asking a broker that is away, and an extension that comes
            # after the release finds another token and changes nothing.
            ended.set()

    def _extend(self, lock: Lock, ended: Event) -> None:
        while not self._clock.wait(self._seconds / TIMES, ended):
            try:
                self._queues.extend(lock, self._seconds)
            except LockLost:
                return  # the batch finds out when it trims
            except Transient:
                continue  # the batch hears of it, too; until the lock expires it may be over
