"""Opens a database: SQLite, or MariaDB/MySQL through PyMySQL, with the settings that tracking needs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import URL, create_engine, event, exc, make_url

from qtd.db.sqlite import prepare_sqlite
from qtd.errors import ConfigurationError

if TYPE_CHECKING:
    from sqlalchemy import Engine

#: What SQLAlchemy calls the drivers that we use, by the names that people write.
_DRIVERS = {
    "sqlite": "sqlite+pysqlite",
    "sqlite+pysqlite": "sqlite+pysqlite",
    "mysql": "mysql+pymysql",
    "mysql+pymysql": "mysql+pymysql",
    "mariadb": "mysql+pymysql",
    "mariadb+pymysql": "mysql+pymysql",
}

#: Matomo's web side sets NO_AUTO_VALUE_ON_ZERO (core/Db.php); its tracker runs under the server's own mode,
#: which by default is strict on MariaDB and MySQL. Strict is what we insist on, too: a value that does not
#: fit is an error that names the column, never silently another value. Setting the mode also switches off
#: ANSI_QUOTES and NO_BACKSLASH_ESCAPES, under which statements would mean something else.
_SQL_MODE = "STRICT_TRANS_TABLES,NO_ENGINE_SUBSTITUTION,NO_AUTO_VALUE_ON_ZERO"

#: The server bears our silence for so many times as long as we bear its: in the middle of a transaction that has
#: written, and on MySQL, which does not tell these from others, on any connection.
_IN_TRANSACTION = 2
_IDLE = 10


@dataclass(frozen=True, kw_only=True, slots=True)
class Timeouts:
    """How long the database may take, in seconds; always finite."""

    #: To make a connection.
    connect: int = 5
    #: For the network to move while a statement runs (MariaDB/MySQL): longer than `lock`, so that the server
    #: is the first to give up and says why. It gives up on us after a multiple of it, see `patience`.
    command: int = 30
    #: To wait for another transaction's locks, and on SQLite for the one writer to finish.
    lock: int = 10


def open_engine(url: str, *, password: str | None = None, timeouts: Timeouts | None = None) -> Engine:
    """Return an engine for `url`; connects to nothing yet, and is used by all threads of this process.

    Every connection speaks utf8mb4 and UTC. MariaDB/MySQL run at READ COMMITTED: a tracking transaction never
    relies on reading the same row twice, and without gap locks two workers that insert into the same index do
    not deadlock (the binary log must be ROW or MIXED, as it is by default). UPDATE counts the rows it found,
    not those it changed, as in Matomo's tracker. For SQLite see `qtd.db.sqlite`.

    Transactions are begun with `qtd.db.transaction.writing` and `reading`.

    Raises:
        ConfigurationError: the URL is none, names another kind of database, or one in memory.
    """
    parsed = parse_url(url)
    if password is not None:
        parsed = parsed.set(password=password)
    timeouts = timeouts or Timeouts()
    if parsed.drivername == "sqlite+pysqlite":
        engine = create_engine(parsed, hide_parameters=True, connect_args={"timeout": timeouts.lock})
        prepare_sqlite(engine)
        return engine
    arguments = {
        "charset": "utf8mb4",
        "connect_timeout": timeouts.connect,
        "read_timeout": timeouts.command,
        "write_timeout": timeouts.command,
    }
    for chosen in parsed.query.keys() & arguments.keys():  # the URL's own words come first
        del arguments[chosen]
    engine = create_engine(
        parsed,
        hide_parameters=True,  # errors would quote visitors' data
        isolation_level="READ COMMITTED",
        pool_pre_ping=True,  # a connection that the server closed meanwhile is replaced before its use
        pool_timeout=timeouts.connect,
        connect_args=arguments,
    )
    _prepare_mysql(engine, timeouts)
    return engine


def parse_url(url: str) -> URL:
    """Return `url` with the driver that we use; connects to nothing.

    Raises:
        ConfigurationError: the URL is none, names another kind of database, or one in memory.
    """
    try:
        parsed = make_url(url)
    except exc.ArgumentError:  # its text quotes the URL, and that may hold a password
        raise ConfigurationError("database URL: not of the form dialect://user@host/name") from None
    driver = _DRIVERS.get(parsed.drivername)
    if driver is None:
        allowed = "sqlite:///path, mysql+pymysql://user@host/name"
        raise ConfigurationError(f"database URL: {parsed.drivername!r} is not supported, allowed: {allowed}")
    if driver == "sqlite+pysqlite":
        if not parsed.database or ":memory:" in parsed.database or parsed.query.get("mode") == "memory":
            raise ConfigurationError(
                "database URL: SQLite in memory would be another database for every connection; name a file"
            )
    elif not parsed.database:
        raise ConfigurationError("database URL: the database's name is missing")
    return parsed.set(drivername=driver)


def _prepare_mysql(engine: Engine, timeouts: Timeouts) -> None:
    @event.listens_for(engine, "connect")
    def _set_session(dbapi_connection: Any, _record: object) -> None:
        variable, seconds = patience(dbapi_connection.get_server_info(), timeouts)
        with dbapi_connection.cursor() as cursor:
            cursor.execute(
                "SET SESSION sql_mode = %s, time_zone = '+00:00',"
                f" innodb_lock_wait_timeout = %s, lock_wait_timeout = %s {variable}",
                (_SQL_MODE, timeouts.lock, timeouts.lock, seconds),
            )


def patience(server: str, timeouts: Timeouts) -> tuple[str, int]:
    """How long the server waits for our next statement before it rolls back, and what it calls that.

    The connection of a host that froze or lost its power seems to live, for hours, and the rows of its transaction, its
    queue's among them, would be locked for as long. MariaDB tells transactions that have written from idle connections;
    MySQL does not, and idle ones are replaced when they are needed.
    """
    if "MariaDB" in server:  # 10.2 takes it for a comment
        return "/*M!100300 , idle_write_transaction_timeout = %s */", timeouts.command * _IN_TRANSACTION
    return ", wait_timeout = %s", timeouts.command * _IDLE
