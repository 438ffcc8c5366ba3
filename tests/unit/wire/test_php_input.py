"""Query strings, cookies and bodies become what PHP itself made of them (tests/data/php)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qtd.wire.cookies import parse_cookies
from qtd.wire.forms import parse_body, raw_body
from qtd.wire.php_query import parse_form, parse_query

DATA = Path(__file__).parents[2] / "data" / "php"


def recorded(name: str) -> list[list[Any]]:
    """Read recorded pairs of input and PHP's result."""
    rows: list[list[Any]] = json.loads((DATA / name).read_text(encoding="utf-8"))
    return rows


def as_json(params: dict[str, Any]) -> str:
    """Write parameters as PHP's json_encode does, the order of keys included."""
    is_list = list(params) == [str(index) for index in range(len(params))]
    return json.dumps(list(params.values()) if is_list else params)


def test_queries_are_read_as_by_parse_str() -> None:
    """Names, nesting, order, numbers as keys, limits: 460 queries, each with PHP's own result."""
    wrong = [
        (query, expected, got)
        for query, expected in recorded("queries.json")
        if (got := as_json(parse_query(query.encode()))) != json.dumps(expected)
    ]
    assert wrong == []


def test_cookies_are_read_as_by_php() -> None:
    """The first of a name wins, names are not decoded, a plus stays a plus."""
    wrong = [
        (header, expected, got)
        for header, expected in recorded("cookies.json")
        if (got := as_json(parse_cookies(header.encode()))) != json.dumps(expected)
    ]
    assert wrong == []


def test_bodies_are_read_as_by_php() -> None:
    """Forms and multipart bodies, well-formed or not."""
    wrong = [
        (kind, body, expected, got)
        for kind, body, expected in recorded("bodies.json")
        if (got := as_json(parse_body("POST", kind.encode(), body.encode()))) != json.dumps(expected)
    ]
    assert wrong == []


def test_only_post_has_a_form() -> None:
    """PHP fills $_POST for no other method."""
    assert parse_body("PUT", b"application/x-www-form-urlencoded", b"a=1") == {}


def test_a_multipart_form_leaves_no_raw_body() -> None:
    """php://input is empty where PHP has read the body as multipart form, and only there."""
    kind = b"multipart/form-data; boundary=x"
    assert raw_body("POST", kind, b"abc") == b""
    assert raw_body("PUT", kind, b"abc") == b"abc"
    assert raw_body("POST", b"multipart/form-data", b"abc") == b"abc"
    assert raw_body("POST", b"application/x-www-form-urlencoded", b"abc") == b"abc"


@pytest.mark.parametrize(
    ("query", "params"),
    [
        (b"a=%ff", {"a": "\ufffd"}),
        (b"a=%e2%82", {"a": "\ufffd"}),
        (b"a\xff=1", {"a\ufffd": "1"}),
        (b"a[%fe]=1", {"a": {"\ufffd": "1"}}),
        (b"a=\xc3\xa9%C3%A9", {"a": "éé"}),
    ],
)
def test_what_is_no_utf8_is_marked_not_lost(query: bytes, params: dict[str, Any]) -> None:
    """Better than PHP's json_encode, which gives up on the whole request."""
    assert parse_query(query) == params


def test_long_names_are_parsed_but_not_remembered() -> None:
    """A client can not fill our memory with names."""
    name = b"n" * 500
    assert parse_query(name + b"=1") == {"n" * 500: "1"}
    assert parse_query(name + b"[x]=1") == {"n" * 500: {"x": "1"}}


@given(st.binary(max_size=200))
def test_no_bytes_are_too_odd(raw: bytes) -> None:
    """Whatever comes is parsed into text that can be written as UTF-8."""
    for params in (
        parse_query(raw),
        parse_form(raw),
        parse_cookies(raw),
        parse_body("POST", b"multipart/form-data; boundary=a", b"--a\n" + raw),
    ):
        json.dumps(params).encode()
        str(params).encode("utf-8")


@given(st.dictionaries(st.from_regex(r"[a-z_]{1,9}", fullmatch=True), st.text(max_size=20), max_size=20))
def test_flat_parameters_survive_url_encoding(params: dict[str, str]) -> None:
    """Plain names and any text come back as they were."""
    from urllib.parse import urlencode  # noqa: PLC0415 - only this test encodes

    assert parse_query(urlencode(params).encode()) == params
