"""What our account may do with the tables, found out by statements that change nothing.

The server checks rights before it looks at a condition that is never true: so roles, wildcards and rights on columns
are all judged by itself.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Final

from sqlalchemy import Connection, exc, text

from qtd.db.errors import translate
from qtd.doctor.check import Check, doubtful, fine, wrong
from qtd.store.schema import own_tables

#: Table without prefix -> rights.
NEEDED: Final[Mapping[str, str]] = {
    "log_visit": "SELECT INSERT UPDATE",
    "log_link_visit_action": "SELECT INSERT UPDATE",
    "log_action": "SELECT INSERT DELETE",
    "log_conversion": "SELECT INSERT UPDATE",
    "log_conversion_item": "SELECT INSERT UPDATE",
    "tracking_failure": "SELECT INSERT",
    "option": "SELECT INSERT UPDATE",
    "site": "SELECT UPDATE",
    "site_url": "SELECT",
    "site_setting": "SELECT",
    "goal": "SELECT",
    "custom_dimensions": "SELECT",
    "user": "SELECT",
    "user_token_auth": "SELECT",
    "access": "SELECT",
    "qtd_ledger": "SELECT INSERT UPDATE",
    "qtd_ledger_batch": "SELECT INSERT DELETE",
    "qtd_dead_letter": "SELECT INSERT UPDATE DELETE",
    "qtd_counter": "SELECT INSERT UPDATE DELETE",
    "qtd_schema": "SELECT INSERT",
    "qtd_queue_entry": "SELECT INSERT DELETE",
    "qtd_queue_tail": "SELECT INSERT UPDATE",
    "qtd_queue_head": "SELECT INSERT UPDATE",
    "qtd_queue_number": "SELECT INSERT UPDATE",
}

#: Access denied: to the database, to a table, to a column, to an operation (MySQL's error reference).
_DENIED: Final = frozenset({1044, 1142, 1143, 1227})
#: The server, or its transaction, is read-only.
_READ_ONLY: Final = frozenset({1290, 1792, 1836})
_DUPLICATE_COLUMN: Final = 1060

_GRANT: Final = "GRANT SELECT, INSERT, UPDATE, DELETE, CREATE, INDEX, ALTER ON `{database}`.* TO our account"


def check_rights(
    group: str, connection: Connection, prefix: str, present: Collection[str], *, where: str
) -> Iterator[Check]:
    """Try each right on the tables that are there, and whether missing ones could be made.

    Raises what `qtd.db.errors.translated` names when the connection is lost.
    """
    name = f"{group}.rights"
    grant = _GRANT.format(database=connection.engine.url.database)
    lacking: dict[str, list[str]] = {}
    for table, rights in NEEDED.items():
        if prefix + table not in present:
            continue
        for right in rights.split():
            number = _refusal(connection, _statement(connection, prefix + table, right))
            if number in _READ_ONLY:
                yield wrong(
                    name,
                    "the server is read-only",
                    "name the server that takes writes in database.url",
                    where=where,
                )
                return
            if number in _DENIED:
                lacking.setdefault(right, []).append(prefix + table)
    if lacking:
        found = "; ".join(f"no {right} on {', '.join(tables)}" for right, tables in lacking.items())
        yield wrong(name, found, grant, where=where)
        return
    missing = [table for table in own_tables("mysql", prefix).tables if table not in present]
    # A table with two columns of one name is never made, but only who may make tables is told so.
    refused = _refusal(connection, f"CREATE TABLE `{prefix}qtd_test` (a INT, a INT)")
    if refused == _DUPLICATE_COLUMN:
        yield fine(name, "reads and writes all tables it needs, and may make its own", where=where)
    elif missing:
        yield wrong(
            name, f"may not CREATE tables, and {', '.join(missing)} must still be made", grant, where=where
        )
    else:
        yield doubtful(
            name,
            "reads and writes all tables it needs, but may not CREATE tables: a newer qtd may need more of them",
            f"grant it, or run qtd db upgrade with an account that may: {grant}",
            where=where,
        )


def _statement(connection: Connection, table: str, right: str) -> str:
    """Return a statement that needs this right and does nothing."""
    if right == "SELECT":
        return f"SELECT * FROM `{table}` LIMIT 0"
    if right == "DELETE":
        return f"DELETE FROM `{table}` WHERE 1=0"
    columns = _columns(connection, table)
    if right == "UPDATE":
        return f"UPDATE `{table}` SET `{columns[-1]}`=`{columns[-1]}` WHERE 1=0"
    return f"INSERT IGNORE INTO `{table}` (`{columns[0]}`) SELECT NULL FROM DUAL WHERE 1=0"


def _columns(connection: Connection, table: str) -> list[str]:
    """Return its columns in their order; who may do anything with a table may see them."""
    statement = text(
        "SELECT column_name FROM information_schema.columns"
        " WHERE table_schema = DATABASE() AND table_name = :table ORDER BY ordinal_position"
    )
    return list(connection.scalars(statement, {"table": table}))


def _refusal(connection: Connection, statement: str) -> int:
    """Run a statement; return the number of the error that it ends with, 0 where it does not.

    Raises what an error means that is no refusal: the connection is gone.
    """
    try:
        connection.exec_driver_sql(statement)
    except exc.DBAPIError as error:
        arguments = error.orig.args if error.orig is not None else ()
        if error.connection_invalidated or not (arguments and isinstance(arguments[0], int)):
            raise translate(error) from error
        return arguments[0]
    return 0
