"""The native engine as a worker sees it: stored entries in, rows out, each entry exactly once.

What can not be applied must not stop the rest: entries that can not be decoded go to the dead letters at once; where
a batch fails for a reason that repeating will not cure, it is halved until the offender is alone. That costs about
twice the batch's time and some ten transactions for one offender among 500.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from sqlalchemy import Engine

from qtd.clock import Clock
from qtd.config.keep import Keep
from qtd.db.transaction import writing
from qtd.engine.outside import Outside
from qtd.errors import ConfigurationError, SchemaError, Transient
from qtd.log.logger import Logger, get_logger
from qtd.store.application import Application, ReadEntries
from qtd.store.cause import cause_of
from qtd.store.counters import Counters
from qtd.store.dead_letter_bounds import DeadLetterBounds
from qtd.store.dead_letters import Buried, DeadLetters
from qtd.store.entry import Entry, read_entry, unapplied
from qtd.store.ledger import Ledger
from qtd.store.settings.source import SettingsSource
from qtd.store.tally import Stage, Tally


@dataclass(kw_only=True, slots=True)
class BatchResult:
    """What became of the requests of a batch; the four numbers add up to the requests in it."""

    #: tracking requests whose rows are in the database
    recorded: int = 0
    #: tracking requests that a rule keeps out
    excluded: int = 0
    #: requests in entries that went to the dead letters; an entry that can not be decoded counts as one
    dead: int = 0
    #: requests in entries that were applied before
    repeated: int = 0
    #: identity and cause of each dead entry
    dead_entries: tuple[tuple[str, str], ...] = ()
    #: rule -> how many of the excluded it kept out
    rules: Counter[str] = field(default_factory=Counter)

    def add(self, other: BatchResult) -> None:
        """Count another part of the batch."""
        self.recorded += other.recorded
        self.excluded += other.excluded
        self.dead += other.dead
        self.repeated += other.repeated
        self.rules += other.rules
        self.dead_entries += other.dead_entries


@dataclass(frozen=True, kw_only=True, slots=True)
class _Place:
    """Where a batch comes from."""

    queue: int
    fence: int | None


class NativeRecorder:
    """Applies a queue's entries with our own engine; for one worker, in one thread."""

    def __init__(
        self,
        engine: Engine,
        prefix: str = "",
        *,
        settings: SettingsSource,
        outside: Outside,
        clock: Clock,
        keep: Keep | None = None,
        logger: Logger | None = None,
    ) -> None:
        """Look at the tables. Raises SchemaError where they are not what is needed."""
        self._engine = engine
        self._clock = clock
        keep = keep or Keep()
        self._application = Application(engine, prefix, settings=settings, outside=outside, clock=clock)
        self._ledger = Ledger.configured(engine, prefix, keep, clock=clock)
        self._dead_letters = DeadLetters(engine, prefix)
        self._counters = Counters(engine, prefix, clock=clock, days=keep.counters_days)
        self._bounds = DeadLetterBounds(
            engine,
            prefix,
            keep=keep,
            counters=self._counters,
            clock=clock,
            logger=logger or get_logger("store"),
        )

    def fence(self, queue: int) -> int:
        """Take a new fence of the queue; see `qtd.store.ledger`. Raises what `qtd.db.transaction.writing` names."""
        return self._ledger.take_fence(queue)

    def record(self, queue: int, stored: Sequence[bytes], *, fence: int | None) -> BatchResult:
        """Apply the entries, which were read from the head of `queue`, and return when that is committed.

        `fence` is the one taken after the queue's lock and before reading; None where there is neither queue nor lock.

        Raises:
            LockLost: there is a newer fence; nothing more was applied.
            Transient: some may have been applied, in their order from the first; call again with the same.
            SchemaError: the tables have changed.
        """
        self._bounds.look()
        entries = [read_entry(one) for one in stored]
        applied = self._ledger.applied(queue, {entry.digest for entry in entries})
        fresh, repeated = unapplied(entries, applied)
        result = BatchResult(repeated=repeated)
        if fresh:
            result.add(self._record(_Place(queue=queue, fence=fence), fresh))
        return result

    def _record(self, place: _Place, entries: list[Entry]) -> BatchResult:
        try:
            return self._commit(place, entries, self._application.read(entries))
        except (Transient, SchemaError, ConfigurationError):
            raise
        except Exception as error:  # noqa: BLE001 - one entry that trips a bug of ours must not stop its queue
            if len(entries) == 1:
                return self._bury(place, entries[0], cause_of(error))
        middle = len(entries) // 2
        result = BatchResult()
        for part in (entries[:middle], entries[middle:]):
            self._ledger.applied(place.queue, ())  # the failure made it forget
            result.add(self._record(place, part))
        return result

    def _bury(self, place: _Place, entry: Entry, cause: str) -> BatchResult:
        """Put one entry to the dead letters."""
        self._ledger.applied(place.queue, ())
        return self._commit(place, [replace(entry, cause=cause)], None)

    def _commit(self, place: _Place, entries: Sequence[Entry], read: ReadEntries | None) -> BatchResult:
        """Rows, dead letters, counters and the ledger in one transaction; what has a cause is buried."""
        now, queue = self._clock.now(), place.queue
        digests = [entry.digest for entry in entries]
        buried = [entry for entry in entries if entry.cause]
        tally = self._application.tally(now=now)
        tally.take(entries)
        for entry in buried:
            tally.bury(entry)
        letters = [
            Buried(entry=entry.stored, cause=entry.cause, places=tally.places(entry)) for entry in buried
        ]
        try:
            with writing(self._engine) as connection:
                self._ledger.advance(
                    connection, queue, entries=len(entries), dead=len(buried), fence=place.fence
                )
                if read is not None:
                    self._application.write(connection, read, tally, now=now)
                self._dead_letters.add(connection, queue, letters, now=now)
                self._ledger.remember(connection, queue, digests)
                self._counters.add(connection, queue, tally)
        except BaseException:
            self._ledger.forget(queue)
            self._application.forget()
            raise
        self._ledger.committed(queue, digests)
        return _result(tally, buried)


def _result(tally: Tally, buried: Sequence[Entry]) -> BatchResult:
    return BatchResult(
        recorded=tally.total(Stage.RECORDED),
        excluded=tally.total(Stage.EXCLUDED),
        dead=tally.total(Stage.DEAD),
        dead_entries=tuple((entry.identity, entry.cause) for entry in buried),
        rules=tally.rules,
    )
