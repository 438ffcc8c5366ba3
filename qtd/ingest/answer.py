"""The answers of the tracking API: Matomo's where it has one, clear text where it has none.

Matomo marks what it answers to GET with `no-store`. To other methods it adds the headers for pages of other
origins, but only where it has not sent the image yet: the image goes without.
"""

from __future__ import annotations

import base64
from http import HTTPStatus

import orjson

GIF = base64.b64decode("R0lGODlhAQABAIAAAAAAAAAAACH5BAEAAAAALAAAAAABAAEAAAICRAEAOw==")
"""Matomo's transparent image of one pixel."""

HTML = "text/html; charset=UTF-8"
RETRY_AFTER_SECONDS = 5

Header = tuple[str, str]


class Answer:
    """An HTTP answer, put into bytes once: everything but the headers that belong to the connection."""

    __slots__ = ("body", "head", "headers", "status")

    def __init__(self, status: int, headers: tuple[Header, ...], body: bytes = b"") -> None:
        #: HTTP status code.
        self.status = status
        #: Without content-length, which follows from the body.
        self.headers = headers
        self.body = body
        length = () if status == HTTPStatus.NO_CONTENT else (("content-length", str(len(body))),)
        lines = "".join(f"{name}: {value}\r\n" for name, value in (*headers, *length))
        #: Status line and headers, without the empty line that ends them.
        self.head = f"HTTP/1.1 {status} {HTTPStatus(status).phrase}\r\n{lines}".encode("utf-8", "replace")

    def with_headers(self, headers: tuple[Header, ...]) -> Answer:
        """Return the same answer with more headers."""
        return Answer(self.status, (*self.headers, *headers), self.body) if headers else self

    def __repr__(self) -> str:
        return f"<Answer {self.status} {len(self.body)} bytes>"


_NO_STORE: Header = ("cache-control", "no-store")
_IMAGE: Header = ("content-type", "image/gif")
_IMAGE_TO_GET = Answer(200, (_IMAGE, _NO_STORE), GIF)
_IMAGE_TO_OTHERS = Answer(200, (_IMAGE,), GIF)
# A 204 has no body and needs no length, but Matomo's has one.
_NOTHING: tuple[Header, ...] = (("content-type", HTML), ("content-length", "0"))
_NOTHING_TO_GET = Answer(204, (*_NOTHING, _NO_STORE))

PREFLIGHT = Answer(
    204,
    (
        ("content-type", HTML),
        ("access-control-allow-methods", "GET, POST"),
        ("access-control-allow-headers", "*"),
        ("access-control-allow-origin", "*"),
    ),
)
"""Says to a browser that any page may send hits."""


def cross_origin(method: str, origin: str) -> tuple[Header, ...]:
    """Return the headers that let a page of another origin read the answer to anything but GET."""
    if method == "GET":
        return ()
    return (("access-control-allow-origin", origin or "*"), ("access-control-allow-credentials", "true"))


def tracked(method: str, origin: str, *, image: bool) -> Answer:
    """Return the answer to a tracking request that is durable: the image, or 204 where none is wanted."""
    if image:
        return _IMAGE_TO_GET if method == "GET" else _IMAGE_TO_OTHERS
    if method == "GET":
        return _NOTHING_TO_GET
    return Answer(204, (*_NOTHING, *cross_origin(method, origin)))


def refused(status: int, method: str, origin: str, *, image: bool) -> Answer:
    """Return the answer to a tracking request that Matomo does not take: its image with an error status."""
    headers = ((_NO_STORE,) if method == "GET" else ()) + cross_origin(method, origin)
    if image:
        return Answer(status, (_IMAGE, *headers), GIF)
    return Answer(status, (("content-type", HTML), *headers))


def nothing_to_track(method: str, origin: str) -> Answer:
    """Return the empty page that a request without parameters gets."""
    return Answer(200, (("content-type", HTML), *cross_origin(method, origin)))


def bulk_result(
    method: str, origin: str, *, status: int, tracked: int, invalid: list[int], indices: bool
) -> Answer:
    """Return the JSON of Matomo's bulk API; which requests were invalid only with `indices`."""
    result: dict[str, object] = {
        "status": "success" if status < 400 else "error",
        "tracked": tracked,
        "invalid": len(invalid),
    }
    if indices:
        result["invalid_indices"] = invalid
    headers = (("content-type", "application/json"), *cross_origin(method, origin))
    return Answer(status, headers, orjson.dumps(result))


def plain_text(status: int, text: str, headers: tuple[Header, ...] = ()) -> Answer:
    """Return an answer that is read by people only."""
    kinds = (("content-type", "text/plain; charset=utf-8"), ("cache-control", "no-store"))
    return Answer(status, (*kinds, *headers), f"{text}\n".encode())


def unavailable(method: str, origin: str) -> Answer:
    """Return the answer to a request that could not be made durable: it was not tracked, send it again."""
    retry = (("retry-after", str(RETRY_AFTER_SECONDS)), *cross_origin(method, origin))
    return plain_text(
        503, "This request was not tracked: the queue takes nothing now. Try again later.", retry
    )


NO_HOST = plain_text(400, "The Host header is missing.")
"""HTTP/1.1 asks for one (RFC 9112, 3.2)."""
