"""What a MariaDB or MySQL server tells of itself and of our session."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import Connection, text

from qtd.clock import Clock

#: Names differ between servers and versions; those that are not there are left out.
_VARIABLES = (
    "binlog_format",
    "innodb_flush_log_at_trx_commit",
    "innodb_rollback_on_timeout",
    "log_bin",
    "max_allowed_packet",
    "sql_mode",
    "transaction_isolation",
    "tx_isolation",
)


@dataclass(frozen=True, kw_only=True, slots=True)
class DatabaseFacts:
    """A server that lets us in; names of variables are lower case, values upper case where they are words."""

    version: str
    #: as our connections have them
    session: Mapping[str, str]
    #: as connections have them that set nothing
    standard: Mapping[str, str]
    #: seconds that its clock is ahead of ours
    ahead: float
    #: by how much that may be wrong
    doubt: float

    @property
    def isolation(self) -> str:
        """Of our transactions: `READ-COMMITTED`."""
        return _isolation(self.session)

    @property
    def standard_isolation(self) -> str:
        """Of others' transactions."""
        return _isolation(self.standard)

    @property
    def modes(self) -> frozenset[str]:
        """Our session's sql_mode."""
        return frozenset(self.session.get("sql_mode", "").split(","))


def look_at_database(connection: Connection, clock: Clock) -> DatabaseFacts:
    """Ask a server; raises what `qtd.db.errors.translated` names where the caller translates."""
    before = clock.now()
    version, now = connection.execute(text("SELECT VERSION(), UNIX_TIMESTAMP(NOW(6))")).one()
    after = clock.now()
    return DatabaseFacts(
        version=version,
        session=_variables(connection, "SESSION"),
        standard=_variables(connection, "GLOBAL"),
        ahead=float(now) - (before + after) / 2,
        doubt=(after - before) / 2,
    )


def _variables(connection: Connection, scope: str) -> dict[str, str]:
    names = ",".join(f"'{name}'" for name in _VARIABLES)
    rows = connection.execute(text(f"SHOW {scope} VARIABLES WHERE Variable_name IN ({names})"))
    return {name.lower(): value.upper() for name, value in rows}


def _isolation(variables: Mapping[str, str]) -> str:
    return variables.get("transaction_isolation") or variables.get("tx_isolation", "")
