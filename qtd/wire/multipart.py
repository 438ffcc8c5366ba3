"""The text fields of a `multipart/form-data` body, as PHP fills $_POST from them.

Own code and not a library's, because what counts is what PHP makes of bodies that are not well-formed. Files
are skipped: tracking has none.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice

from qtd.wire.php_array import MAX_VARIABLES, Param, PhpArray, plain, register, variable_path

_BOUNDARY = re.compile(rb'boundary[^=]*=(?:"([^"]*)"|((?!")[^,;]*))', re.IGNORECASE)
_PAIR = re.compile(rb"""(?:"(?:\\"|[^"])*(?:"|\Z)|'(?:\\'|[^'])*(?:'|\Z)|[^;"'])+""")
_SPACES = b" \t\n\r\v\f"


def boundary_of(content_type: bytes) -> bytes | None:
    """Return the boundary that a content type names, None where there is no usable one."""
    found = _BOUNDARY.search(content_type)
    return None if found is None else found[1] if found[1] is not None else found[2]


def parse_multipart(body: bytes, boundary: bytes) -> dict[str, Param]:
    """Parse a body; at most 1000 fields are read."""
    array = PhpArray()
    for name, value in islice(_fields(body, b"--" + boundary), MAX_VARIABLES):
        path = variable_path(name)
        if path is not None:
            register(array, path, value.decode("utf-8", "replace"))
    return plain(array)


def _fields(body: bytes, delimiter: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Yield name and value of each part that is no file; one with neither name nor file name ends it."""
    position = 0
    while (start := _after_delimiter(body, position, delimiter)) is not None:
        disposition, position = _disposition(body, start)
        if not disposition:
            continue
        start, position = position, _end_of_value(body, position, b"\n" + delimiter)
        parameters = dict(_parameters(disposition))
        if b"filename" in parameters:
            continue
        if b"name" not in parameters:
            return
        value = body[start:position]
        yield parameters[b"name"], value.removesuffix(b"\r") if position < len(body) else value


def _lines(body: bytes, position: int) -> Iterator[tuple[bytes, int]]:
    """Yield each line that is complete, with where the next begins."""
    while (end := body.find(b"\n", position)) >= 0:
        line = body[position:end].removesuffix(b"\r")
        position = end + 1
        yield line, position


def _after_delimiter(body: bytes, position: int, delimiter: bytes) -> int | None:
    return next((after for line, after in _lines(body, position) if line == delimiter), None)


def _end_of_value(body: bytes, start: int, end_mark: bytes) -> int:
    """Return where the next end mark begins, or a piece of one at the body's end, or the body's end."""
    end = body.find(end_mark, start)
    if end >= 0:
        return end
    for length in range(min(len(end_mark), len(body) - start), 0, -1):
        if body.endswith(end_mark[:length]):
            return len(body) - length
    return len(body)


def _disposition(body: bytes, position: int) -> tuple[bytes, int]:
    """Return the part's Content-Disposition, and where its headers end."""
    headers: list[list[bytes]] = []
    for line, after in _lines(body, position):
        position = after
        if not line:
            break
        name, colon, value = line.partition(b":")
        if colon and not line[:1].isspace():
            headers.append([name.lower(), value.lstrip(_SPACES)])
        elif headers:  # a folded line, or one without a colon, belongs to the header before
            headers[-1][1] += line
    return next((value for name, value in headers if name == b"content-disposition"), b""), position


def _parameters(disposition: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Yield the `key=value` pairs between semicolons; values may be in quotes of either kind."""
    for pair in _PAIR.findall(disposition):
        key, equals, value = pair.strip(_SPACES).partition(b"=")
        if equals:
            yield key.lower(), _word(value.lstrip(_SPACES))


def _word(value: bytes) -> bytes:
    quote = value[:1]
    if quote in (b'"', b"'"):
        content = re.match(rb"(?:\\.|[^\\%c])*" % quote, value[1:], re.DOTALL)
        text = content[0] if content else b""
        return re.sub(rb"\\([\\%c])" % quote, rb"\1", text)
    return value.split(None, 1)[0] if value else b""
