from __future__ import annotations

import pytest

from qtd.db.engine import Timeouts, open_engine, parse_url, patience
from qtd.errors import ConfigurationError


@pytest.mark.parametrize(
    ("url", "driver"),
    [
        ("sqlite:///var/qtd.sqlite3", "sqlite+pysqlite"),
        ("mysql://matomo@db/matomo", "mysql+pymysql"),
        ("mariadb://matomo@db/matomo", "mysql+pymysql"),
        ("mysql+pymysql://matomo@db/matomo?unix_socket=/run/mysqld/mysqld.sock", "mysql+pymysql"),
    ],
)
def test_the_driver_is_ours_whatever_name_is_used(url: str, driver: str) -> None:
    """People write mysql or mariadb; both are served by PyMySQL, under one dialect's name."""
    assert parse_url(url).drivername == driver


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("no url with s3cret", "not of the form"),
        ("postgresql://u:s3cret@h/d", "'postgresql' is not supported, allowed: sqlite"),
        ("sqlite://", "in memory"),
        ("sqlite:///:memory:", "in memory"),
        ("sqlite:///file:x?mode=memory&uri=true", "in memory"),
        ("mysql://u:s3cret@h", "name is missing"),
    ],
)
def test_what_can_not_work_is_refused_without_quoting_it(url: str, reason: str) -> None:
    """The error says what is wrong and what would be right, but a URL may hold a password."""
    with pytest.raises(ConfigurationError, match=reason) as raised:
        open_engine(url)
    assert "s3cret" not in str(raised.value)


def test_the_password_comes_from_elsewhere() -> None:
    """It is not part of the configured URL, and does not show when an engine is printed."""
    engine = open_engine("mysql://matomo@db/matomo", password="s3cret/@:")
    assert engine.url.password == "s3cret/@:"
    assert "s3cret" not in repr(engine)


@pytest.mark.parametrize(
    ("server", "variable", "seconds"),
    [
        ("10.11.14-MariaDB-0+deb12u2", "/*M!100300 , idle_write_transaction_timeout = %s */", 60),
        ("5.5.5-10.6.22-MariaDB-log", "/*M!100300 , idle_write_transaction_timeout = %s */", 60),
        ("8.0.43", ", wait_timeout = %s", 300),
        ("5.5.30 (ProxySQL)", ", wait_timeout = %s", 300),
    ],
)
def test_each_server_is_told_in_its_own_words_how_long_to_bear_our_silence(
    server: str, variable: str, seconds: int
) -> None:
    """MariaDB's before 10.3 takes its words for a comment; what any other knows is the connection's."""
    assert patience(server, Timeouts()) == (variable, seconds)
