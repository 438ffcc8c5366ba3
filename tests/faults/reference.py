"""The undisturbed run: the same requests, in the same order, given to the engine in this process."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from sqlalchemy import Engine

from qtd.cli.bench.entries import entries_of
from qtd.cli.bench.page_views import PageView
from qtd.clock import SystemClock
from qtd.config.root import Config
from qtd.db.engine import open_engine
from qtd.engine.outside import Outside
from qtd.store.create import create_tables
from qtd.store.native import NativeRecorder
from qtd.store.outside import gather
from qtd.store.recorder import Recorder
from qtd.store.salts import StoredSalts
from qtd.worker.assemble import settings_source
from tests.faults.crowd import Answered
from tests.faults.rows import Tables, empty, rows_by_visitor
from tests.servers.mariadb import MariaDbServer

#: No queue of anybody's.
LEDGER = 0


class Undisturbed:
    """Records requests in tables of its own, with the lists that are loaded once."""

    def __init__(self, mariadb: MariaDbServer, outside: Outside | None = None) -> None:
        """Make the tables; `outside` is that of another one, so that it need not be loaded again."""
        self._clock = SystemClock()
        self._engine = open_engine(mariadb.url(mariadb.create_schema()))
        create_tables(self._engine)
        self.outside = outside or gather(StoredSalts(self._engine, clock=self._clock))
        self._tables = Recorder(self._engine, clock=self._clock).tables

    def rows(self, requests: Sequence[Answered], *, config: Config, salts_from: Engine) -> dict[str, Tables]:
        """The rows that requests make, by visitor; fingerprints need the random salts of the disturbed run."""
        empty(self._engine)
        self._engine.dispose()  # the server may have been killed since
        recorder = NativeRecorder(
            self._engine,
            settings=settings_source(config, self._engine, self._clock),
            outside=replace(self.outside, salts=StoredSalts(salts_from, clock=self._clock)),
            clock=self._clock,
        )
        views = [PageView(params=one.request.params, headers=_lines(one.header)) for one in requests]
        result = recorder.record(LEDGER, entries_of(views, config), fence=None)
        if result.recorded != len(requests):
            raise AssertionError(f"of {len(requests)} requests the undisturbed run recorded {result}")
        return rows_by_visitor(self._engine, self._tables)

    def close(self) -> None:
        """Close the connections."""
        self._engine.dispose()


def _lines(header: object) -> str:
    assert isinstance(header, dict)
    return "".join(f"{name}: {value}\r\n" for name, value in header.items() if name != "Host")
