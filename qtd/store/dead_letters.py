"""Entries that could not be applied, kept as they were stored, with the cause."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import orjson
from sqlalchemy import BindParameter, Connection, Engine, bindparam, text

import qtd
from qtd.db.transaction import reading
from qtd.store.tally import Place

#: Characters of a cause that are kept.
_CAUSE: Final = 255

#: Letters read at once.
_CHUNK: Final = 500

_COLUMNS: Final = "id, queue, entry, cause, time, version, attempts, requests, minute, sites"


@dataclass(frozen=True, kw_only=True, slots=True)
class DeadLetter:
    """One of them."""

    id: int
    queue: int
    #: as it lay in the queue
    entry: bytes
    #: for people; quotes nothing of the entry
    cause: str
    #: Unix seconds at which it was given up for the first time
    time: int
    #: of qtd, at the last attempt
    version: str
    #: how often it was tried
    attempts: int
    #: tracking requests in it
    requests: int
    #: where they are counted as dead
    places: Mapping[Place, int]


@dataclass(frozen=True, kw_only=True, slots=True)
class Buried:
    """An entry that is to be kept."""

    entry: bytes
    cause: str
    #: where its requests are counted; all in one minute
    places: Mapping[Place, int]


@dataclass(frozen=True, kw_only=True, slots=True)
class Group:
    """Dead letters with the same cause."""

    cause: str
    letters: int
    requests: int
    #: Unix seconds
    oldest: int
    newest: int
    #: of the newest letter
    last_id: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Selection:
    """Which ones; all that fit everything that is said."""

    ids: Sequence[int] | None = None
    cause: str | None = None
    #: longest list, newest letters left out
    limit: int | None = None


class DeadLetters:
    """The table of dead letters."""

    def __init__(self, engine: Engine, prefix: str = "") -> None:
        self._engine = engine
        self._table = f"`{prefix}qtd_dead_letter`"
        self._insert = text(
            f"INSERT INTO {self._table} (queue, entry, cause, time, version, requests, minute, sites)"
            " VALUES (:queue, :entry, :cause, :time, :version, :requests, :minute, :sites)"
        )
        self._again = text(
            f"UPDATE {self._table} SET attempts = attempts + 1, cause = :cause, version = :version WHERE id = :id"
        )
        self._delete = text(f"DELETE FROM {self._table} WHERE id = :id")
        self._existing = text(f"SELECT id FROM {self._table} WHERE id IN :ids").bindparams(
            bindparam("ids", expanding=True)
        )
        self._count = text(f"SELECT COUNT(*) FROM {self._table}")
        self._groups = text(
            "SELECT cause, COUNT(*) AS letters, SUM(requests) AS requests, MIN(time) AS oldest,"
            f" MAX(time) AS newest, MAX(id) AS last_id FROM {self._table} GROUP BY cause ORDER BY letters DESC, cause"
        )
        self._counted = text(
            f"SELECT minute, sites FROM {self._table} WHERE minute >= :minute AND sites IS NOT NULL"
        )

    def add(self, connection: Connection, queue: int, buried: Sequence[Buried], *, now: float) -> None:
        """Keep entries in the connection's transaction; `now` in Unix seconds."""
        if buried:
            connection.execute(
                self._insert,
                [
                    {
                        "queue": queue,
                        "entry": one.entry,
                        "cause": one.cause[:_CAUSE],
                        "time": int(now),
                        "version": qtd.__version__,
                        "requests": sum(one.places.values()),
                        "minute": next((minute for _, minute in one.places), 0),
                        "sites": orjson.dumps({str(site): n for (site, _), n in one.places.items()}).decode(),
                    }
                    for one in buried
                ],
            )

    def again(self, connection: Connection, letter: DeadLetter, cause: str) -> bool:
        """Take note of one more attempt in vain; False where the letter is gone."""
        values = {"id": letter.id, "cause": cause[:_CAUSE], "version": qtd.__version__}
        return connection.execute(self._again, values).rowcount == 1

    def remove(self, connection: Connection, letter: DeadLetter) -> bool:
        """Remove one, and keep others from it until the transaction ends; False where it is gone."""
        return connection.execute(self._delete, {"id": letter.id}).rowcount == 1

    def groups(self) -> list[Group]:
        """The letters by cause, the most frequent first. Raises what `qtd.db.transaction.reading` names."""
        with reading(self._engine) as connection:
            return [
                Group(**{**row, "requests": int(row["requests"])})
                for row in connection.execute(self._groups).mappings()
            ]

    def existing(self, ids: Sequence[int]) -> set[int]:
        """Those of the ids that there are. Raises what `qtd.db.transaction.reading` names."""
        with reading(self._engine) as connection:
            return set(connection.scalars(self._existing, {"ids": list(ids)})) if ids else set()

    def select(self, selection: Selection) -> Iterator[DeadLetter]:
        """The letters by id, read a few at a time, so that they may be removed meanwhile.

        Raises what `qtd.db.transaction.reading` names.
        """
        conditions, after, left = ["id > :after"], 0, selection.limit
        values: dict[str, Any] = {}
        binds: list[BindParameter[Any]] = []
        if selection.ids is not None:
            conditions.append("id IN :ids")
            values["ids"] = list(selection.ids)
            binds.append(bindparam("ids", expanding=True))
        if selection.cause is not None:
            conditions.append("cause = :cause")
            values["cause"] = selection.cause
        statement = text(
            f"SELECT {_COLUMNS} FROM {self._table} WHERE {' AND '.join(conditions)} ORDER BY id LIMIT :most"
        ).bindparams(*binds)
        while left is None or left > 0:
            most = _CHUNK if left is None else min(left, _CHUNK)
            with reading(self._engine) as connection:
                rows = (
                    connection.execute(statement, {**values, "after": after, "most": most}).mappings().all()
                )
            for row in rows:
                yield _letter(row)
            if len(rows) < most:
                return
            after = rows[-1]["id"]
            left = None if left is None else left - len(rows)

    def count(self) -> int:
        """How many there are."""
        with reading(self._engine) as connection:
            return connection.scalar(self._count) or 0

    def counted(self, connection: Connection, since: int) -> Counter[Place]:
        """Requests in letters by site and minute, from the minute `since` on."""
        counts: Counter[Place] = Counter()
        for minute, sites in connection.execute(self._counted, {"minute": since}):
            counts.update(_places(minute, sites))
        return counts


def _letter(row: Any) -> DeadLetter:
    values = dict(row)
    values["entry"] = bytes(values["entry"])
    values["places"] = _places(values.pop("minute"), values.pop("sites"))
    return DeadLetter(**values)


def _places(minute: int, sites: str | None) -> dict[Place, int]:
    counts: dict[str, int] = orjson.loads(sites) if sites else {}
    return {(int(site), minute): requests for site, requests in counts.items()}
