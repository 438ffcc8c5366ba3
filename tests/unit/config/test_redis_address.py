from __future__ import annotations

import pytest
from pydantic import ValidationError

from qtd.config.redis import Redis


def addresses(**values: object) -> list[str]:
    """Return the section's hosts as text."""
    return [str(address) for address in Redis.model_validate(values).hosts]


SENTINEL = {"mode": "sentinel", "sentinel": {"master_name": "mymaster"}}


def test_several_hosts_have_a_port_each() -> None:
    """Commas separate them, with spaces or without, as in the plugin's settings."""
    assert addresses(host="a, b,c", port="1,2, 3", **SENTINEL) == ["a:1", "b:2", "c:3"]


@pytest.mark.parametrize(
    ("values", "wanted"),
    [
        ({"host": "redis.example"}, "redis.example:6379"),
        ({"port": 6380}, "127.0.0.1:6380"),
        ({"host": "redis.example", "port": 6380}, "redis.example:6380"),
        ({"host": "redis.example", "port": "6380"}, "redis.example:6380"),
        ({"host": "::1", "port": 6380}, "[::1]:6380"),
        ({"host": "[::1]", "port": 6380}, "[::1]:6380"),
    ],
)
def test_one_host(values: dict[str, object], wanted: str) -> None:
    """What is left out is as in the plugin's untouched settings."""
    assert addresses(**values) == [wanted]


@pytest.mark.parametrize("port", [{}, {"port": 0}, {"port": "0"}, {"port": 6379}])
def test_a_path_is_a_unix_socket(port: dict[str, object]) -> None:
    """The plugin has port 0 beside it."""
    section = Redis.model_validate({"host": "/run/redis/redis.sock", **port})
    assert str(section.unix_socket) == "/run/redis/redis.sock"


@pytest.mark.parametrize(
    ("values", "problem"),
    [
        ({"host": "a,b", "port": "1", **SENTINEL}, "1 for 2 hosts"),
        ({"port": "1,2", **SENTINEL}, "2 for 1 hosts"),
        ({"host": "a", "hosts": ["b:1"]}, "give one of the two"),
        ({"port": 1, "unix_socket": "/run/r"}, "give one of the two"),
        ({"host": "/run/r", "port": 6380}, "a unix socket has none"),
        ({"host": ["a", "b"]}, "text is wanted, with commas"),
        ({"host": "a", "port": True}, "text is wanted, with commas"),
        ({"host": "a", "port": "b"}, "host:port is wanted"),
        ({"host": "a,", "port": "1,2", **SENTINEL}, "host:port is wanted"),
        ({"host": "a,b", "port": "1,2"}, "mode standalone has one host"),
    ],
)
def test_what_does_not_fit_is_refused(values: dict[str, object], problem: str) -> None:
    """Nothing is guessed where hosts and ports do not make addresses."""
    with pytest.raises(ValidationError, match=problem):
        Redis.model_validate(values)
