"""Applies entries with our own engine: what can be read without the database first, then the rows, in a transaction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, Engine

from qtd.clock import Clock
from qtd.engine.hit import Hit
from qtd.engine.outside import Outside
from qtd.engine.settings import Settings
from qtd.engine.tracker import Tracker
from qtd.store.entry import Entry
from qtd.store.recorder import Recorder
from qtd.store.settings.source import SettingsSource
from qtd.store.tally import Tally


@dataclass(frozen=True, kw_only=True, slots=True)
class ReadEntries:
    """Decodable entries, read."""

    entries: Sequence[Entry]
    hits: Sequence[Hit]
    tracker: Tracker


class Application:
    """The engine over one database; for one worker, in one thread."""

    def __init__(
        self, engine: Engine, prefix: str = "", *, settings: SettingsSource, outside: Outside, clock: Clock
    ) -> None:
        """Look at the tables. Raises SchemaError where they are not what is needed."""
        self._settings = settings
        self._outside = outside
        self._clock = clock
        self._recorder = Recorder(engine, prefix, clock=clock)
        self._tracker: Tracker | None = None

    def read(self, entries: Sequence[Entry]) -> ReadEntries:
        """Read those of the entries that can be decoded; before a transaction begins, because it may store a salt.

        Raises what the database raises, and whatever a bug in the engine raises.
        """
        tracker = self._current_tracker(self._settings.current())
        decodable = [entry for entry in entries if entry.request_set is not None]
        request_sets = [entry.request_set for entry in decodable if entry.request_set is not None]
        hits = tracker.read(request_sets, now=self._clock.now())
        return ReadEntries(entries=decodable, hits=hits, tracker=tracker)

    def tally(self, *, now: float) -> Tally:
        """An empty one; `now` in Unix seconds."""
        return Tally(self._settings.current().sites, now=now)

    def write(self, connection: Connection, read: ReadEntries, tally: Tally, *, now: float) -> None:
        """Write the rows, and count them and what became of the requests; `now` in Unix seconds."""
        if read.entries:
            plan = self._recorder.apply(connection, read.tracker, read.hits, now=now)
            tally.plan(plan, read.entries, read.hits)

    def forget(self) -> None:
        """The transaction failed: on SQLite, for one, the action names that were inserted are gone."""
        self._recorder.forget()

    def _current_tracker(self, settings: Settings) -> Tracker:
        if self._tracker is None or self._tracker.settings is not settings:
            self._tracker = Tracker(settings, self._outside)
        return self._tracker
