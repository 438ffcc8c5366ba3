"""Which entries are still to be applied, for who takes them off a queue without recording them."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Engine

from qtd.clock import Clock
from qtd.config.keep import Keep
from qtd.store.entry import read_entry
from qtd.store.ledger import Ledger


class Unapplied:
    """Asks the ledger; to be used by whoever holds the queues' locks.

    Before it first asks about a queue it takes a new fence: a worker that was frozen with a batch of that queue, and
    has lost its lock since, can not commit it any more.
    """

    def __init__(self, engine: Engine, prefix: str = "", *, clock: Clock, keep: Keep) -> None:
        self._ledger = Ledger.configured(engine, prefix, keep, clock=clock)
        self._fenced: set[int] = set()

    def __call__(self, queue: int, stored: Sequence[bytes]) -> list[bytes]:
        """Return those of the queue's entries that were not applied. Raises what `Ledger.applied` raises."""
        if queue not in self._fenced:
            self._ledger.take_fence(queue)
            self._fenced.add(queue)
        digests = [read_entry(one).digest for one in stored]
        applied = self._ledger.applied(queue, digests)
        return [one for one, digest in zip(stored, digests, strict=True) if digest not in applied]
