"""Where we mean to be better than the plugin: text that is no UTF-8, bulk answers, a broker that fails."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import unquote

import pytest

from qtd.wire.request_set import Params
from tests.integration.ingest.serving import (
    SUPER_USER,
    WRITER,
    HttpAnswer,
    Served,
    serving,
    world_settings,
)

GIF = b"GIF89a"


@pytest.fixture
def served() -> Iterator[Served]:
    """A server of its own for each test."""
    with serving() as served:
        yield served


def get(query: bytes) -> bytes:
    """A GET request of the tracker."""
    return b"GET /matomo.php?" + query + b" HTTP/1.1\r\nHost: stats.example.org\r\n\r\n"


def post(body: bytes, *headers: str, query: str = "") -> bytes:
    """A POST request with a body."""
    lines = [f"POST /matomo.php{query} HTTP/1.1", "Host: stats.example.org", *headers]
    return "\r\n".join([*lines, f"Content-Length: {len(body)}", "", ""]).encode() + body


def bulk(served: Served, document: dict[str, Any], *headers: str, query: str = "") -> HttpAnswer:
    """Send a bulk request."""
    return served.send(post(json.dumps(document).encode(), *headers, query=query))


def requests(served: Served) -> list[Params]:
    """All tracking requests that are queued."""
    return [
        request for entries in served.entries().values() for entry in entries for request in entry.requests
    ]


@pytest.mark.parametrize(
    ("query", "value"),
    [
        (b"a=%ff", "\ufffd"),
        (b"a=%c3%28", "\ufffd("),
        (b"a=\xff\xfe", "\ufffd\ufffd"),
        (b"a=x%80y%C3%A9", "x\ufffdyé"),
    ],
)
def test_bytes_that_are_no_utf8_do_not_lose_the_request(served: Served, query: bytes, value: str) -> None:
    """What can not be read becomes U+FFFD, the rest of the request is kept."""
    assert served.send(get(b"idsite=1&rec=1&" + query)).status == 200
    assert requests(served) == [{"idsite": "1", "rec": "1", "a": value}]


def test_bytes_that_are_no_utf8_do_not_lose_headers_and_cookies(served: Served) -> None:
    """Headers and cookies become text as well."""
    served.send(
        b"GET /matomo.php?idsite=1 HTTP/1.1\r\nHost: h\r\nUser-Agent: a\xffb\r\nCookie: c=%ff; d=\xfe\r\n\r\n"
    )
    [[entry]] = served.entries().values()
    assert entry.server["HTTP_USER_AGENT"] == "a\ufffdb"
    assert entry.cookies == {"c": "\ufffd", "d": "\ufffd"}


def test_bytes_that_are_no_utf8_do_not_lose_a_bulk_request(served: Served) -> None:
    """A body that PHP's json_decode refuses as a whole is read all the same."""
    answer = served.send(post(b'{"requests":["?idsite=1&action_name=\xff\xfe", "?idsite=1&a=\\ud800"]}'))
    assert json.loads(answer.body) == {"status": "success", "tracked": 2, "invalid": 0}
    assert requests(served) == [
        {"idsite": "1", "action_name": "\ufffd\ufffd"},
        {"idsite": "1", "a": "\ufffd"},
    ]


def test_bulk_answer_says_how_many_were_tracked(served: Served) -> None:
    """Status, tracked and invalid as JSON, readable for pages of other origins."""
    document = {"requests": ["?idsite=1&rec=1", "?idsite=1&rec=1&_id=2222222222222222"]}
    answer = bulk(served, document, "Origin: https://site.example")
    assert answer.status == 200
    assert answer.headers["content-type"] == ["application/json"]
    assert answer.headers["access-control-allow-origin"] == ["https://site.example"]
    assert answer.body == b'{"status":"success","tracked":2,"invalid":0}'


@pytest.mark.parametrize(
    "request_",
    [
        "?rec=1",
        "?idsite=0&rec=1",
        "?idsite=77&rec=1",
        "?idsite=1&rec=1&cid=short",
        "?idsite=1&rec=1&cip=203.0.113.5",
        "?idsite=1&rec=1&cdt=2023-11-14 00:00:00&_id=2222222222222222",
    ],
)
def test_an_invalid_request_does_not_spoil_the_others(served: Served, request_: str) -> None:
    """A request that Matomo refuses counts as invalid and is not queued, the others are."""
    answer = bulk(served, {"requests": ["?idsite=1&n=1", request_, "?idsite=1&n=2"]})
    assert json.loads(answer.body) == {"status": "success", "tracked": 2, "invalid": 1}
    assert [request["n"] for request in requests(served)] == ["1", "2"]


@pytest.mark.parametrize(
    ("token", "indices"), [(SUPER_USER, [0, 2]), (WRITER, None), ("wrong", None), ("", None)]
)
def test_which_were_invalid_is_for_super_users(served: Served, token: str, indices: list[int] | None) -> None:
    """Matomo names the invalid requests only where the token is a super user's."""
    document = {"requests": ["?idsite=0", "?idsite=1", "?rec=1"], "token_auth": token}
    result = json.loads(bulk(served, document).body)
    assert result.get("invalid_indices") == indices
    assert (result["tracked"], result["invalid"]) == (1, 2)


