"""Where a request belongs, and what becomes of an entry whose visitors no longer share a queue."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from qtd.engine.invalid import InvalidRequest
from qtd.engine.request import TrackingRequest
from qtd.engine.settings import Settings
from qtd.queue.partitioner import queue_of, visitor_key
from qtd.queue.routing import Router, key_of_request
from qtd.wire.request_set import Form, RequestSet, decode, encode, form_of

if TYPE_CHECKING:
    from collections.abc import Mapping

SERVER = {"REMOTE_ADDR": "198.51.100.7"}
ZEROS = "0" * 16


def key(params: Mapping[str, Any], *, zero_ids_by_address: bool = True) -> str:
    """Return what decides about the queue of a request with these parameters."""
    tracked = TrackingRequest(
        params, server=SERVER, cookies={}, token_auth="", entry_time=1_795_277_828, settings=Settings()
    )
    return key_of_request(tracked, zero_ids_by_address=zero_ids_by_address)


def router(count: int, *, zero_ids_by_address: bool = True) -> Router:
    """Open a router to so many queues."""
    return Router(count=count, settings=Settings, zero_ids_by_address=zero_ids_by_address)


def entry(*requests: Mapping[str, Any], own_id: str | None = "id1", form: Form = "plugin") -> bytes:
    """Make an entry of these requests."""
    return encode(
        RequestSet(
            requests=[dict(request) for request in requests],
            server=SERVER,
            cookies={},
            token_auth=False,
            time=1_795_277_828,
            id=own_id,
        ),
        form,
    )


def test_a_visitor_is_known_by_his_identifier_else_by_his_address() -> None:
    """As when it comes in."""
    assert key({"_id": "0123456789abcdef"}) == "0123456789abcdef"
    assert queue_of(key({}), 4) == queue_of(visitor_key(None, "198.51.100.7"), 4)


@pytest.mark.parametrize("nobody", [ZEROS, "nil-nil-nil-nil-"])
def test_an_identifier_of_zeros_is_nobodys(nobody: str) -> None:
    """Also what becomes zeros when it is read; with the switch it is a visitor like any other, as in the plugin."""
    assert key({"_id": nobody}) == key({})
    assert key({"_id": nobody}, zero_ids_by_address=False) == ZEROS


def test_nobody_with_an_address_that_does_not_count_is_placed_all_the_same() -> None:
    """Only the one who has neither is refused: a `cip` wants a token."""
    stranger = {"cip": "203.0.113.9"}
    assert key({"_id": ZEROS, **stranger}) == ZEROS
    with pytest.raises(InvalidRequest):
        key(stranger)


def test_an_entry_that_goes_as_a_whole_keeps_every_byte() -> None:
    """And so its identity, also without an id of ours."""
    for own_id in ("id1", None):
        stored = entry({"_id": "0060000000000000"}, {"_id": "0060000000000000"}, own_id=own_id)
        assert router(4).route(1, stored) == [(2, stored)]


def test_visitors_that_part_get_an_entry_each() -> None:
    """Requests keep their order; everything else is the same, and each part has a lasting id of its own."""
    requests = [
        {"_id": f"{first}000000000000000"[:16], "n": str(n)} for n, first in enumerate(("000", "001", "000"))
    ]
    stored = entry(*requests)
    parts = router(2, zero_ids_by_address=False).route(0, stored)
    assert [queue for queue, _ in parts] == [0, 1]
    first, second = (decode(part) for _, part in parts)
    assert [request["n"] for request in first.requests] == ["0", "2"]
    assert [request["n"] for request in second.requests] == ["1"]
    assert (first.id, second.id) == ("id1/0", "id1/1")
    assert (first.time, first.server) == (decode(stored).time, SERVER)
    assert router(2, zero_ids_by_address=False).route(0, stored) == parts


def test_parts_are_written_as_the_whole_was() -> None:
    """Who could read the one can read the other."""
    requests = [{"_id": "1000000000000000"}, {"_id": "0010000000000000"}]
    forms: tuple[Form, ...] = ("plugin", "compact")
    for form in forms:
        stored = entry(*requests, form=form)
        parts = router(2).route(0, stored)
        assert [form_of(part) for _, part in parts] == [form, form]


def test_parts_of_an_entry_without_an_id_are_named_by_its_bytes() -> None:
    """The plugin's entries have none."""
    parts = router(2).route(0, entry({"_id": "1000000000000000"}, {"_id": "0010000000000000"}, own_id=None))
    names = [decode(part).id for _, part in parts]
    assert all(name and name.startswith("#") for name in names)
    assert len(set(names)) == 2


@pytest.mark.parametrize("stored", [b"\x00 no JSON", b"", entry(), entry({"cip": "203.0.113.9"})])
def test_what_belongs_to_nobody_stays(stored: bytes) -> None:
    """Or is taken along where there is no such queue any more: the worker says what is wrong with it."""
    assert router(4).route(3, stored) == [(3, stored)]
    assert router(3).route(3, stored) == [(0, stored)]


def test_the_keys_of_an_entry_are_its_requests() -> None:
    """One for each request that has one; what can not be read has none."""
    one = {"_id": "0123456789abcdef"}
    assert router(4).keys(entry(one, {"cip": "203.0.113.9"}, one)) == ["0123456789abcdef"] * 2
    assert router(4).keys(b"\x00 no JSON") == []
