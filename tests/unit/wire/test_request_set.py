"""Request sets to entries and back; what PHP wrote is read, what can not be read says why."""

from __future__ import annotations

import base64
import json
import zlib
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qtd.errors import UndecodableEntry
from qtd.wire.entry_id import entry_ids
from qtd.wire.php_array import Param
from qtd.wire.request_set import MAX_TIME, Form, RequestSet, decode, encode, form_of, identity

GOLDEN: list[tuple[str, str, dict[str, Any]]] = json.loads(
    (Path(__file__).parents[2] / "data" / "php" / "entries.json").read_text(encoding="utf-8")
)
ENTRY: dict[str, Any] = {
    "requests": [{"idsite": "1"}],
    "env": {"server": {"REMOTE_ADDR": "198.51.100.7"}, "cookie": []},
    "tokenAuth": False,
    "time": 1795277828,
}

values: st.SearchStrategy[Param] = st.recursive(
    st.text(max_size=20) | st.integers(-(2**63), 2**63 - 1) | st.booleans() | st.none(),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text(min_size=1, max_size=9), inner, min_size=1, max_size=3)
    ),
    max_leaves=8,
)
arrays = st.dictionaries(st.text(max_size=9), values, max_size=4)
request_sets = st.builds(
    RequestSet,
    requests=st.lists(arrays, max_size=3),
    server=st.dictionaries(st.text(max_size=9), st.text(max_size=20) | st.integers(0, 2**40), max_size=5),
    cookies=arrays,
    token_auth=st.just(False) | st.text(max_size=32),
    time=st.integers(0, MAX_TIME - 1) | st.floats(0, 2e9),
    id=st.none() | st.text(min_size=1, max_size=20),
)


def stored(entry: object, *, compressed: bool = True) -> bytes:
    """An entry as someone else would store it."""
    text = json.dumps(entry).encode()
    return zlib.compress(text) if compressed else text


@given(request_sets, st.sampled_from(["plugin", "compact"]))
def test_what_is_encoded_is_decoded(request_set: RequestSet, form: Form) -> None:
    """Nothing changes on the way through the queue, in any form; and the entry says in which it is."""
    entry = encode(request_set, form)
    assert decode(entry) == request_set
    assert form_of(entry) == form


@given(request_sets, st.sampled_from([0, 1, 6, 9]))
def test_any_level_of_compression_is_read(request_set: RequestSet, level: int) -> None:
    """Others compress as they like."""
    again = zlib.compress(zlib.decompress(encode(request_set)), level)
    assert decode(again) == request_set


@pytest.mark.parametrize(("packed", "entry"), [row[1:] for row in GOLDEN], ids=[row[0] for row in GOLDEN])
@pytest.mark.parametrize("unpack", [bytes, zlib.decompress])
def test_entries_that_php_wrote_are_read(
    packed: str, entry: dict[str, Any], unpack: Callable[[bytes], bytes]
) -> None:
    """The recorded entries, in the very bytes of gzcompress and json_encode, or without gzcompress."""
    request_set = decode(unpack(base64.b64decode(packed)))
    assert [request or [] for request in request_set.requests] == entry["requests"]
    assert request_set.server == entry["env"]["server"]
    assert (request_set.cookies or []) == entry["env"]["cookie"]
    assert (request_set.token_auth, request_set.time, request_set.id) == (
        entry["tokenAuth"],
        entry["time"],
        None,
    )


@pytest.mark.parametrize(("packed", "entry"), [row[1:] for row in GOLDEN], ids=[row[0] for row in GOLDEN])
def test_entries_are_written_as_php_writes_them(packed: str, entry: dict[str, Any]) -> None:
    """Read and written again, the JSON is the same, but for our id."""
    request_set = decode(base64.b64decode(packed))
    assert json.loads(zlib.decompress(encode(request_set))) == entry


def test_our_id_is_one_more_key() -> None:
    """The plugin ignores it."""
    request_set = RequestSet(requests=[{}], server={}, cookies={}, token_auth="", time=1, id="abc")
    assert json.loads(zlib.decompress(encode(request_set))) == {
        "requests": [[]],
        "env": {"server": {}, "cookie": []},
        "tokenAuth": "",
        "time": 1,
        "id": "abc",
    }


@pytest.mark.parametrize("size", [100, 8_000, 9_000, 300_000])
def test_big_and_small_entries_are_zlib(size: int) -> None:
    """Whatever window was taken, anyone's zlib reads it."""
    params: dict[str, Param] = {"a": "".join(map(str, range(size)))[:size]}
    entry = encode(RequestSet(requests=[params], server={}, cookies={}, token_auth=False, time=1))
    assert json.loads(zlib.decompress(entry))["requests"] == [params]


