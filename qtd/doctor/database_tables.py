"""The tables that tracking reads and writes: there, complete, transactional, and with sites in them."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import Final

from sqlalchemy import Connection, text

from qtd.doctor.amounts import several
from qtd.doctor.check import Check, doubtful, fine, guarded, wrong
from qtd.doctor.database_indexes import check_indexes
from qtd.doctor.database_rights import NEEDED
from qtd.store.columns import TRACKED, check_writable, read_tables
from qtd.store.create import VERSION, SchemaStatus

#: Tables of Matomo without which nothing is recorded; there are installations without custom dimensions.
_INDISPENSABLE: Final = frozenset(NEEDED) - {"custom_dimensions"}


def check_tables(
    group: str,
    found: SchemaStatus,
    prefix: str,
    present: Collection[str],
    *,
    beside_matomo: bool,
    where: str,
) -> Iterator[Check]:
    """Judge which tables there are."""
    name = f"{group}.tables"
    lost = [table for table in found.missing_matomo_tables if table.removeprefix(prefix) in _INDISPENSABLE]
    if found.version is not None and found.version > VERSION:
        yield wrong(
            name,
            f"the tables of qtd are of version {found.version}, this program knows {VERSION}",
            "update qtd",
            where=where,
        )
    elif lost and beside_matomo:
        yield wrong(
            name,
            f"tables of Matomo are missing: {_some(lost)}",
            "check that our account may see them, and which database Matomo's config.ini.php names: Matomo makes them",
            where=where,
        )
    elif lost and not _only_ours(prefix, present):
        yield wrong(
            name,
            f"tables are missing in a database that is not empty: {_some(lost)}",
            "check database.url and database.tables_prefix, and that our account may see them; else use an empty one",
            where=where,
        )
    elif lost:
        yield fine(name, "none yet: the first start makes them all", where=where)
    elif found.missing_own_tables or found.version is None or found.version < VERSION:
        version = "missing" if found.version is None else f"of version {found.version}, {VERSION} is wanted"
        missing = f" ({_some(found.missing_own_tables)})" if found.missing_own_tables else ""
        yield doubtful(
            name,
            f"the tables of qtd are {version}{missing}",
            "the next start of a worker makes them, or now: qtd db upgrade",
            where=where,
        )
    else:
        yield fine(name, f"complete; those of qtd are of version {VERSION}", where=where)


def _only_ours(prefix: str, present: Collection[str]) -> bool:
    """Say whether the database is empty but for tables of qtd, as `qtd.store.prepare` asks."""
    return all(name.startswith(f"{prefix}qtd_") for name in present)


def _some(names: Sequence[str], most: int = 5) -> str:
    more = len(names) - most
    return ", ".join(names[:most]) + (f" and {more} more" if more > 0 else "")


def check_shape(
    group: str, connection: Connection, prefix: str, present: Collection[str], *, where: str
) -> Iterator[Check]:
    """Judge columns, indexes and engines of the tables that are there."""
    if all(prefix + name in present for name in TRACKED):
        yield from guarded(
            f"{group}.columns",
            "give these columns a default, or let them be null; the plugin that made them expects the same of Matomo",
            lambda: _columns(group, connection, prefix, where),
            where=where,
        )
    yield from check_indexes(group, connection, prefix, present, where=where)
    if connection.dialect.name == "mysql":
        yield from _engines(group, connection, prefix, where)


def _columns(group: str, connection: Connection, prefix: str, where: str) -> Iterator[Check]:
    check_writable(read_tables(connection, prefix))
    yield fine(f"{group}.columns", "every row can be written", where=where)


def _engines(group: str, connection: Connection, prefix: str, where: str) -> Iterator[Check]:
    """A transaction is one only in InnoDB: elsewhere half a batch would stay when it is undone."""
    rows = connection.execute(
        text("SELECT table_name, engine FROM information_schema.tables WHERE table_schema = DATABASE()")
    ).all()
    ours = {prefix + name for name in TRACKED}
    others = [
        (name, engine)
        for name, engine in rows
        if (name in ours or name.startswith(f"{prefix}qtd_")) and (engine or "").lower() != "innodb"
    ]
    if others:
        yield wrong(
            f"{group}.innodb",
            "not in InnoDB, so a batch can not be undone: "
            + ", ".join(f"{name} ({engine})" for name, engine in others),
            "; ".join(f"ALTER TABLE {name} ENGINE=InnoDB" for name, _ in others),
            where=where,
        )
    elif rows:
        yield fine(f"{group}.innodb", "all tables that are written are in InnoDB", where=where)


def check_sites(
    connection: Connection, prefix: str, *, configured: Collection[int], where: str
) -> Iterator[Check]:
    """Requests of sites that nobody knows are recorded nowhere."""
    sites = {*configured, *connection.scalars(text(f"SELECT idsite FROM `{prefix}site`"))}
    if sites:
        yield fine("database.sites", several(len(sites), "site"), where=where)
    else:
        yield doubtful(
            "database.sites",
            "no site is known: every request is refused as one of an unknown site",
            "add a site to `sites` in the configuration, or in Matomo",
            where=where,
        )
