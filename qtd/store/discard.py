"""Gives up entries that wait in a queue: counted as taken and dropped, and remembered, in one transaction."""

from __future__ import annotations

from collections.abc import Container, Sequence

from sqlalchemy import Engine

from qtd.clock import Clock
from qtd.config.keep import Keep
from qtd.db.transaction import writing
from qtd.store.counters import Counters
from qtd.store.entry import Entry, read_entry
from qtd.store.ledger import Ledger
from qtd.store.tally import Stage, Tally


class Discard:
    """For who holds the queue's lock, and removes the entries from it afterwards."""

    def __init__(
        self, engine: Engine, prefix: str = "", *, sites: Container[int], clock: Clock, keep: Keep
    ) -> None:
        """`sites` are those that exist."""
        self._engine = engine
        self._sites = sites
        self._clock = clock
        self._ledger = Ledger.configured(engine, prefix, keep, clock=clock)
        self._counters = Counters(engine, prefix, clock=clock, days=keep.counters_days)

    def fence(self, queue: int) -> int:
        """Take a new fence; see `qtd.store.ledger`. Raises what `qtd.db.transaction.writing` names."""
        return self._ledger.take_fence(queue)

    def unapplied(self, queue: int, stored: Sequence[bytes]) -> list[Entry]:
        """Return those of the queue's entries that were not applied, each once."""
        entries = {entry.digest: entry for entry in map(read_entry, stored)}
        applied = self._ledger.applied(queue, entries)
        return [entry for digest, entry in entries.items() if digest not in applied]

    def discard(self, queue: int, entries: Sequence[Entry], *, fence: int) -> int:
        """Give up entries that `unapplied` returned; return how many requests that were.

        Raises:
            LockLost: somebody has taken a newer fence; nothing was done.
            Transient: the database failed; ask `unapplied` again.
        """
        tally = Tally(self._sites, now=self._clock.now())
        tally.take(entries)
        tally.stages[Stage.DROPPED].update(tally.stages[Stage.TAKEN])
        digests = [entry.digest for entry in entries]
        try:
            with writing(self._engine) as connection:
                self._ledger.advance(connection, queue, entries=len(entries), fence=fence)
                self._ledger.remember(connection, queue, digests)
                self._counters.add(connection, queue, tally)
        except BaseException:
            self._ledger.forget(queue)
            raise
        self._ledger.committed(queue, digests)
        return tally.total(Stage.DROPPED)
