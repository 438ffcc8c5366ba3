"""Keeps the dead letters within bounds of age and number; none is dropped that was not announced before.

A letter that comes near a bound is marked and a warning logged. What is beyond a bound is dropped at the earliest an
hour after that, so a flood of garbage may pass the number by what arrives within an hour.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import Connection, Engine, text

from qtd.clock import Clock
from qtd.config.keep import Keep
from qtd.db.transaction import reading, writing
from qtd.log.events.dead_letters import DeadLettersDropped, DeadLettersExpiring
from qtd.log.logger import Logger
from qtd.store.counters import Counters
from qtd.store.dead_letters import DeadLetters, Selection
from qtd.store.drop import drop

#: Seconds between two looks.
LOOK_SECONDS: Final = 300.0

#: From the warning to the end, in seconds.
GRACE_SECONDS: Final = 3600

#: This part of a bound is near it.
_NEAR: Final = 0.8

#: Letters dropped in one look, which a batch waits for.
_MOST: Final = 500


class DeadLetterBounds:
    """Looks after the bounds while a worker works."""

    def __init__(
        self,
        engine: Engine,
        prefix: str = "",
        *,
        keep: Keep,
        counters: Counters,
        clock: Clock,
        logger: Logger,
    ) -> None:
        self._engine = engine
        self._keep = keep
        self._counters = counters
        self._clock = clock
        self._logger = logger
        self._letters = DeadLetters(engine, prefix)
        self._next = clock.monotonic()
        table = f"`{prefix}qtd_dead_letter`"
        self._count = text(f"SELECT COUNT(*) FROM {table}")
        self._nth = text(f"SELECT id FROM {table} ORDER BY id LIMIT 1 OFFSET :offset")
        self._mark = text(
            f"UPDATE {table} SET warned = :now WHERE warned = 0 AND (time < :since OR id < :first)"
        )
        self._beyond = text(
            f"SELECT id FROM {table} WHERE warned BETWEEN 1 AND :warned AND (time < :since OR id < :first)"
            " ORDER BY id LIMIT :most"
        )

    def look(self) -> None:
        """Warn and drop, if it is time to look again. Raises what `qtd.db.transaction.writing` names."""
        if self._clock.monotonic() < self._next:
            return
        self._next = self._clock.monotonic() + LOOK_SECONDS
        with reading(self._engine) as connection:
            count = connection.scalar(self._count) or 0
        if count:
            self._warn(count)
            self._drop(count)

    def _warn(self, count: int) -> None:
        now = int(self._clock.now())
        with writing(self._engine) as connection:
            bounds = self._bounds(connection, count, _NEAR)
            marked = connection.execute(self._mark, {"now": now, **bounds}).rowcount
        if marked:
            self._logger.emit(
                DeadLettersExpiring(
                    letters=marked,
                    kept=count,
                    most_kept=self._keep.dead_letters,
                    most_days=self._keep.dead_letters_days,
                )
            )

    def _drop(self, count: int) -> None:
        warned = int(self._clock.now()) - GRACE_SECONDS
        with reading(self._engine) as connection:
            values = {"warned": warned, "most": _MOST, **self._bounds(connection, count, 1.0)}
            ids = list(connection.scalars(self._beyond, values))
        if not ids:
            return
        letters = list(self._letters.select(Selection(ids=ids)))
        dropped = drop(self._engine, self._letters, self._counters, letters)
        if dropped:
            self._logger.emit(
                DeadLettersDropped(letters=len(dropped), requests=sum(letter.requests for letter in dropped))
            )

    def _bounds(self, connection: Connection, count: int, part: float) -> dict[str, int]:
        """Before which time and id letters are beyond this part of the bounds."""
        since = int(self._clock.now() - part * self._keep.dead_letters_days * 86400)
        surplus = count - int(part * self._keep.dead_letters)
        first = connection.scalar(self._nth, {"offset": surplus}) or 0 if surplus > 0 else 0
        return {"since": since, "first": first}