@pytest.mark.parametrize(
    ("entry", "requests"),
    [
        ({**ENTRY, "requests": []}, []),
        (
            {**ENTRY, "requests": [[], {}, None, "", 0, "x", 7, ["a", "b"]]},
            [{}, {}, {}, {}, {"0": "a", "1": "b"}],
        ),
        ({**ENTRY, "requests": {"3": {"a": "1"}}}, [{"a": "1"}]),
        ({**ENTRY, "more": "ignored"}, [{"idsite": "1"}]),
    ],
)
def test_requests_are_read_as_the_plugin_reads_them(entry: dict[str, Any], requests: list[object]) -> None:
    """What is empty and no array is no request; what is no array otherwise is one without parameters."""
    assert decode(stored(entry)).requests == requests


def test_what_is_missing_is_empty() -> None:
    """Only requests and a time are needed."""
    assert decode(stored({"requests": [], "time": "12"}, compressed=False)) == RequestSet(
        requests=[], server={}, cookies={}, token_auth=False, time=12
    )
    entry = {"requests": [], "env": {"server": {"REQUEST_TIME": 5, "argv": []}, "cookie": {"a": "b"}}}
    assert decode(stored(entry)) == RequestSet(
        requests=[], server={"REQUEST_TIME": 5}, cookies={"a": "b"}, token_auth=False, time=5
    )


@pytest.mark.parametrize(
    ("raw", "cause"),
    [
        (b"", "the entry is empty"),
        (b"\0\0", "the entry is empty"),
        (b"nonsense", "the entry is not JSON"),
        (b"[]", "the entry is a JSON list"),
        (b'"secret"', "the entry is a JSON string"),
        (stored({**ENTRY, "requests": None}), "requests is null"),
        (stored({**ENTRY, "requests": "secret"}), "requests is string"),
        (stored({**ENTRY, "time": None}), "the entry has no time"),
        (stored({**ENTRY, "time": True}), "the entry has no time"),
        (stored({**ENTRY, "time": -1}), "the entry's time is out of range"),
        (stored({**ENTRY, "time": 1e300}), "the entry's time is out of range"),
        (stored({**ENTRY, "time": 1_795_277_828_000}), "the entry's time is out of range"),
        (stored({**ENTRY, "time": "9" * 5000}), "the entry's time is out of range"),
        (stored(ENTRY)[:-3], "the compressed data is cut short"),
        (stored(ENTRY)[:9] + b"xx" + stored(ENTRY)[11:], "the compressed data is damaged"),
        (zlib.compress(b'{"requests": [],'), "the entry is not JSON"),
        (zlib.compress(bytes(65 * 1024 * 1024)), "the entry holds more than"),
    ],
)
def test_what_can_not_be_read_says_why(raw: bytes, cause: str) -> None:
    """The cause is clear and never quotes the entry."""
    with pytest.raises(UndecodableEntry, match=cause) as caught:
        decode(raw)
    assert "secret" not in str(caught.value)


@given(st.binary(max_size=100))
def test_any_bytes_are_read_or_refused(raw: bytes) -> None:
    """No bytes raise anything else, and all have an identity."""
    with suppress(UndecodableEntry):
        decode(raw)
    assert identity(raw)


def test_identity_is_the_id_or_a_digest() -> None:
    """Our entries keep theirs when someone compresses them anew; others are told apart by their bytes."""
    ours = RequestSet(requests=[], server={}, cookies={}, token_auth=False, time=1, id="abc")
    assert identity(encode(ours)) == identity(encode(ours, "compact")) == "abc"
    assert identity(zlib.decompress(encode(ours))) == "abc"
    assert identity(b"", ours) == "abc"
    foreign = stored(ENTRY)
    assert identity(foreign) == identity(foreign, decode(foreign))
    assert len({identity(raw) for raw in (foreign, stored({**ENTRY, "time": 2}), b"broken")}) == 3
    assert identity(foreign) != identity(stored(ENTRY, compressed=False))


def test_ids_are_never_alike() -> None:
    """Within a source by their count, between sources by what was drawn."""
    ids = entry_ids(lambda size: b"\0" * size)
    assert [ids() for _ in range(3)] == ["a" * 16 + "0", "a" * 16 + "1", "a" * 16 + "2"]
    one, other = entry_ids(), entry_ids()
    assert len({*(one() for _ in range(100)), *(other() for _ in range(100))}) == 200
