"""Sends dead letters again: their requests keep their own time."""

from __future__ import annotations

from collections import Counter
from typing import Final

from sqlalchemy import Engine

from qtd.clock import Clock
from qtd.config.keep import Keep
from qtd.db.transaction import writing
from qtd.replay.accounts import tally_of
from qtd.replay.calls import send_call
from qtd.replay.matomo import CallRejected, Matomo
from qtd.replay.outcome import Outcome, prepare
from qtd.store.counters import Counters
from qtd.store.dead_letters import Buried, DeadLetter, DeadLetters
from qtd.store.entry import Entry, read_entry
from qtd.store.retry import Retried
from qtd.store.settings.source import SettingsSource
from qtd.store.tally import Stage, Tally

#: What a letter stays for when Matomo fails over it once more.
_FAILED: Final = "Matomo fails over it alone"


class HttpRetry:
    """Retries letters one by one, as `qtd.store.retry.Retry` does; at least once."""

    def __init__(
        self,
        engine: Engine,
        prefix: str,
        matomo: Matomo,
        *,
        settings: SettingsSource,
        clock: Clock,
        keep: Keep,
    ) -> None:
        self._engine = engine
        self._matomo = matomo
        self._settings = settings
        self._clock = clock
        self._letters = DeadLetters(engine, prefix)
        self._counters = Counters(engine, prefix, clock=clock, days=keep.counters_days)

    def retry(self, letter: DeadLetter) -> Retried:
        """Try one again; what Matomo refuses of a set once more stays, and the rest is gone.

        Raises:
            MatomoUnavailable: nothing was changed here; a second call may send again what Matomo has recorded.
            Transient: the same, for the database.
        """
        entry = read_entry(letter.entry)
        if entry.cause:
            return self._again(letter, entry.cause)
        outcome = prepare(entry, self._settings.current(), now=self._clock.now())
        try:
            send_call(self._matomo, [outcome])
        except CallRejected as error:
            return self._again(letter, f"{_FAILED}: {error}")
        if len(outcome.dead) == entry.requests:
            return self._again(letter, next(iter(outcome.dead.values()), "it has no requests"))
        return self._settle(letter, outcome)

    def _settle(self, letter: DeadLetter, outcome: Outcome) -> Retried:
        now = self._clock.now()
        dead: list[Entry] = list(outcome.letters())
        tally = tally_of([outcome], Tally(self._settings.current().sites, now=now), dead)
        rest = [Buried(entry=one.stored, cause=one.cause, places=tally.places(one)) for one in dead]
        with writing(self._engine) as connection:
            if not self._letters.remove(connection, letter):
                return Retried.GONE
            self._letters.add(connection, letter.queue, rest, now=now)
            for stage in (Stage.TAKEN, Stage.DEAD):
                tally.stages[stage].subtract(Counter(letter.places))
            self._counters.change(connection, letter.queue, tally.stages)
        return Retried.DEAD if rest else Retried.APPLIED

    def _again(self, letter: DeadLetter, cause: str) -> Retried:
        with writing(self._engine) as connection:
            there = self._letters.again(connection, letter, cause)
        return Retried.DEAD if there else Retried.GONE
