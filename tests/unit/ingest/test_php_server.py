"""PHP's $_SERVER, as PHP behind nginx has it."""

from __future__ import annotations

import pytest

from qtd.ingest.http_request import Headers, HttpRequest
from qtd.ingest.php_server import server_variables
from qtd.ingest.proxies import Proxies

NOBODY = Proxies((), client_headers=("X-Forwarded-For",), host_headers=())


def variables(headers: Headers, body: bytes = b"", port: int = 8088) -> dict[str, str | int | float]:
    """The variables of a request with these headers."""
    request = HttpRequest("POST", b"/matomo.php?a=%20\xff", headers, body, "203.0.113.1", "1.1", port)
    return server_variables(
        request, path=b"/matomo.php", query=b"a=%20\xff", proxies=NOBODY, now=1_795_277_828.1234567
    )


def test_everything_that_readers_of_entries_use_is_there() -> None:
    """Names and forms as PHP has them."""
    assert variables(
        [(b"Host", b"stats.example.org:8088"), (b"content-TYPE", b"text/plain"), (b"DNT", b"1 ")]
    ) == {
        "HTTP_HOST": "stats.example.org:8088",
        "HTTP_CONTENT_TYPE": "text/plain",
        "HTTP_DNT": "1",
        "CONTENT_LENGTH": "",
        "CONTENT_TYPE": "text/plain",
        "REQUEST_METHOD": "POST",
        "REQUEST_URI": "/matomo.php?a=%20\ufffd",
        "SCRIPT_NAME": "/matomo.php",
        "QUERY_STRING": "a=%20\ufffd",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "SERVER_PORT": "8088",
        "SERVER_NAME": "stats.example.org",
        "REMOTE_ADDR": "203.0.113.1",
        "REQUEST_TIME": 1_795_277_828,
        "REQUEST_TIME_FLOAT": 1_795_277_828.123457,
    }


@pytest.mark.parametrize(
    ("name", "joined"), [(b"Cookie", "a=1; b=2"), (b"X-Forwarded-For", "a=1, b=2"), (b"Accept", "a=1, b=2")]
)
def test_a_header_that_comes_twice_is_joined(name: bytes, joined: str) -> None:
    """As the field's rule says (RFC 9110, 5.3; RFC 9113, 8.2.3 for cookies)."""
    server = variables([(name, b"a=1"), (name.lower(), b"b=2")])
    assert server["HTTP_" + name.decode().upper().replace("-", "_")] == joined


def test_headers_that_could_pass_for_another_are_dropped() -> None:
    """As nginx drops them."""
    assert (
        not {"HTTP_X_FORWARDED_FOR", "HTTP_X"}
        & variables([(b"X_Forwarded_For", b"6.6.6.6"), (b"X.", b"y")]).keys()
    )


def test_a_chunked_body_has_its_length() -> None:
    """Which nginx has counted before PHP is called."""
    server = variables([(b"Transfer-Encoding", b"chunked")], b"12345")
    assert server["CONTENT_LENGTH"] == "5"


@pytest.mark.parametrize(
    ("host", "name"), [(b"h", "h"), (b"h:1", "h"), (b"[::1]:80", "[::1]"), (b"[::1]", "[::1]")]
)
def test_the_server_name_is_the_host_without_its_port(host: bytes, name: str) -> None:
    """IPv6 addresses keep their brackets."""
    assert variables([(b"Host", host)])["SERVER_NAME"] == name
