"""Applies dead letters again: their requests keep their own time, and none is recorded twice.

A letter is removed in the transaction that writes its rows. All workers are kept off meanwhile, because the letter's
visitor may be in any queue by now; that is for milliseconds, and their batches just begin later.
"""

from __future__ import annotations

from collections import Counter
from enum import Enum

from sqlalchemy import Engine

from qtd.clock import Clock
from qtd.config.keep import Keep
from qtd.db.transaction import writing
from qtd.engine.outside import Outside
from qtd.errors import ConfigurationError, SchemaError, Transient
from qtd.store.application import Application
from qtd.store.cause import cause_of
from qtd.store.counters import Counters
from qtd.store.dead_letters import DeadLetter, DeadLetters
from qtd.store.entry import Entry, read_entry
from qtd.store.ledger import keep_off
from qtd.store.settings.source import SettingsSource
from qtd.store.tally import Stage


class Retried(Enum):
    """What came of it."""

    #: its requests are recorded, or a rule keeps them out; the letter is gone
    APPLIED = "applied"
    #: it stays, with the new cause and one more attempt
    DEAD = "dead"
    #: somebody else has retried or dropped it
    GONE = "gone"


class Retry:
    """Retries letters one by one."""

    def __init__(
        self,
        engine: Engine,
        prefix: str = "",
        *,
        settings: SettingsSource,
        outside: Outside,
        clock: Clock,
        keep: Keep,
    ) -> None:
        """Look at the tables. Raises SchemaError where they are not what is needed."""
        self._engine = engine
        self._prefix = prefix
        self._clock = clock
        self._application = Application(engine, prefix, settings=settings, outside=outside, clock=clock)
        self._letters = DeadLetters(engine, prefix)
        self._counters = Counters(engine, prefix, clock=clock, days=keep.counters_days)

    def retry(self, letter: DeadLetter) -> Retried:
        """Try one again, in a transaction of its own.

        Raises:
            Transient: nothing was changed (unless the commit failed: then a second call finds the letter gone).
            SchemaError, ConfigurationError: as for recording.
        """
        entry = read_entry(letter.entry)
        if entry.cause:
            return self._again(letter, entry.cause)
        try:
            return self._apply(letter, entry)
        except (Transient, SchemaError, ConfigurationError):
            raise
        except Exception as error:  # noqa: BLE001 - whatever made it a dead letter may do so again
            return self._again(letter, cause_of(error))

    def _apply(self, letter: DeadLetter, entry: Entry) -> Retried:
        now = self._clock.now()
        tally = self._application.tally(now=now)
        tally.take([entry])
        read = self._application.read([entry])
        try:
            with writing(self._engine) as connection:
                keep_off(connection, self._prefix)
                if not self._letters.remove(connection, letter):
                    return Retried.GONE
                self._application.write(connection, read, tally, now=now)
                # Its site may be another one than when it was buried: then none existed.
                for stage in (Stage.TAKEN, Stage.DEAD):
                    tally.stages[stage].subtract(Counter(letter.places))
                self._counters.change(connection, letter.queue, tally.stages)
        except BaseException:
            self._application.forget()
            raise
        return Retried.APPLIED

    def _again(self, letter: DeadLetter, cause: str) -> Retried:
        with writing(self._engine) as connection:
            there = self._letters.again(connection, letter, cause)
        return Retried.DEAD if there else Retried.GONE
