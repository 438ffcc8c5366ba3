"""Finds the identifiers of action names in `log_action`, and inserts those that are missing, each once.

The table has no unique index, so nothing but the order of steps keeps a name from being there twice:

- Of several rows with one name the lowest identifier counts, for Matomo and for us.
- Matomo inserts a name that it does not find, then looks again: if another process was faster, it deletes its own
  row and takes the other one. Every process that looks after its own insert is committed, and whose look sees what
  others have inserted, ends with the same row. Within a longer transaction that would not hold: neither would
  see the other's row.
- So new names are inserted in a short transaction of their own, committed before the second look. That look is a
  locking read: of a row that PHP has inserted but not committed it waits for the outcome, where a plain one would
  miss it. We do so before the batch's transaction writes anything, so while we wait for PHP nobody can be waiting
  for us.
- Our own workers take turns (GET_LOCK), so between them there is no race at all, and no deadlock: only one at a
  time inserts names, and it holds no other lock.
- An action whose batch then fails stays behind without a row that refers to it: the retry uses it, and Matomo's
  purging removes such rows.

On SQLite the batch's transaction has the write lock from its beginning, so names are inserted in it.
READ COMMITTED and REPEATABLE READ do equally well, because each look is in a transaction of its own.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from zlib import crc32

from sqlalchemy import Connection, Engine

from qtd.clock import Clock
from qtd.db.errors import translated
from qtd.engine.action import ActionName
from qtd.errors import DatabaseConflict
from qtd.store.action_cache import ActionCache
from qtd.store.columns import StoredTable
from qtd.store.dialect import Dialect

#: Seconds to wait for another worker that inserts names; that takes milliseconds.
_PATIENCE = 20

#: Names per look, so that a statement stays of moderate size.
_NAMES = 1000


class Actions:
    """The identifiers of action names, for one worker."""

    def __init__(
        self,
        engine: Engine,
        table: StoredTable,
        dialect: Dialect,
        *,
        clock: Clock,
        cache_size: int = 4_000_000,
    ) -> None:
        self._engine = engine
        self._table = table
        self._dialect = dialect
        self._cache = ActionCache(clock, cache_size)

    def identifiers(
        self, connection: Connection, names: Mapping[ActionName, int | None]
    ) -> dict[ActionName, int]:
        """The identifier of each name; values are the url_prefix of a new row.

        `connection` is that of the batch's transaction, which has not written anything yet.

        Raises:
            DatabaseConflict: other workers kept this one waiting.
        """
        self._cache.forget_unused()
        found: dict[ActionName, int] = {}
        missing: list[ActionName] = []
        for name in names:
            identifier = self._cache.get(name)
            if identifier is None:
                missing.append(name)
            else:
                found[name] = identifier
        if missing:
            looked_up = self._find(connection, missing)
            still_missing = {name: names[name] for name in missing if name not in looked_up}
            if still_missing:
                insert = self._insert_apart if self._dialect.concurrent else self._insert
                looked_up |= insert(connection, still_missing)
            for name, identifier in looked_up.items():
                self._cache.put(name, identifier)
            found |= looked_up
        return found

    def forget(self) -> None:
        """Forget all identifiers: a transaction in which some were inserted was rolled back."""
        self._cache.clear()

    def _find(
        self, connection: Connection, names: Iterable[ActionName], *, locking: bool = False
    ) -> dict[ActionName, int]:
        """The identifiers of the names that are there; the lowest where one is there twice."""
        by_key = {(kind, self._kept(name)): (kind, name) for kind, name in names}
        asked = list(by_key)
        found: dict[ActionName, int] = {}
        suffix = " LOCK IN SHARE MODE" if locking else ""
        for start in range(0, len(asked), _NAMES):
            hashes: dict[int, list[int]] = {}
            for kind, name in asked[start : start + _NAMES]:
                hashes.setdefault(kind, []).append(_hash(name))
            where = " OR ".join(
                f"(`type`={kind} AND `hash` IN ({','.join(map(str, sorted(some)))}))"
                for kind, some in sorted(hashes.items())
            )
            for identifier, kind, name in self._dialect.run(
                connection, f"SELECT `idaction`,`type`,`name` FROM {self._table.sql} WHERE {where}{suffix}"
            ):
                key = by_key.get((kind, name))
                if key is not None and identifier < found.get(key, identifier + 1):
                    found[key] = identifier
        return found

    def _kept(self, name: str) -> str:
        """A name as the column keeps it."""
        kept: str = self._table.cells("name", [name])[0]
        return kept

    def _insert(
        self, connection: Connection, names: Mapping[ActionName, int | None]
    ) -> dict[ActionName, int]:
        """Insert names in the transaction of the connection."""
        columns: dict[str, list[Any]] = {
            "name": [name for _, name in names],
            "hash": [_hash(self._kept(name)) for _, name in names],
            "type": [kind for kind, _ in names],
            "url_prefix": list(names.values()),
        }
        columns = {name: values for name, values in columns.items() if name in self._table.columns}
        cells = [self._table.cells(name, values) for name, values in columns.items()]
        identifiers = self._dialect.insert(connection, self._table, list(columns), cells)
        return dict(zip(names, identifiers, strict=True))

    def _insert_apart(self, _: Connection, names: Mapping[ActionName, int | None]) -> dict[ActionName, int]:
        """Insert names, one worker at a time, and give way to what PHP inserted first."""
        with self._turn() as connection:
            found = self._find(connection, names)  # by the worker before us
            inserted = self._insert(connection, {n: p for n, p in names.items() if n not in found})
            connection.commit()
            if inserted:
                lowest = self._find(connection, inserted, locking=True)
                late = [own for name, own in inserted.items() if lowest.get(name, own) != own]
                if late:
                    among = ",".join(map(str, sorted(late)))
                    self._dialect.run(
                        connection, f"DELETE FROM {self._table.sql} WHERE `idaction` IN ({among})"
                    )
                connection.commit()
                found |= inserted | lowest
        return found

    @contextmanager
    def _turn(self) -> Iterator[Connection]:
        """Give a connection whose worker is the only one that inserts names."""
        # a lock's name is valid on the whole server, and short
        lock = (
            f"CONCAT('qtd.actions.',CRC32(CONCAT(DATABASE(),'.',{self._dialect.literal(self._table.sql)})))"
        )
        with translated(), self._engine.connect() as connection:
            ((got,),) = self._dialect.run(connection, f"SELECT GET_LOCK({lock},{_PATIENCE})")
            if not got:
                raise DatabaseConflict("other workers kept inserting action names")
            try:
                yield connection
            except BaseException:
                connection.invalidate()  # closed, so that the lock does not stay with a pooled connection
                raise
            self._dialect.run(connection, f"SELECT RELEASE_LOCK({lock})")


def _hash(name: str) -> int:
    """The CRC32 of the name's UTF-8 bytes, as the column `hash` has it."""
    return crc32(name.encode("utf-8", "surrogatepass"))
