"""Entries that could not be applied, kept as they were stored, with the cause."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection, Engine, text

import qtd
from qtd.db.transaction import reading

#: Characters of a cause that are kept.
_CAUSE: Final = 255


@dataclass(frozen=True, kw_only=True, slots=True)
class DeadLetter:
    """One of them."""

    id: int
    queue: int
    #: as it lay in the queue
    entry: bytes
    #: for people; quotes nothing of the entry
    cause: str
    #: Unix seconds at which it was given up
    time: int
    #: of qtd, at that time
    version: str
    #: how often it was tried
    attempts: int


class DeadLetters:
    """The table of dead letters."""

    def __init__(self, engine: Engine, prefix: str = "") -> None:
        self._engine = engine
        table = f"`{prefix}qtd_dead_letter`"
        self._insert = text(
            f"INSERT INTO {table} (queue, entry, cause, time, version, attempts)"
            " VALUES (:queue, :entry, :cause, :time, :version, 1)"
        )
        self._select = text(
            f"SELECT id, queue, entry, cause, time, version, attempts FROM {table}"
            " WHERE id > :after ORDER BY id LIMIT :limit"
        )
        self._count = text(f"SELECT COUNT(*) FROM {table}")

    def add(
        self, connection: Connection, queue: int, letters: Sequence[tuple[bytes, str]], *, now: float
    ) -> None:
        """Keep entries (as stored) with their causes, in the connection's transaction; `now` in Unix seconds."""
        if letters:
            connection.execute(
                self._insert,
                [
                    {
                        "queue": queue,
                        "entry": entry,
                        "cause": cause[:_CAUSE],
                        "time": int(now),
                        "version": qtd.__version__,
                    }
                    for entry, cause in letters
                ],
            )

    def list(self, *, after: int = 0, limit: int = 100) -> list[DeadLetter]:
        """The next ones by id. Raises what `qtd.db.transaction.reading` names."""
        with reading(self._engine) as connection:
            rows = connection.execute(self._select, {"after": after, "limit": limit}).mappings()
            return [DeadLetter(**row) for row in rows]

    def count(self) -> int:
        """How many there are."""
        with reading(self._engine) as connection:
            return connection.scalar(self._count) or 0
