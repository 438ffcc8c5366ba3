"""The QueuedTracking plugin's way to write where Redis is: `host: a,b` and `port: 1,2`."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import zip_longest

from qtd.config.section import contradiction

#: What the plugin's settings say when nobody has changed them.
_DEFAULT_PORT = "6379"


def from_plugin(values: Mapping[object, object]) -> dict[object, object]:
    """Return the section's values with `hosts`, or `unix_socket`, for `host` and `port`.

    As in the plugin, commas separate several, each host has a port of its own, and a path with port 0 is a
    Unix socket. What is wrong with a single address is found where all addresses are checked.

    Raises:
        PydanticCustomError: hosts and ports do not fit together, or there are `hosts` besides.
    """
    rest = {key: value for key, value in values.items() if key not in ("host", "port")}
    for key in ("hosts", "unix_socket"):
        if rest.get(key) is not None:
            given = "host" if "host" in values else "port"
            raise contradiction(given, f"is set, and so is {key}; give one of the two")
    hosts = _parts(values, "host", "127.0.0.1")
    ports = _parts(values, "port", _DEFAULT_PORT)
    if len(hosts) == 1 and hosts[0].startswith("/"):
        if ports not in (["0"], [_DEFAULT_PORT]):
            raise contradiction("port", "a unix socket has none; 0 is wanted")
        return {**rest, "unix_socket": hosts[0]}
    if len(hosts) != len(ports) and "port" in values:
        raise contradiction("port", f"{len(ports)} for {len(hosts)} hosts; one for each is wanted")
    pairs = zip_longest(hosts, ports[: len(hosts)], fillvalue=_DEFAULT_PORT)
    return {**rest, "hosts": [f"{_bracketed(host)}:{port}" for host, port in pairs]}


def _parts(values: Mapping[object, object], key: str, default: str) -> list[str]:
    value = values.get(key, default)
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise contradiction(key, "text is wanted, with commas between several")
    return [part.strip() for part in str(value).split(",")]


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host and not host.startswith("[") else host
