"""Transactions: one to write, one to read, with the database's errors already made ours."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from qtd.db.errors import translated
from qtd.db.sqlite import READ_ONLY_OPTION

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Connection, Engine


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """Give a connection in a transaction: committed at the end, rolled back by whatever is raised inside.

    On SQLite it holds the write lock from its first moment. Raises what `qtd.db.errors.translated` names;
    after an error in the commit itself, whether the transaction took place is not known.
    """
    with translated(), engine.begin() as connection:
        yield connection


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """Give a connection to read with; rolled back at the end, so nothing written through it would stay.

    On SQLite all its reads see one state of the database and hold no writer up; on MariaDB/MySQL each
    statement sees what was committed when it began (READ COMMITTED). Raises what
    `qtd.db.errors.translated` names.
    """
    with translated(), engine.connect() as connection:
        connection.execution_options(**{READ_ONLY_OPTION: True})
        yield connection
