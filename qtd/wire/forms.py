"""The body of a POST request to PHP's $_POST, by its content type."""

from __future__ import annotations

import re

from qtd.wire.multipart import boundary_of, parse_multipart
from qtd.wire.php_array import Param
from qtd.wire.php_query import parse_form

_MEDIA_TYPE = re.compile(rb"[^;, ]*")


def parse_body(method: str, content_type: bytes, body: bytes) -> dict[str, Param]:
    """Return the parameters in a body: only of POST, and only of the two content types of HTML forms."""
    if method != "POST" or not body:
        return {}
    media_type = _media_type(content_type)
    if media_type == b"application/x-www-form-urlencoded":
        return parse_form(body)
    if media_type == b"multipart/form-data" and (boundary := boundary_of(content_type)) is not None:
        return parse_multipart(body, boundary)
    return {}


def raw_body(method: str, content_type: bytes, body: bytes) -> bytes:
    """Return what PHP's `php://input` gives: the body, but nothing where it was read as multipart form."""
    is_multipart = method == "POST" and _media_type(content_type) == b"multipart/form-data"
    return b"" if is_multipart and boundary_of(content_type) is not None else body


def _media_type(content_type: bytes) -> bytes:
    match = _MEDIA_TYPE.match(content_type.lower())
    return match[0] if match else b""
