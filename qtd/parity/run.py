"""Runs scenarios against the native engine: the entries through the tracker into the tables, and back out."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from random import Random
from typing import Literal, TypeAlias

import orjson
from sqlalchemy import Engine

from qtd.clock import Clock
from qtd.db.transaction import reading
from qtd.engine.fingerprint import FingerprintSalts
from qtd.engine.outside import Outside
from qtd.engine.settings import Settings
from qtd.engine.tracker import Tracker
from qtd.parity.canonical import canonical_rows
from qtd.parity.compare import Comparison, compare
from qtd.parity.scenario import Rows, Scenario, World
from qtd.parity.world import WorldDatabase
from qtd.store.recorder import Recorder
from qtd.store.salts import StoredSalts
from qtd.store.settings.source import SettingsSource
from qtd.wire.request_set import RequestSet, decode

#: How a scenario's entries are applied: all at once, one by one, or in batches of random size.
Batches: TypeAlias = Literal["one", "single", "random"]

#: Batches of random size hold at most so many entries.
_MOST = 20


class Runner:
    """Runs scenarios one after the other in one database, whose content is lost."""

    def __init__(
        self,
        engine: Engine,
        world: World,
        outside: Callable[[FingerprintSalts], Outside],
        *,
        clock: Clock,
        batches: Batches = "one",
        random: Random | None = None,
    ) -> None:
        """Make the tables and the world in them; `outside` gives the engine its lists and detectors."""
        self._engine = engine
        self._clock = clock
        self._batches = batches
        self._random = random or Random()
        self._world = WorldDatabase(engine, world)
        self._salts = StoredSalts(engine, clock=clock)
        self._outside = outside(self._salts)
        self._recorder = Recorder(engine, clock=clock)

    def run(self, scenario: Scenario) -> Comparison:
        """Apply a scenario and compare its rows with the expected ones."""
        return compare(scenario.rows, self.rows(scenario))

    def rows(self, scenario: Scenario) -> Rows:
        """Apply a scenario; returns all tracked rows in canonical form."""
        configured = self._world.begin(scenario)
        self._salts.forget()
        self._recorder.forget()
        source = SettingsSource(self._engine, configured=lambda: configured, clock=self._clock)
        tracker = Tracker(source.current(), self._outside)
        request_sets = [decode(orjson.dumps(entry)) for entry in scenario.entries]
        for batch in self.split(request_sets, tracker.settings):
            self._recorder.record(tracker, batch)
        with reading(self._engine) as connection:
            return canonical_rows(connection, self._world.tables, self._world.dialect)

    def split(
        self,
        request_sets: Sequence[RequestSet],
        settings: Settings,  # noqa: ARG002 - for those who split by visitors
    ) -> Iterator[Sequence[RequestSet]]:
        """Cut a scenario's request sets into batches."""
        start = 0
        while start < len(request_sets):
            size = {"one": len(request_sets), "single": 1}.get(self._batches) or self._random.randint(
                1, _MOST
            )
            yield request_sets[start : start + size]
            start += size
