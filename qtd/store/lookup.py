"""Asks the database what a batch has to know: one statement for the visits, one for each further question."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import Connection

from qtd.engine.action import ActionType
from qtd.engine.lookup import Known, Lookup, VisitLookup
from qtd.engine.order_number import order_key
from qtd.engine.visit import Visit
from qtd.engine.visitor import KnownVisits
from qtd.store.coerce import moment_text
from qtd.store.columns import StoredTable
from qtd.store.dialect import Dialect

#: Sites per statement, so that a batch over very many sites does not make one of endless length.
_SITES = 50


def look_up(
    connection: Connection, tables: Mapping[str, StoredTable], dialect: Dialect, lookup: Lookup
) -> Known:
    """Answer a look-up; visits of the database come with all their columns, moments as Unix seconds.

    Raises what `qtd.db.errors.translated` names where the caller's transaction translates.
    """
    rows = _visits(connection, tables["log_visit"], dialect, lookup.visits)
    known = Known(visits=KnownVisits(Visit(row, idvisit) for idvisit, row in rows.items()))
    if lookup.orders:
        known.orders = _orders(connection, tables["log_conversion"], dialect, lookup.orders)
    if not rows:
        return known
    ids = ",".join(map(str, rows))
    if lookup.conversions:
        known.conversions = _conversions(connection, tables["log_conversion"], dialect, ids)
    if lookup.items:
        known.items = _items(connection, tables, dialect, ids)
    if lookup.page_views:
        known.page_views = _page_views(connection, tables, dialect, ids, lookup.page_views)
    return known


def expression(dialect: Dialect, table: StoredTable, column: str, alias: str = "") -> str:
    """A column as it is read: moments as Unix seconds, exact numbers and times as text."""
    kind = table.columns[column].type
    name = f"{alias}`{column}`"
    if kind.is_moment:
        return dialect.seconds(name)
    if kind.name in ("decimal", "time"):
        return dialect.as_text(name)
    return name


def _visits(
    connection: Connection, table: StoredTable, dialect: Dialect, visits: Mapping[int, VisitLookup]
) -> dict[int, dict[str, Any]]:
    """The visits by idvisit; each once, though several questions may find it."""
    names = [name for name in table.columns if name != "idvisit"]
    listed = ",".join(expression(dialect, table, name, "v.") for name in names)
    rows: dict[int, dict[str, Any]] = {}
    sites = [item for item in visits.items() if item[1].visitors or item[1].configs]
    for start in range(0, len(sites), _SITES):
        parts = [
            f"SELECT v.`idvisit`,{listed} {source}"
            for idsite, asked in sites[start : start + _SITES]
            for source in _sources(table, dialect, idsite, asked)
        ]
        for row in dialect.run(connection, " UNION ALL ".join(parts)):
            rows[row[0]] = dict(zip(names, row[1:], strict=True))
    return rows


def _sources(table: StoredTable, dialect: Dialect, idsite: int, asked: VisitLookup) -> Iterable[str]:
    """The visits of one site: the newest of each visitor, his later ones, and those of the fingerprints."""
    first, last = f"'{moment_text(asked.until_first)}'", f"'{moment_text(asked.until_last)}'"
    if asked.visitors:
        among = ",".join(map(dialect.literal, sorted(asked.visitors)))
        yield (
            f"FROM (SELECT `idvisitor` i,MAX(`visit_last_action_time`) m FROM {table.sql}"
            f" WHERE `idsite`={idsite} AND `idvisitor` IN ({among}) AND `visit_last_action_time`<={first}"
            f" GROUP BY `idvisitor`) n JOIN {table.sql} v"
            f" ON v.`idsite`={idsite} AND v.`idvisitor`=n.i AND v.`visit_last_action_time`=n.m"
        )
        if asked.until_last > asked.until_first:
            yield (
                f"FROM {table.sql} v WHERE v.`idsite`={idsite} AND v.`idvisitor` IN ({among})"
                f" AND v.`visit_last_action_time`>{first} AND v.`visit_last_action_time`<={last}"
            )
    if asked.configs:
        among = ",".join(map(dialect.literal, sorted(asked.configs)))
        yield (
            f"FROM {table.sql} v WHERE v.`idsite`={idsite} AND v.`config_id` IN ({among})"
            f" AND v.`visit_last_action_time`>='{moment_text(asked.since)}' AND v.`visit_last_action_time`<={last}"
        )


def _conversions(
    connection: Connection, table: StoredTable, dialect: Dialect, ids: str
) -> set[tuple[int, int, int]]:
    rows = dialect.run(
        connection, f"SELECT `idvisit`,`idgoal`,`buster` FROM {table.sql} WHERE `idvisit` IN ({ids})"
    )
    return {(idvisit, idgoal, buster) for idvisit, idgoal, buster in rows}


def _items(
    connection: Connection, tables: Mapping[str, StoredTable], dialect: Dialect, ids: str
) -> dict[int, list[dict[str, Any]]]:
    """The items of the visits, each with the name of its `idaction_sku` as `sku`."""
    table = tables["log_conversion_item"]
    names = list(table.columns)
    listed = ",".join(expression(dialect, table, name, "i.") for name in names)
    rows = dialect.run(
        connection,
        f"SELECT {listed},a.`name` FROM {table.sql} i LEFT JOIN {tables['log_action'].sql} a"
        f" ON a.`idaction`=i.`idaction_sku` WHERE i.`idvisit` IN ({ids})",
    )
    items: dict[int, list[dict[str, Any]]] = {}
    for row in rows:
        item = dict(zip((*names, "sku"), row, strict=True))
        items.setdefault(item["idvisit"], []).append(item)
    return items


def _orders(
    connection: Connection, table: StoredTable, dialect: Dialect, orders: set[tuple[int, str]]
) -> set[tuple[int, str]]:
    """The orders that exist, as they were asked for: the index may take upper and lower case for the same."""
    by_site: dict[int, list[str]] = {}
    for idsite, idorder in sorted(orders):
        by_site.setdefault(idsite, []).append(idorder)
    where = " OR ".join(
        f"(`idsite`={idsite} AND `idorder` IN ({','.join(map(dialect.literal, asked))}))"
        for idsite, asked in by_site.items()
    )
    rows = dialect.run(connection, f"SELECT `idsite`,`idorder` FROM {table.sql} WHERE {where}")
    found = {(idsite, order_key(idorder)) for idsite, idorder in rows}
    return {(idsite, idorder) for idsite, idorder in orders if (idsite, order_key(idorder)) in found}


def _page_views(
    connection: Connection,
    tables: Mapping[str, StoredTable],
    dialect: Dialect,
    ids: str,
    page_views: set[str],
) -> dict[tuple[int, str], int]:
    """The first row of each visit and page view that has a page's address, else the first that has a page's title."""
    among = ",".join(map(dialect.literal, sorted(page_views)))
    found: dict[tuple[int, str], int] = {}
    for column, kind in (("idaction_url", ActionType.PAGE_URL), ("idaction_name", ActionType.PAGE_TITLE)):
        rows = dialect.run(
            connection,
            f"SELECT l.`idvisit`,l.`idpageview`,MIN(l.`idlink_va`) FROM {tables['log_link_visit_action'].sql} l"
            f" JOIN {tables['log_action'].sql} a ON a.`idaction`=l.`{column}` AND a.`type`={int(kind)}"
            f" WHERE l.`idvisit` IN ({ids}) AND l.`idpageview` IN ({among}) GROUP BY l.`idvisit`,l.`idpageview`",
        )
        for idvisit, idpageview, idlink_va in rows:
            found.setdefault((idvisit, idpageview), idlink_va)
    return found
