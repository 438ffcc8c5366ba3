"""Bulk bodies are read as Matomo's BulkTracking reads them."""

from __future__ import annotations

from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qtd.ingest.bulk import MAX_DEPTH, is_bulk, parse_bulk


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b'{"requests":[]}', True),
        (b"{'requests':[]}", True),
        (b'"requests"', False),  # Matomo takes position 0 for "not found"
        (b'{"request":[]}', False),
        (b"requests=1", False),
        (b"", False),
    ],
)
def test_the_quoted_word_makes_a_bulk_request(body: bytes, expected: bool) -> None:  # noqa: FBT001
    """Whatever the content type says."""
    assert is_bulk(body) is expected


@pytest.mark.parametrize(
    ("item", "params"),
    [
        ("?a=1&b[]=2", {"a": "1", "b": ["2"]}),
        ("http://h/matomo.php?a=1#?b=2", {"a": "1"}),
        ("matomo.php?a=http://h:80/", {"a": "http://h:80/"}),
        ("?a=\u00e9\n", {"a": "\u00e9_"}),  # parse_url makes control characters `_`
        ({"a": 1, "b": 1.5, "c": None, "d": True}, {"a": 1, "b": 1.5, "c": None, "d": True}),
        ({"a": {"0": "x", "1": {"k": {}}}}, {"a": ["x", {"k": []}]}),
        ({"a": {"1": "x"}}, {"a": {"1": "x"}}),
        ({"a": 2**64}, {"a": float(2**64)}),
        (["x", "y"], {"0": "x", "1": "y"}),
        ([], {}),
        (5, {}),
    ],
)
def test_requests_of_every_kind(item: Any, params: dict[str, Any]) -> None:
    """Queries, URLs, objects; what is none of these has no parameters."""
    body = parse_bulk(
        orjson.dumps({"requests": [item]})
        if item != {"a": 2**64}
        else b'{"requests":[{"a":18446744073709551616}]}'
    )
    assert body is not None
    assert body.requests == [params]


@pytest.mark.parametrize("item", ["", "?", "x", "?0", "http:///?a=1", "http://h:99999/?a=1"])
def test_texts_without_a_query_are_left_out(item: str) -> None:
    """Matomo neither tracks nor counts them."""
    body = parse_bulk(orjson.dumps({"requests": [item, "?a=1"]}))
    assert body is not None
    assert body.requests == [{"a": "1"}]


def test_line_breaks_do_not_matter() -> None:
    """Not even inside of strings, where JSON has none."""
    body = parse_bulk(b'\n\n {"requests":\r\n["?a=1\n2"]} \0\n')
    assert body is not None
    assert body.requests == [{"a": "12"}]


@pytest.mark.parametrize(
    ("fields", "token", "send_image"),
    [
        ({}, "", ""),
        ({"token_auth": "abc", "send_image": 0}, "abc", "0"),
        ({"token_auth": ["abc"], "send_image": "1"}, "", "1"),
        ({"token_auth": None, "send_image": False}, "", ""),
        ({"token_auth": 12, "send_image": None}, "12", ""),
    ],
)
def test_token_and_image(fields: dict[str, Any], token: str, send_image: str) -> None:
    """As text; what is neither text nor number is none."""
    body = parse_bulk(orjson.dumps({"requests": [], **fields}))
    assert body is not None
    assert (body.token_auth, body.send_image) == (token, send_image)


@pytest.mark.parametrize(
    "body", [b"", b"nope", b'{"requests":[NaN]}', b'{"requests":["?a=1"]', b"[" * 100_000]
)
def test_what_is_not_json_is_none(body: bytes) -> None:
    """Broken, not a number, or nested beyond reason."""
    assert parse_bulk(body) is None


@pytest.mark.parametrize("document", [[], 1, "x", {"requests": "x"}, {"requests": None}, {}])
def test_json_without_a_list_has_no_requests(document: Any) -> None:
    """And is no mistake: nothing is tracked."""
    body = parse_bulk(orjson.dumps(document))
    assert body is not None
    assert body.requests == []


def test_depth_is_bounded() -> None:
    """What is nested deeper than anyone sends is left out; the entry can still be written."""
    deep = b'{"requests":[{"a":' + b"[" * 1000 + b"]" * 1000 + b"}]}"
    body = parse_bulk(deep)
    assert body is not None
    assert orjson.dumps(body.requests).count(b"[") == MAX_DEPTH + 1


@given(
    st.recursive(
        st.none()
        | st.booleans()
        | st.integers()
        | st.floats(allow_nan=False, allow_infinity=False)
        | st.text(),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
        max_leaves=10,
    )
)
def test_whatever_json_comes_can_be_queued(item: Any) -> None:
    """Every request that is read can be written to an entry."""
    import json  # noqa: PLC0415 - writes what orjson does not: numbers beyond 64 bits, half surrogate pairs

    body = parse_bulk(json.dumps({"requests": [item]}).encode())
    assert body is not None
    orjson.dumps(body.requests)
