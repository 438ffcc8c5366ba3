"""The native engine as a worker sees it: stored entries in, rows out, each entry exactly once.

What can not be applied must not stop the rest: entries that can not be decoded go to the dead letters at once; where
a batch fails for a reason that repeating will not cure, it is halved until the offender is alone. That costs about
twice the batch's time and some ten transactions for one offender among 500.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from sqlalchemy import Engine

from qtd.clock import Clock
from qtd.config.keep import Keep
from qtd.db.transaction import writing
from qtd.engine.batch import DROPPED
from qtd.engine.hit import Hit
from qtd.engine.outside import Outside
from qtd.engine.plan import RECORDED, Plan
from qtd.engine.settings import Settings
from qtd.engine.tracker import Tracker
from qtd.errors import ConfigurationError, EntryError, SchemaError, Transient
from qtd.store.dead_letters import DeadLetters
from qtd.store.ledger import Ledger, digest
from qtd.store.recorder import Recorder
from qtd.store.settings.source import SettingsSource
from qtd.wire.request_set import RequestSet, decode, identity


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
class _Entry:
    stored: bytes
    identity: str
    digest: bytes
    #: null where the stored bytes can not be decoded, for the cause
    request_set: RequestSet | None
    cause: str = ""

    @property
    def requests(self) -> int:
        return 1 if self.request_set is None else len(self.request_set.requests)


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
    ) -> None:
        """Look at the tables. Raises SchemaError where they are not what is needed."""
        self._engine = engine
        self._clock = clock
        self._settings = settings
        self._outside = outside
        self._recorder = Recorder(engine, prefix, clock=clock)
        keep = keep or Keep()
        self._ledger = Ledger(
            engine, prefix, clock=clock, keep=keep.identities, seconds=keep.identities_minutes * 60
        )
        self._dead_letters = DeadLetters(engine, prefix)
        self._tracker: Tracker | None = None

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
        entries = [_entry(one) for one in stored]
        known = self._ledger.applied(queue, {entry.digest for entry in entries})
        result = BatchResult()
        fresh: list[_Entry] = []
        for entry in entries:
            if entry.digest in known:
                result.repeated += entry.requests
            else:
                known.add(entry.digest)
                fresh.append(entry)
        if fresh:
            tracker = self._current_tracker(self._settings.current())
            result.add(self._record(_Place(queue=queue, fence=fence), fresh, tracker))
        return result

    def _record(self, place: _Place, entries: list[_Entry], tracker: Tracker) -> BatchResult:
        try:
            return self._apply(place, entries, tracker)
        except (Transient, SchemaError, ConfigurationError):
            raise
        except Exception as error:  # noqa: BLE001 - one entry that trips a bug of ours must not stop its queue
            if len(entries) == 1:
                return self._bury(place, entries[0], _cause(error))
        middle = len(entries) // 2
        result = BatchResult()
        for part in (entries[:middle], entries[middle:]):
            self._ledger.applied(place.queue, ())  # the failure made it forget
            result.add(self._record(place, part, tracker))
        return result

    def _apply(self, place: _Place, entries: list[_Entry], tracker: Tracker) -> BatchResult:
        """Apply entries in one transaction, all or none."""
        # Before the transaction begins, because reading may store a new salt.
        request_sets = [entry.request_set for entry in entries if entry.request_set is not None]
        hits = tracker.read(request_sets, now=self._clock.now())
        buried = [entry for entry in entries if entry.request_set is None]
        plan = self._commit(place, entries, buried, tracker, hits)
        rules: Counter[str] = Counter()
        for (_, outcome), count in plan.outcomes.items():
            rules[outcome] += count
        recorded = rules.pop(RECORDED, 0)
        excluded = sum(entry.requests for entry in entries) - recorded - len(buried)
        if unread := excluded - rules.total():  # what comes after an invalid request is not even read
            rules[DROPPED] += unread
        return BatchResult(
            recorded=recorded,
            dead=len(buried),
            excluded=excluded,
            dead_entries=tuple((entry.identity, entry.cause) for entry in buried),
            rules=rules,
        )

    def _bury(self, place: _Place, entry: _Entry, cause: str) -> BatchResult:
        """Put one entry to the dead letters."""
        self._ledger.applied(place.queue, ())
        dead = _Entry(
            stored=entry.stored,
            identity=entry.identity,
            digest=entry.digest,
            request_set=None,
            cause=cause,
        )
        self._commit(place, [dead], [dead], None, ())
        return BatchResult(dead=entry.requests, dead_entries=((entry.identity, cause),))

    def _commit(
        self,
        place: _Place,
        entries: Sequence[_Entry],
        buried: Sequence[_Entry],
        tracker: Tracker | None,
        hits: Sequence[Hit],
    ) -> Plan:
        """Rows, dead letters and the ledger in one transaction."""
        now, queue = self._clock.now(), place.queue
        digests = [entry.digest for entry in entries]
        plan = Plan()
        try:
            with writing(self._engine) as connection:
                self._ledger.advance(
                    connection, queue, entries=len(entries), dead=len(buried), fence=place.fence
                )
                if tracker is not None:
                    plan = self._recorder.apply(connection, tracker, hits, now=now)
                letters = [(entry.stored, entry.cause) for entry in buried]
                self._dead_letters.add(connection, queue, letters, now=now)
                self._ledger.remember(connection, queue, digests)
        except BaseException:
            self._ledger.forget(queue)
            self._recorder.forget()  # on SQLite the action names that were inserted are gone
            raise
        self._ledger.committed(queue, digests)
        return plan

    def _current_tracker(self, settings: Settings) -> Tracker:
        if self._tracker is None or self._tracker.settings is not settings:
            self._tracker = Tracker(settings, self._outside)
        return self._tracker


def _entry(stored: bytes) -> _Entry:
    request_set, cause = None, ""
    try:
        request_set = decode(stored)
    except EntryError as error:
        cause = str(error)
    name = identity(stored, request_set)
    return _Entry(stored=stored, identity=name, digest=digest(name), request_set=request_set, cause=cause)


def _cause(error: Exception) -> str:
    """Why an entry was given up; errors that are not ours may quote it, so they are named only."""
    text = str(error) if isinstance(error, EntryError) or _is_ours(error) else ""
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


def _is_ours(error: Exception) -> bool:
    return type(error).__module__.startswith("qtd.")
