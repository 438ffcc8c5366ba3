"""Our own tables as commands open them that neither accept nor record."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Engine

from qtd.cli.setup import read_config
from qtd.cli.sqlite_file import missing_file
from qtd.config.root import Config
from qtd.errors import DatabaseUnavailable, SchemaError
from qtd.store.create import VERSION, status
from qtd.worker.assemble import open_database


@dataclass(frozen=True, kw_only=True, slots=True)
class Tables:
    """The configured database."""

    config: Config
    engine: Engine

    @property
    def prefix(self) -> str:
        """What the names of its tables begin with."""
        return self.config.database.tables_prefix


@contextmanager
def opened(config_path: Path | None, *, complete: bool = True, make: bool = False) -> Iterator[Tables]:
    """Give the database for the duration; makes and changes nothing, but with `make` a file for SQLite.

    Raises:
        DatabaseUnavailable: there is no such file.
        SchemaError: with `complete`, when our tables are missing or of another version.
        QtdError: what `qtd.db.transaction.reading` names.
    """
    config = read_config(config_path)
    engine = open_database(config)
    try:
        tables = Tables(config=config, engine=engine)
        if not make and (file := missing_file(engine.url)):
            raise DatabaseUnavailable(f"there is no database {file}; qtd db upgrade makes it, so do workers")
        if complete:
            _check(tables)
        yield tables
    finally:
        engine.dispose()


def _check(tables: Tables) -> None:
    found = status(tables.engine, tables.prefix)
    if found.missing_own_tables or found.version is None or found.version < VERSION:
        raise SchemaError("the database lacks tables of qtd, or has older ones: qtd db upgrade makes them")
    if found.version > VERSION:
        raise SchemaError(
            f"the tables of qtd are of version {found.version}, this program knows {VERSION}: update qtd"
        )
