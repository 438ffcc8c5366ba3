"""Request sets to queue entries and back, in the format of the QueuedTracking plugin 5.x.

An entry is the JSON of a request set, compressed with zlib (PHP's `gzcompress`); readers take it uncompressed
as well. PHP writes an empty array as `[]` where we have an empty dict. It ignores keys it does not know: `id`
is ours. Only qtd reads the same JSON in the compact form of `qtd.wire.compact`.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any, Final, Literal, TypeAlias

import orjson

from qtd.errors import UndecodableEntry
from qtd.wire import compact
from qtd.wire.php_array import Param

Params: TypeAlias = "dict[str, Param]"
"""One tracking request's parameters, decoded."""

Form: TypeAlias = Literal["plugin", "compact"]
"""How entries are written: for the plugin's processors too, or for qtd alone. Whoever reads takes both."""

MAX_TIME: Final = 32_503_680_000
"""Unix seconds at which the year 3000 begins, far from where dates end; no entry is from then."""

_BEYOND_ALL_TIMES: Final = 20

MAX_ENTRY_BYTES: Final = 64 * 1024 * 1024
"""The most an entry may hold uncompressed; more is an attack or damage."""

COMPRESSION: Final = 1
"""zlib's level: on entries of two kB level 6 saves 3 per cent of the bytes and takes twice as long."""

_SMALL: Final = 8192
_SMALL_WINDOW: Final = 12
_SMALL_MEMORY: Final = 6


@dataclass(frozen=True, kw_only=True, slots=True)
class RequestSet:
    """The tracking requests of one HTTP request, with what is needed to replay them later."""

    #: Parameters of each tracking request, in their order.
    requests: list[Params]
    #: PHP's `$_SERVER` as far as tracking reads it: `REMOTE_ADDR`, `HTTP_*`, `REQUEST_TIME`, `HTTPS` ...
    server: Mapping[str, str | int | float]
    #: PHP's `$_COOKIE`.
    cookies: Mapping[str, Param]
    #: The token that came with the HTTP request; False or empty where there was none.
    token_auth: str | Literal[False]
    #: Unix seconds at which the request was accepted, which is its own time when it is replayed.
    time: int | float
    #: The id of our own entries; None in those the plugin wrote.
    id: str | None = None


def encode(request_set: RequestSet, form: Form = "plugin") -> bytes:
    """Return the entry for a request set; its text must be valid Unicode."""
    document: dict[str, Any] = {
        "requests": [params or [] for params in request_set.requests],
        "env": {"server": request_set.server, "cookie": request_set.cookies or []},
        "tokenAuth": request_set.token_auth,
        "time": request_set.time,
    }
    if request_set.id is not None:
        document["id"] = request_set.id
    text = orjson.dumps(document)
    if form == "compact":
        return compact.pack(text)
    if len(text) > _SMALL:
        return zlib.compress(text, COMPRESSION)
    # With 4 kB of window zlib need not ask the system for a quarter of a megabyte, and give it back, each
    # time.
    deflator = zlib.compressobj(COMPRESSION, zlib.DEFLATED, _SMALL_WINDOW, _SMALL_MEMORY)
    return deflator.compress(text) + deflator.flush()


def form_of(stored: bytes) -> Form:
    """Return the form in which an entry was written."""
    return "compact" if compact.is_compact(stored) else "plugin"


def decode(stored: bytes) -> RequestSet:
    """Return the request set of an entry in any form, compressed or not.

    As tolerant as the plugin: what is missing counts as empty, an element of `requests` that is not an array
    as a request without parameters. Without `time` the server's `REQUEST_TIME` is taken.

    Raises UndecodableEntry with the cause; the cause never quotes the entry.
    """
    document = _json(_uncompressed(stored))
    if not isinstance(document, dict):
        raise UndecodableEntry(f"the entry is a JSON {_kind(document)}, not an object")
    requests = document.get("requests")
    if isinstance(requests, dict):
        requests = list(requests.values())
    if not isinstance(requests, list):
        raise UndecodableEntry(f"requests is {_kind(requests)}, not a list")
    environment = document.get("env")
    environment = environment if isinstance(environment, dict) else {}
    server = _array(environment.get("server"))
    token_auth = document.get("tokenAuth")
    own_id = document.get("id")
    return RequestSet(
        requests=[_array(request) for request in requests if request or isinstance(request, list | dict)],
        server={key: value for key, value in server.items() if type(value) in (str, int, float)},
        cookies=_array(environment.get("cookie")),
        token_auth=token_auth if isinstance(token_auth, str) else False,
        time=_time(document.get("time"), server.get("REQUEST_TIME")),
        id=own_id if isinstance(own_id, str) and own_id else None,
    )


def identity(stored: bytes, decoded: RequestSet | None = None) -> str:
    """Return what tells this entry from all others: its own id, else a digest of the stored bytes.

    `decoded` saves decoding a second time. Entries that can not be decoded have an identity too.
    """
    if decoded is None:
        try:
            decoded = decode(stored)
        except UndecodableEntry:
            return digest_of(stored)
    return decoded.id or digest_of(stored)


def digest_of(stored: bytes) -> str:
    """The identity of an entry without an id."""
    return "#" + blake2b(stored, digest_size=16).hexdigest()


def _uncompressed(stored: bytes) -> bytes:
    # 8 in the low half of the first byte is deflate; JSON that begins so would begin with "(", "8" or "x".
    if not stored or stored[0] & 0x0F != 8:
        return stored
    if compact.is_compact(stored):
        return compact.unpack(stored, MAX_ENTRY_BYTES)
    inflator = zlib.decompressobj()
    try:
        text = inflator.decompress(stored, MAX_ENTRY_BYTES)
    except zlib.error as error:
        raise UndecodableEntry(f"the compressed data is damaged: {error}") from None
    if inflator.unconsumed_tail:
        raise UndecodableEntry(f"the entry holds more than {MAX_ENTRY_BYTES} bytes")
    if not inflator.eof:
        raise UndecodableEntry("the compressed data is cut short")
    return text


def _json(text: bytes) -> object:
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError as error:
        if text.strip(b" \t\r\n\0"):
            raise UndecodableEntry(f"the entry is not JSON: {error}") from None
        raise UndecodableEntry("the entry is empty") from None


def _array(value: object) -> dict[str, Any]:
    """Return a PHP array as a dict; what is no array is an empty one."""
    if isinstance(value, dict):
        return value
    if isinstance(value, list):
        return {str(index): item for index, item in enumerate(value)}
    return {}


def _time(*candidates: object) -> int | float:
    for candidate in candidates:
        if isinstance(candidate, int | float) and not isinstance(candidate, bool):
            return _checked(candidate)
        if isinstance(candidate, str) and candidate.isascii() and candidate.isdigit():
            return _checked(int(candidate[:_BEYOND_ALL_TIMES]))
    raise UndecodableEntry("the entry has no time")


def _checked(time: float) -> int | float:
    """A time that dates can be made of: milliseconds, say, are none."""
    if 0 <= time < MAX_TIME:
        return time
    raise UndecodableEntry("the entry's time is out of range")


def _kind(value: object) -> str:
    kinds = {dict: "object", list: "list", str: "string", bool: "boolean", type(None): "null"}
    return kinds.get(type(value), "number")
