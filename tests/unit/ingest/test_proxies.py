"""The client's address: believed only from whom we trust, and the header is left as it was before them."""

from __future__ import annotations

from ipaddress import ip_network

import pytest

from qtd.ingest.header_names import variable_of
from qtd.ingest.proxies import Proxies

PROXIES = Proxies(
    [ip_network("10.0.0.0/8"), ip_network("::1/128")],
    client_headers=["X-Forwarded-For", "X-Real-IP"],
    host_headers=["X-Forwarded-Host"],
)
FORWARDED = "HTTP_X_FORWARDED_FOR"


@pytest.mark.parametrize(
    ("peer", "header", "address", "left"),
    [
        ("203.0.113.1", "6.6.6.6", "203.0.113.1", "6.6.6.6"),
        ("10.0.0.1", "203.0.113.1", "203.0.113.1", None),
        ("10.0.0.1", "6.6.6.6, 203.0.113.1", "203.0.113.1", "6.6.6.6"),
        ("10.0.0.1", "6.6.6.6, 203.0.113.1 , 10.9.9.9", "203.0.113.1", "6.6.6.6"),
        ("10.0.0.1", "10.1.1.1, 10.2.2.2", "10.1.1.1", None),
        ("10.0.0.1", "203.0.113.1:4711", "203.0.113.1", None),
        ("10.0.0.1", "[2001:db8::1]:4711", "2001:db8::1", None),
        ("10.0.0.1", "2001:db8::1", "2001:db8::1", None),
        ("10.0.0.1", "6.6.6.6, unknown", "10.0.0.1", "6.6.6.6, unknown"),
        ("10.0.0.1", "6.6.6.6, unknown, 10.2.2.2", "10.2.2.2", "6.6.6.6, unknown"),
        ("10.0.0.1", None, "10.0.0.1", None),
        ("::1", "203.0.113.1", "203.0.113.1", None),
        ("::ffff:10.0.0.1", "203.0.113.1", "203.0.113.1", None),
        ("", "203.0.113.1", "203.0.113.1", None),
        ("", None, "0.0.0.0", None),
    ],
)
def test_the_address_is_the_first_not_trusted(
    peer: str, header: str | None, address: str, left: str | None
) -> None:
    """Counted from us; what trusted proxies added is taken out, what the client claimed stays a claim."""
    server: dict[str, str | int | float] = {} if header is None else {FORWARDED: header}
    PROXIES.apply(server, peer)
    assert server["REMOTE_ADDR"] == address
    assert server.get(FORWARDED) == left


def test_the_first_header_that_is_there_counts() -> None:
    """In the order of the configuration."""
    server: dict[str, str | int | float] = {"HTTP_X_REAL_IP": "203.0.113.1"}
    PROXIES.apply(server, "10.0.0.1")
    assert server == {"REMOTE_ADDR": "203.0.113.1"}


@pytest.mark.parametrize(("peer", "believed"), [("10.0.0.1", True), ("203.0.113.1", False)])
def test_scheme_host_and_port_likewise(peer: str, believed: bool) -> None:  # noqa: FBT001
    """Only a trusted peer says what the client asked for."""
    server: dict[str, str | int | float] = {
        "HTTP_HOST": "inner",
        "SERVER_PORT": "8088",
        "HTTP_X_FORWARDED_HOST": "stats.example.org",
        "HTTP_X_FORWARDED_PROTO": "https",
        "HTTP_X_FORWARDED_PORT": "8443",
    }
    PROXIES.apply(server, peer)
    assert server["HTTP_HOST"] == ("stats.example.org" if believed else "inner")
    assert server["SERVER_PORT"] == ("8443" if believed else "8088")
    assert server.get("HTTPS") == ("on" if believed else None)


@pytest.mark.parametrize(
    ("name", "variable"),
    [
        (b"User-Agent", "HTTP_USER_AGENT"),
        (b"dnt", "HTTP_DNT"),
        (b"X_Forwarded_For", None),
        (b"X.Y", None),
        (b"", None),
    ],
)
def test_no_header_passes_for_another(name: bytes, variable: str | None) -> None:
    """A name with an underscore would become the variable of the header that a proxy sets."""
    assert variable_of(name) == variable