def test_a_token_makes_requests_valid(served: Served) -> None:
    """What needs a token is valid with the bulk request's."""
    document = {"requests": ["?idsite=1&cip=203.0.113.5", "?idsite=2&cip=203.0.113.5"], "token_auth": WRITER}
    assert json.loads(bulk(served, document).body)["tracked"] == 1


@pytest.mark.parametrize(
    ("send_image", "query", "status", "begins"),
    [
        (0, "", 204, b""),
        ("0", "", 204, b""),
        (None, "?send_image=0", 204, b""),
        (1, "", 200, GIF),
        (None, "?send_image=1", 200, GIF),
        ("0", "?send_image=1", 204, b""),
        (None, "", 200, b"{"),
    ],
)
def test_send_image_chooses_the_bulk_answer(
    served: Served, send_image: object, query: str, status: int, begins: bytes
) -> None:
    """204 or the image where it is asked for, in the body or else in the query."""
    document: dict[str, Any] = {"requests": ["?idsite=1"]}
    if send_image is not None:
        document["send_image"] = send_image
    answer = bulk(served, document, query=query)
    assert answer.status == status
    assert answer.body.startswith(begins)
    assert bool(answer.body) == bool(begins)
    assert len(requests(served)) == 1


@pytest.mark.parametrize("body", [b'{"requests": []}', b'{"requests": "x"}', b" {'requests':['?idsite=1']}"])
def test_a_bulk_request_without_requests_tracks_nothing(served: Served, body: bytes) -> None:
    """Also where the body is not JSON Matomo's answer is: nothing tracked."""
    assert served.send(post(body)).body == b'{"status":"success","tracked":0,"invalid":0}'
    assert served.entries() == {}


def test_bulk_may_need_a_token() -> None:
    """With bulk_requests_require_authentication nothing is tracked unless the token may write to every site."""
    with serving(settings=lambda: world_settings(bulk_requests_require_authentication="1")) as served:
        document: dict[str, Any] = {"requests": ["?idsite=1"]}
        refused = bulk(served, document)
        assert (refused.status, refused.body) == (500, b'{"status":"error","tracked":0,"invalid":0}')
        assert served.entries() == {}
        assert bulk(served, {**document, "token_auth": WRITER}).status == 200


def test_a_failing_broker_is_an_honest_503(served: Served) -> None:
    """Nothing is called tracked that is not durable, single or bulk; when the broker is back it goes on."""
    served.queues.become("gone for a test")
    for raw in (get(b"idsite=1&rec=1"), post(b'{"requests":["?idsite=1"]}')):
        answer = served.send(raw)
        assert answer.status == 503
        assert int(answer.headers["retry-after"][0]) > 0
        assert answer.headers["content-type"] == ["text/plain; charset=utf-8"]
        assert b"not tracked" in answer.body
        assert b"gone" not in answer.body, "what is inside stays inside"
    assert (served.counters.accepted, served.counters.refused) == (0, 2)
    served.queues.become(None)
    assert served.send(get(b"idsite=1&rec=1")).status == 200
    assert len(requests(served)) == 1


def test_health_follows_the_broker(served: Served) -> None:
    """Ready while the broker takes entries, live in any case."""
    ask = b"GET %b HTTP/1.1\r\nHost: h\r\n\r\n"
    assert served.send(ask % b"/healthz").status == 200
    served.queues.become("gone for a test")
    assert served.send(ask % b"/healthz").status == 503
    assert served.send(ask % b"/healthz/live").status == 200


def test_maintenance_is_not_called_tracked() -> None:
    """With record_statistics = 0 Matomo answers 503, and nothing is queued."""
    with serving(settings=lambda: world_settings(record_statistics="0")) as served:
        assert served.send(get(b"idsite=1&rec=1")).status == 503
        assert served.entries() == {}


def test_counters_count_every_request_of_a_bulk(served: Served) -> None:
    """Accepted counts tracking requests, not HTTP requests."""
    bulk(
        served,
        {"requests": ["?idsite=1", "?idsite=1&_id=2222222222222222", "?idsite=1&_id=3333333333333333"]},
    )
    served.send(get(b"idsite=1"))
    served.send(b"GET /nowhere HTTP/1.1\r\nHost: h\r\n\r\n")
    counters = served.counters
    assert (counters.answered, counters.accepted, counters.refused, counters.bad) == (3, 4, 0, 1)


def test_each_entry_has_an_id_of_its_own(served: Served) -> None:
    """Also those into which one bulk request is split."""
    bulk(served, {"requests": [f"?idsite=1&_id=00{digit}0000000000000" for digit in range(4)]})
    ids = [entry.id for entries in served.entries().values() for entry in entries]
    assert len(ids) > 1
    assert len(set(ids)) == len(ids)
    assert None not in ids


def test_a_new_third_party_cookie_is_the_recorded_visitor() -> None:
    """What the browser is told to keep is what the entry carries, so that the next hit is the same visitor's."""
    with serving(settings=lambda: world_settings(use_third_party_id_cookie="1")) as served:
        answer = served.send(get(b"idsite=1&rec=1&url=http://example.org/"))
        [told] = answer.headers["set-cookie"]
        [[entry]] = served.entries().values()
        assert entry.cookies == {"_pk_uid": unquote(told.partition(";")[0].partition("=")[2])}
