"""Writes down what became of delivered entries: ledger, dead letters and counters, in one transaction."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from sqlalchemy import Engine

from qtd.clock import Clock
from qtd.config.keep import Keep
from qtd.db.transaction import writing
from qtd.errors import DatabaseConflict
from qtd.log.logger import Logger
from qtd.replay.outcome import Outcome
from qtd.store.counters import Counters
from qtd.store.dead_letter_bounds import DeadLetterBounds
from qtd.store.dead_letters import Buried, DeadLetters
from qtd.store.entry import Entry, unapplied
from qtd.store.ledger import Ledger
from qtd.store.native import BatchResult
from qtd.store.settings.source import SettingsSource
from qtd.store.tally import Stage, Tally

#: Others may be faster so often; each time one of them got on.
_ATTEMPTS: Final = 20


class Accounts:
    """The books of one worker, in our own tables."""

    def __init__(
        self,
        engine: Engine,
        prefix: str,
        *,
        settings: SettingsSource,
        clock: Clock,
        keep: Keep,
        logger: Logger,
    ) -> None:
        self._engine = engine
        self._settings = settings
        self._clock = clock
        self._ledger = Ledger.configured(engine, prefix, keep, clock=clock)
        self._dead_letters = DeadLetters(engine, prefix)
        self._counters = Counters(engine, prefix, clock=clock, days=keep.counters_days)
        self._bounds = DeadLetterBounds(
            engine, prefix, keep=keep, counters=self._counters, clock=clock, logger=logger
        )

    def take_fence(self, queue: int) -> int:
        """See `Ledger.take_fence`."""
        return self._ledger.take_fence(queue)

    def open(self, queue: int, entries: Sequence[Entry], *, fence: int | None) -> tuple[list[Entry], int]:
        """Begin with a batch: those of its entries that were not delivered before, and the requests in all others.

        Raises LockLost where there is a newer fence, and what `qtd.db.transaction` names.
        """
        self._bounds.look()
        applied = self._ledger.applied(queue, {entry.digest for entry in entries})
        if fence is not None:
            self._ledger.check_fence(queue, fence)
        return unapplied(entries, applied)

    def write(self, queue: int, outcomes: Sequence[Outcome], *, fence: int | None) -> BatchResult:
        """Write down what became of entries, and return when that is committed.

        Raises LockLost where there is a newer fence, and what `qtd.db.transaction.writing` names.
        """
        for _ in range(_ATTEMPTS):
            try:
                return self._write(queue, outcomes, fence)
            except DatabaseConflict:
                # What is delivered can not be taken back; so this is done again, and not the whole batch.
                continue
        return self._write(queue, outcomes, fence)

    def _write(self, queue: int, outcomes: Sequence[Outcome], fence: int | None) -> BatchResult:
        now = self._clock.now()
        digests = [outcome.entry.digest for outcome in outcomes]
        dead = [letter for outcome in outcomes for letter in outcome.letters()]
        tally = tally_of(outcomes, Tally(self._settings.current().sites, now=now), dead)
        letters = [Buried(entry=one.stored, cause=one.cause, places=tally.places(one)) for one in dead]
        self._ledger.applied(queue, ())
        try:
            with writing(self._engine) as connection:
                self._ledger.advance(connection, queue, entries=len(outcomes), dead=len(letters), fence=fence)
                self._dead_letters.add(connection, queue, letters, now=now)
                self._ledger.remember(connection, queue, digests)
                self._counters.add(connection, queue, tally)
        except BaseException:
            self._ledger.forget(queue)
            raise
        self._ledger.committed(queue, digests)
        return BatchResult(
            recorded=tally.total(Stage.RECORDED),
            excluded=tally.total(Stage.EXCLUDED),
            dead=tally.total(Stage.DEAD),
            dead_entries=tuple((one.identity, one.cause) for one in dead),
            rules=tally.rules,
        )


def tally_of(outcomes: Sequence[Outcome], tally: Tally, dead: Sequence[Entry]) -> Tally:
    """Count in `tally` what was taken and what became of it; `dead` are the outcomes' letters."""
    tally.take([outcome.entry for outcome in outcomes])
    for outcome in outcomes:
        if outcome.recorded:
            tally.record(outcome.part(*outcome.recorded))
        for index, rule in outcome.excluded.items():
            tally.exclude(outcome.part(index), rule)
    for letter in dead:
        tally.bury(letter)
    return tally
