"""Records a batch: one transaction, from what has to be known of the database to the rows."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, Engine

from qtd.clock import Clock
from qtd.db.transaction import reading, writing
from qtd.engine.hit import Hit
from qtd.engine.plan import Plan
from qtd.engine.tracker import Tracker
from qtd.store.actions import Actions
from qtd.store.columns import StoredTable, check_writable, read_tables
from qtd.store.dialect import Dialect
from qtd.store.lookup import look_up
from qtd.store.mysql import Mysql
from qtd.store.remarks import RemarkWriter
from qtd.store.sqlite import Sqlite
from qtd.store.write import PlanWriter
from qtd.wire.request_set import RequestSet


def dialect_of(engine: Engine) -> Dialect:
    """The statements of the engine's database."""
    return Sqlite() if engine.dialect.name == "sqlite" else Mysql()


class Recorder:
    """Applies batches of request sets to the database; for one worker, in one thread."""

    def __init__(self, engine: Engine, prefix: str = "", *, clock: Clock) -> None:
        """Look at the tables.

        Raises:
            SchemaError: tables are missing, or have columns that we could not fill.
        """
        self._engine = engine
        self._clock = clock
        self._dialect = dialect_of(engine)
        with reading(engine) as connection:
            self.tables: dict[str, StoredTable] = read_tables(connection, prefix)
        check_writable(self.tables)
        self._actions = Actions(engine, self.tables["log_action"], self._dialect, clock=clock)
        self._writer = PlanWriter(self.tables, self._dialect)
        self._remarks = RemarkWriter(self.tables, self._dialect)

    def record(self, tracker: Tracker, request_sets: Sequence[RequestSet]) -> Plan:
        """Record request sets in a transaction of their own; returns what was written.

        Raises what `qtd.db.errors.translated` names; then nothing was written, unless the error came from the commit.
        """
        hits = tracker.read(request_sets, now=self._clock.now())
        try:
            with writing(self._engine) as connection:
                return self.apply(connection, tracker, hits, now=self._clock.now())
        except BaseException:
            self.forget()  # on SQLite the action names that were inserted are gone
            raise

    def apply(self, connection: Connection, tracker: Tracker, hits: Sequence[Hit], *, now: float) -> Plan:
        """Look up, plan and write in the connection's transaction, which has not written to Matomo's tables yet."""
        known = look_up(connection, self.tables, self._dialect, tracker.lookup(hits))
        plan = tracker.plan(hits, known, now=now)
        self.write(connection, plan, now=now)
        return plan

    def forget(self) -> None:
        """Forget what was remembered of the database: it may be another one now, or what was written is undone."""
        self._actions.forget()

    def write(self, connection: Connection, plan: Plan, *, now: float) -> None:
        """Write a plan in the connection's transaction, which has not written to Matomo's tables yet."""
        actions = self._actions.identifiers(connection, plan.actions)
        self._writer.write(connection, plan, actions)
        self._remarks.write(connection, plan, now=now)
