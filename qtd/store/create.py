"""Makes the tables that are missing, and says how things stand.

Matomo's own tables are made only where there is no Matomo; ours beside them, with the same prefix.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from sqlalchemy import Connection, Engine, MetaData, inspect, text
from sqlalchemy.schema import CreateColumn, CreateIndex, CreateTable

from qtd.db.transaction import reading, writing
from qtd.errors import DatabaseConflict, SchemaError
from qtd.store.schema import matomo_tables, own_tables

#: The version of our own tables that this program works with.
VERSION = 2


@dataclass(frozen=True, kw_only=True, slots=True)
class SchemaStatus:
    """What the database has of what is needed."""

    #: of our own tables; null where there are none
    version: int | None
    #: names of tables that are not there
    missing_matomo_tables: tuple[str, ...]
    missing_own_tables: tuple[str, ...]

    @property
    def complete(self) -> bool:
        """Whether tracking can begin."""
        return self.version == VERSION and not self.missing_matomo_tables and not self.missing_own_tables


def status(engine: Engine, prefix: str = "") -> SchemaStatus:
    """Look, and change nothing. Raises what `qtd.db.transaction.reading` names."""
    dialect = engine.dialect.name
    with reading(engine) as connection:
        present = set(inspect(connection).get_table_names())
        version = None
        if f"{prefix}qtd_schema" in present:
            version = connection.scalar(text(f"SELECT max(version) FROM {prefix}qtd_schema"))
    return SchemaStatus(
        version=version,
        missing_matomo_tables=_missing(matomo_tables(dialect, prefix), present),
        missing_own_tables=_missing(own_tables(dialect, prefix), present),
    )


def create_tables(engine: Engine, prefix: str = "") -> None:
    """Make all tables that are missing, Matomo's and ours. Several processes may do so at once."""
    _create(engine, matomo_tables(engine.dialect.name, prefix))
    upgrade(engine, prefix)


def upgrade(engine: Engine, prefix: str = "") -> None:
    """Bring our own tables to `VERSION`.

    Raises:
        SchemaError: they are those of a newer program.
    """
    found = status(engine, prefix).version
    if found is not None and found > VERSION:
        raise SchemaError(f"the tables of qtd are of version {found}, this program knows {VERSION}")
    own = own_tables(engine.dialect.name, prefix)
    _create(engine, own)
    _add_columns(engine, own)
    ignore = "OR IGNORE" if engine.dialect.name == "sqlite" else "IGNORE"
    with writing(engine) as connection:
        connection.execute(
            text(f"INSERT {ignore} INTO {prefix}qtd_schema (version) VALUES (:version)"), {"version": VERSION}
        )


def wait_for_makers(engine: Engine) -> None:
    """Return when nobody is in the middle of making tables. Raises DatabaseConflict after a minute."""
    with writing(engine) as connection, _alone(connection):
        pass


def _missing(metadata: MetaData, present: set[str]) -> tuple[str, ...]:
    return tuple(name for name in metadata.tables if name not in present)


def _create(engine: Engine, metadata: MetaData) -> None:
    """Make what is missing, indexes too: whoever was here before may have been killed half-way."""
    with writing(engine) as connection, _alone(connection):
        found = inspect(connection)
        present = set(found.get_table_names())
        for table in metadata.sorted_tables:
            indexes = set()
            if table.name in present:
                indexes = {index["name"] for index in found.get_indexes(table.name)}
            else:
                connection.execute(CreateTable(table))
            for index in table.indexes:
                if index.name not in indexes:
                    connection.execute(CreateIndex(index))


def _add_columns(engine: Engine, metadata: MetaData) -> None:
    """Add the columns that tables of an earlier version lack; older programs go on without them."""
    with writing(engine) as connection, _alone(connection):
        for table in metadata.sorted_tables:
            present = set(connection.exec_driver_sql(f"SELECT * FROM {table.name} LIMIT 0").keys())
            for column in table.columns:
                if column.name not in present:
                    declared = CreateColumn(column).compile(dialect=engine.dialect)
                    connection.exec_driver_sql(f"ALTER TABLE {table.name} ADD COLUMN {declared}")


@contextmanager
def _alone(connection: Connection) -> Iterator[None]:
    """Let one process at a time make tables; SQLite's write transaction does so by itself."""
    if connection.dialect.name == "sqlite":
        yield
        return
    if not connection.scalar(text("SELECT GET_LOCK('qtd.schema', 60)")):
        raise DatabaseConflict("somebody else has been making tables for a minute")
    try:
        yield
    finally:
        connection.execute(text("SELECT RELEASE_LOCK('qtd.schema')"))
