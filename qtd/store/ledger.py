"""Remembers which entries were applied, in the transaction that applies them, so that none is applied twice.

Per queue there is a row with a count of its batches, and for each recent batch a row with the identities of its
entries. A worker keeps the identities of its queues in memory. Each batch raises the count, and only if it is still
what the worker saw: then nobody else applied anything meanwhile, and the row's lock keeps everybody off until the
commit.

The row has the fence, too: a number that is raised by whoever takes the queue's lock. A batch commits only under the
newest, so that a worker that was frozen while its lock expired finds out at the last moment, however late that is.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Final, Self

from sqlalchemy import Connection, Engine, text

from qtd.clock import Clock
from qtd.config.keep import Keep
from qtd.db.transaction import reading, writing
from qtd.errors import DatabaseConflict, LockLost

#: Bytes of an identity's digest.
DIGEST_SIZE: Final = 16

#: Old batches are removed this often, not each time.
_TIDY = 32


@dataclass(slots=True)
class _Known:
    """What is remembered of a queue."""

    batches: int = 0
    digests: set[bytes] = field(default_factory=set)
    #: number, Unix seconds and digests of the batches kept, oldest first
    kept: deque[tuple[int, int, list[bytes]]] = field(default_factory=deque)

    def add(self, batch: int, time: int, digests: list[bytes]) -> None:
        self.batches = batch
        self.kept.append((batch, time, digests))
        self.digests.update(digests)

    def drop_oldest(self, keep: int, since: float) -> int:
        """Keep at most so many identities, none older; returns the number of the newest batch dropped, 0 for none."""
        dropped = 0
        while len(self.kept) > 1 and (len(self.digests) > keep or self.kept[0][1] < since):
            dropped, _, digests = self.kept.popleft()
            self.digests.difference_update(digests)
        return dropped


def digest(identity: str) -> bytes:
    """An identity in the length that is kept."""
    return blake2b(identity.encode("utf-8", "surrogatepass"), digest_size=DIGEST_SIZE).digest()


class Ledger:
    """The ledger of all queues that a worker sees."""

    def __init__(self, engine: Engine, prefix: str = "", *, clock: Clock, keep: int, seconds: float) -> None:
        """Identities are kept for `seconds`, but at most `keep` of each queue."""
        self._engine = engine
        self._clock = clock
        self._keep = keep
        self._seconds = seconds
        self._known: dict[int, _Known] = {}
        ledger, batch = f"`{prefix}qtd_ledger`", f"`{prefix}qtd_ledger_batch`"
        ignore = "INSERT OR IGNORE" if engine.dialect.name == "sqlite" else "INSERT IGNORE"
        self._select = text(f"SELECT batches FROM {ledger} WHERE queue = :queue")
        self._load = text(
            f"SELECT batch, time, identities FROM {batch} WHERE queue = :queue AND batch > :after ORDER BY batch"
        )
        self._create = text(f"{ignore} INTO {ledger} (queue) VALUES (:queue)")
        self._raise_fence = text(f"UPDATE {ledger} SET fence = fence + 1 WHERE queue = :queue")
        self._fence = text(f"SELECT fence FROM {ledger} WHERE queue = :queue")
        advance = (
            f"UPDATE {ledger} SET batches = batches + 1, entries = entries + :entries,"
            " dead_letters = dead_letters + :dead, time = :time WHERE queue = :queue AND batches = :batches"
        )
        self._advance = text(advance)
        self._advance_fenced = text(f"{advance} AND fence = :fence")
        self._insert = text(
            f"INSERT INTO {batch} (queue, batch, time, identities) VALUES (:queue, :batch, :time, :identities)"
        )
        self._delete = text(f"DELETE FROM {batch} WHERE queue = :queue AND batch <= :batch")

    @classmethod
    def configured(cls, engine: Engine, prefix: str, keep: Keep, *, clock: Clock) -> Self:
        """The ledger that keeps what the configuration says."""
        seconds = keep.identities_minutes * 60
        return cls(engine, prefix, clock=clock, keep=keep.identities, seconds=seconds)

    def applied(self, queue: int, digests: Iterable[bytes]) -> set[bytes]:
        """Those of the entries that were applied already. Raises what `qtd.db.transaction.reading` names."""
        known = self._refreshed(queue)
        return {one for one in digests if one in known.digests}

    def take_fence(self, queue: int) -> int:
        """Take a new fence, committed at return: batches under an older one can not commit any more.

        Raises what `qtd.db.transaction.writing` names.
        """
        values = {"queue": queue}
        with writing(self._engine) as connection:
            # The row is there but for the first time; inserting first would lock it in a way that deadlocks two takers.
            if not connection.execute(self._raise_fence, values).rowcount:
                connection.execute(self._create, values)
                connection.execute(self._raise_fence, values)
            return int(connection.scalar(self._fence, values) or 0)

    def check_fence(self, queue: int, fence: int) -> None:
        """Make sure that nobody has taken a newer fence, before something is begun that can not be taken back.

        Raises LockLost, and what `qtd.db.transaction.reading` names.
        """
        with reading(self._engine) as connection:
            newest = connection.scalar(self._fence, {"queue": queue})
        if newest != fence:
            raise _lost(queue, newest, fence)

    def advance(
        self, connection: Connection, queue: int, *, entries: int, dead: int = 0, fence: int | None = None
    ) -> None:
        """Begin a batch: from here to the end of the transaction nobody else applies entries of the queue.

        `fence` is the one that came with the queue's lock; None where no lock is taken, because there is no queue.

        Raises:
            LockLost: there is a newer fence.
            DatabaseConflict: somebody applied some since `applied` was asked.
        """
        values = {
            "queue": queue,
            "entries": entries,
            "dead": dead,
            "time": int(self._clock.now()),
            "batches": self._known[queue].batches,
        }
        statement = self._advance
        if fence is not None:
            statement = self._advance_fenced
            values["fence"] = fence
        if connection.execute(statement, values).rowcount == 1:
            return
        if fence is None and not self._known[queue].batches:
            connection.execute(self._create, {"queue": queue})
            if connection.execute(statement, values).rowcount == 1:
                return
        self.forget(queue)
        if fence is not None and (newest := connection.scalar(self._fence, {"queue": queue})) != fence:
            raise _lost(queue, newest, fence)
        raise DatabaseConflict(f"another worker applied entries of queue {queue} meanwhile")

    def remember(self, connection: Connection, queue: int, digests: Sequence[bytes]) -> None:
        """Write down what the batch applies."""
        known = self._known[queue]
        batch, now = known.batches + 1, self._clock.now()
        connection.execute(
            self._insert,
            {
                "queue": queue,
                "batch": batch,
                "time": int(now),
                "identities": b"".join(digests),
            },
        )
        if batch % _TIDY == 0 and (dropped := known.drop_oldest(self._keep, now - self._seconds)):
            connection.execute(self._delete, {"queue": queue, "batch": dropped})

    def committed(self, queue: int, digests: Sequence[bytes]) -> None:
        """The batch's transaction is committed."""
        known = self._known[queue]
        known.add(known.batches + 1, int(self._clock.now()), list(digests))

    def forget(self, queue: int) -> None:
        """The transaction failed, or how it ended is not known: the database says what is true."""
        self._known.pop(queue, None)

    def _refreshed(self, queue: int) -> _Known:
        known = self._known.setdefault(queue, _Known())
        with reading(self._engine) as connection:
            batches = connection.scalar(self._select, {"queue": queue}) or 0
            if batches < known.batches:  # the database is an earlier one, restored
                known = self._known[queue] = _Known()
            if batches > known.batches:
                for batch, time, identities in connection.execute(
                    self._load, {"queue": queue, "after": known.batches}
                ):
                    known.add(batch, time, _split(bytes(identities)))
                known.batches = batches
        return known


def _lost(queue: int, newest: int | None, fence: int) -> LockLost:
    return LockLost(f"another worker has taken queue {queue}: its fence is {newest}, ours {fence}")


def _split(identities: bytes) -> list[bytes]:
    return [identities[at : at + DIGEST_SIZE] for at in range(0, len(identities), DIGEST_SIZE)]


def keep_off(connection: Connection, prefix: str = "") -> None:
    """Keep all workers from applying anything until the connection's transaction ends; wait for those that do.

    They begin each batch by locking their queue's row, and so hold nothing else while they wait for it: no deadlock.
    """
    connection.execute(text(f"UPDATE `{prefix}qtd_ledger` SET time = time"))
