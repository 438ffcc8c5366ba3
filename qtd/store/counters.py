"""Keeps the tallies of batches, in their transactions, for as long as `qtd audit` looks back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from sqlalchemy import Connection, Engine, text

from qtd.clock import Clock
from qtd.store.tally import Place, Stage, Tally

#: Old rows are removed once in so many batches.
_TIDY: Final = 256

_STAGES: Final = tuple(Stage)


class Counters:
    """The table of counters; one statement for each batch."""

    def __init__(self, engine: Engine, prefix: str = "", *, clock: Clock, days: float) -> None:
        """What is older than `days` is neither kept nor counted."""
        self._clock = clock
        self._seconds = days * 86400
        self._batches = 0
        table = f"`{prefix}qtd_counter`"
        names = ", ".join(_STAGES)
        values = ", ".join(f":{stage}" for stage in _STAGES)
        if engine.dialect.name == "sqlite":
            add = "ON CONFLICT (minute, idsite, queue) DO UPDATE SET " + ", ".join(
                f"{stage} = {stage} + excluded.{stage}" for stage in _STAGES
            )
        else:
            add = "ON DUPLICATE KEY UPDATE " + ", ".join(
                f"{stage} = {stage} + VALUES({stage})" for stage in _STAGES
            )
        self._add = text(
            f"INSERT INTO {table} (minute, idsite, queue, {names})"
            f" VALUES (:minute, :idsite, :queue, {values}) {add}"
        )
        self._delete = text(f"DELETE FROM {table} WHERE minute < :minute")
        sums = ", ".join(f"SUM({stage})" for stage in _STAGES)
        self._read = text(
            f"SELECT idsite, minute, {sums} FROM {table} WHERE minute >= :minute GROUP BY idsite, minute"
        )

    @property
    def oldest(self) -> int:
        """The first minute that is counted."""
        return int(self._clock.now() - self._seconds) // 60 + 1

    def add(self, connection: Connection, queue: int, tally: Tally) -> None:
        """Add a batch's counts in its transaction; last, because then nothing waits for anything while it has them."""
        self.change(connection, queue, tally.stages)
        self._batches += 1
        if self._batches % _TIDY == 0:
            connection.execute(self._delete, {"minute": self.oldest})

    def change(self, connection: Connection, queue: int, stages: Mapping[Stage, Mapping[Place, int]]) -> None:
        """Add to counters what may be negative, too."""
        oldest = self.oldest
        places = sorted({place for counts in stages.values() for place in counts if place[1] >= oldest})
        if places:
            connection.execute(
                self._add,
                [
                    {"minute": place[1], "idsite": place[0], "queue": queue}
                    | {stage: stages.get(stage, {}).get(place, 0) for stage in _STAGES}
                    for place in places
                ],
            )

    def read(self, connection: Connection, since: int) -> dict[Place, dict[Stage, int]]:
        """The counts of all queues together, from the minute `since` on."""
        return {
            (int(idsite), int(minute)): {
                stage: int(count) for stage, count in zip(_STAGES, counts, strict=True)
            }
            for idsite, minute, *counts in connection.execute(self._read, {"minute": since})
        }
