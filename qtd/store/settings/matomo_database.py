"""[database] of Matomo's configuration as a database URL.

Source: how Matomo's tracker connects: a socket may stand in the place of the port, `localhost` means the socket where
there is one, and TLS is used where a file or folder for it is named.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote

from qtd.errors import ConfigurationError
from qtd.store.settings.matomo_files import MatomoFiles

#: Where servers listen for `localhost`, as Debian, Red Hat and the MariaDB sources have it.
_SOCKETS = (Path("/run/mysqld/mysqld.sock"), Path("/var/lib/mysql/mysql.sock"), Path("/tmp/mysql.sock"))  # noqa: S108

#: key of [database] -> argument of the driver
_TLS = {
    "ssl_ca": "ssl_ca",
    "ssl_ca_path": "ssl_capath",
    "ssl_cert": "ssl_cert",
    "ssl_key": "ssl_key",
    "ssl_cipher": "ssl_cipher",
}
_AUTHORITIES = ("ssl_ca", "ssl_capath")


class DatabaseAccess(NamedTuple):
    """How to reach a database."""

    #: without the password
    url: str
    #: empty where the account has none
    password: str


def database_access(files: MatomoFiles, *, sockets: tuple[Path, ...] = _SOCKETS) -> DatabaseAccess:
    """How Matomo reaches its database; `sockets` are looked for where the host is `localhost`.

    Raises:
        ConfigurationError: [database] does not say enough, or names another kind of database.
    """
    database = files.texts("database")
    for key in ("dbname", "username"):
        if not database.get(key):
            raise ConfigurationError(f"{files.local}: [database] {key} is missing")
    adapter = database.get("adapter", "")
    if "mysql" not in adapter.lower() and adapter:
        raise ConfigurationError(
            f"{files.local}: [database] adapter: {adapter!r} is not supported, MySQL's are"
        )
    host, port = database.get("host") or "127.0.0.1", database.get("port", "")
    # A socket is given as such, or in the place of the port.
    socket = next((path for path in (database.get("unix_socket", ""), port) if path.startswith("/")), "")
    if host == "localhost" and not socket:
        socket = next((str(path) for path in sockets if path.is_socket()), "")
    query: dict[str, str] = {}
    if socket:
        query["unix_socket"], host, port = socket, "localhost", ""
    query |= _tls(database)
    options = "&".join(f"{key}={quote(value, safe='')}" for key, value in query.items())
    address = f"[{host}]" if ":" in host else host
    return DatabaseAccess(
        url=f"mysql+pymysql://{quote(database['username'], safe='')}@{address}{f':{port}' if port else ''}"
        f"/{quote(database['dbname'], safe='')}{f'?{options}' if options else ''}",
        password=database.get("password", ""),
    )


def _tls(database: Mapping[str, str]) -> dict[str, str]:
    """The driver's arguments for an encrypted connection; it checks certificate and name where it has an authority."""
    if database.get("enable_ssl", "0") in ("", "0"):
        return {}
    arguments = {argument: database[key] for key, argument in _TLS.items() if database.get(key)}
    if arguments and database.get("ssl_no_verify", "0") not in ("", "0"):
        arguments = {name: value for name, value in arguments.items() if name not in _AUTHORITIES}
        arguments["ssl_check_hostname"] = "false"
    return arguments
