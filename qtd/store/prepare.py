"""Makes a database ready at start: our tables are brought up to date, Matomo's made only where there is nothing."""

from __future__ import annotations

from sqlalchemy import Engine, inspect

from qtd.db.transaction import reading
from qtd.errors import SchemaError
from qtd.store.columns import TRACKED
from qtd.store.create import create_tables, status, upgrade, wait_for_makers


def prepare(engine: Engine, prefix: str = "", *, beside_matomo: bool = False) -> int:
    """Make what is missing; returns how many tables that were. Several processes may do so at once.

    Matomo's tables are made in an empty database alone: in one that is not, they are missing because the prefix or the
    database is a wrong one, and making them would hide that. `beside_matomo` they are Matomo's to make.

    Raises:
        SchemaError: our tables are those of a newer program; or `beside_matomo` those of Matomo are missing.
        QtdError: what `qtd.db.transaction.writing` names.
    """
    before = status(engine, prefix)
    if beside_matomo:
        needed = {prefix + name for name in TRACKED}
        if absent := sorted(needed.intersection(before.missing_matomo_tables)):
            raise SchemaError(f"Matomo's tables are not in the database: {', '.join(absent)}")
    missing = len(before.missing_own_tables)
    if before.missing_matomo_tables and not beside_matomo:
        if _is_empty(engine, prefix):
            create_tables(engine, prefix)
            return missing + len(before.missing_matomo_tables)
        wait_for_makers(engine)  # MariaDB shows the tables one by one while another process makes them
    if not before.complete:
        upgrade(engine, prefix)
    return missing


def _is_empty(engine: Engine, prefix: str) -> bool:
    """Whether there are no tables but ours; those of the queues may be there already."""
    with reading(engine) as connection:
        names = inspect(connection).get_table_names()
    return all(name.startswith(f"{prefix}qtd_") for name in names)
