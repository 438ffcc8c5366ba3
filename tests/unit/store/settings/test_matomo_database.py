from __future__ import annotations

import socket
from pathlib import Path

import pytest
from sqlalchemy import make_url

from qtd.errors import ConfigurationError
from qtd.store.settings.matomo_database import DatabaseAccess, database_access
from qtd.store.settings.matomo_files import MatomoFiles

MATOMO = Path("/matomo")


def access(*sockets: Path, **database: str) -> DatabaseAccess:
    """How the database of such a [database] section is reached."""
    section = {"host": "db.example", "username": "matomo", "dbname": "stats", "port": "3306", **database}
    return database_access(MatomoFiles(path=MATOMO, sections={"database": section}), sockets=sockets)


def test_special_characters_survive() -> None:
    """Account and name may hold anything; the password stays out of the URL."""
    found = access(username="mat@omo", dbname="matomo db", password='p"w:/@')
    url = make_url(found.url)
    assert (url.drivername, url.host, url.port) == ("mysql+pymysql", "db.example", 3306)
    assert (url.username, url.database) == ("mat@omo", "matomo db")
    assert found.password == 'p"w:/@'
    assert found.password not in found.url


def test_an_ipv6_address_is_a_host() -> None:
    """Its colons do not begin a port."""
    url = make_url(access(host="2001:db8::1").url)
    assert (url.host, url.port) == ("2001:db8::1", 3306)


@pytest.mark.parametrize("key", ["unix_socket", "port"])
def test_a_socket_goes_before_the_host(key: str) -> None:
    """Matomo takes a path as `unix_socket`, and in the place of the port, too."""
    url = make_url(access(**{key: "/run/mysqld/mysqld.sock"}).url)
    assert url.query == {"unix_socket": "/run/mysqld/mysqld.sock"}
    assert url.port is None


def test_localhost_is_the_socket_where_there_is_one(tmp_path: Path) -> None:
    """As PHP understands it: accounts may be allowed there only."""
    path = tmp_path / "mysqld.sock"
    assert make_url(access(path, host="localhost").url).query == {}
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(path))
        assert make_url(access(path, host="localhost").url).query == {"unix_socket": str(path)}
        assert make_url(access(path, host="127.0.0.1").url).query == {}


def test_tls_checks_the_server_where_an_authority_is_named() -> None:
    """The driver checks certificate and name when it is given an authority, and all other keys are passed on."""
    query = make_url(access(enable_ssl="1", ssl_ca="/ca.pem", ssl_cipher="AES256-SHA").url).query
    assert query == {"ssl_ca": "/ca.pem", "ssl_cipher": "AES256-SHA"}


def test_tls_without_checks_where_matomo_has_none() -> None:
    """`ssl_no_verify` encrypts and asks nothing; the client's certificate is still shown."""
    query = make_url(
        access(enable_ssl="1", ssl_ca="/ca.pem", ssl_cert="/c.pem", ssl_key="/k.pem", ssl_no_verify="1").url
    ).query
    assert query == {"ssl_cert": "/c.pem", "ssl_key": "/k.pem", "ssl_check_hostname": "false"}


def test_no_tls_unless_enabled() -> None:
    """Files alone do not switch it on, nor does the switch without files."""
    assert make_url(access(enable_ssl="0", ssl_ca="/ca.pem").url).query == {}
    assert make_url(access(enable_ssl="1").url).query == {}


@pytest.mark.parametrize("key", ["dbname", "username"])
def test_what_is_missing_is_named(key: str) -> None:
    """With the file it has to be in."""
    with pytest.raises(
        ConfigurationError, match=rf"/matomo/config/config\.ini\.php: \[database\] {key} is missing"
    ):
        access(**{key: ""})


def test_other_kinds_of_databases_are_refused() -> None:
    """Better than a connection that speaks another protocol."""
    assert access(adapter="PDO\\MYSQL") == access(adapter="MYSQLI")
    with pytest.raises(ConfigurationError, match="'PDO_PGSQL' is not supported"):
        access(adapter="PDO_PGSQL")
