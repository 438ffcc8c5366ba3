from __future__ import annotations

from qtd.demo import http_form
from qtd.ingest.bulk import is_bulk, parse_bulk
from qtd.wire.php_query import parse_query

PARAMS = {"idsite": "1", "url": "https://a.example/?q=ä&b", "e_n": "1 + 1"}
HEADERS = "User-Agent: A\r\nAccept: */*\r\n"


def test_get_carries_everything_in_its_target() -> None:
    """A GET request has the parameters in the query and no body."""
    head, _, body = http_form.get(PARAMS, host="h:1", headers=HEADERS).partition(b"\r\n\r\n")
    line, *headers = head.split(b"\r\n")
    assert line.startswith(b"GET /matomo.php?")
    assert parse_query(line.split(b" ")[1].partition(b"?")[2]) == PARAMS
    assert headers == [b"Host: h:1", b"User-Agent: A", b"Accept: */*"]
    assert body == b""


def test_post_carries_a_form() -> None:
    """A POST request has the parameters in its body, with the body's length."""
    head, _, body = http_form.post(PARAMS, host="h:1", headers=HEADERS).partition(b"\r\n\r\n")
    assert head.startswith(b"POST /matomo.php HTTP/1.1\r\nHost: h:1\r\n")
    assert f"Content-Length: {len(body)}".encode() in head.split(b"\r\n")
    assert parse_query(body) == PARAMS


def test_bulk_carries_many_requests() -> None:
    """A bulk request's body is what the bulk API reads, one query for each."""
    _, _, body = http_form.bulk([PARAMS, {"idsite": "2"}], host="h", headers="").partition(b"\r\n\r\n")
    assert is_bulk(body)
    parsed = parse_bulk(body)
    assert parsed is not None
    assert parsed.requests == [PARAMS, {"idsite": "2"}]
