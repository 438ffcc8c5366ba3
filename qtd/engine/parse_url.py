"""PHP's parse_url: a URL taken apart the way Matomo's rules see it, quirks included.

Where RFC 3986 and PHP disagree PHP is right here, because hosts, paths and queries of recorded rows come from
it: a text with a colon may be a host with a port (`a.com:80`), a scheme (`mailto:x`) or a path (`a b:c`); a
wrong port spoils the whole URL; control characters become `_`.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple


class ParsedUrl(NamedTuple):
    """The parts of a URL; None is a part that is not there, and differs from an empty one (`/` and `/?`)."""

    scheme: str | None = None
    user: str | None = None
    password: str | None = None
    host: str | None = None
    #: 0 to 65535
    port: int | None = None
    path: str | None = None
    query: str | None = None
    fragment: str | None = None


# Nine of ten URLs: a scheme, a host without user, port or brackets, no control character to replace.
_PLAIN = re.compile(
    r"([A-Za-z0-9+.-]+)://([^/?#:@\[\x00-\x1f\x7f]+)(/[^?#\x00-\x1f\x7f]*)?"
    r"(?:\?([^#\x00-\x1f\x7f]*))?(?:\#([^\x00-\x1f\x7f]*))?",
)
_SCHEME = re.compile(r"[A-Za-z0-9+.-]+")
#: a port as PHP looks for it behind the text's first colon
_PORT_AND_PATH = re.compile(r"([0-9]{1,5})(?=/|\Z)")
#: a port inside the authority: C's strtol, which skips white space and ends with the last digit
_LEADING_INTEGER = re.compile(r"[ \t\n\v\f\r]*([+-]?[0-9]+)")
_AUTHORITY_END = re.compile(r"[/?#]|\Z")
_QUERY_OR_FRAGMENT = re.compile(r"[?#]|\Z")
_UNDERSCORES = dict.fromkeys([*range(0x20), 0x7F], "_")
_MAX_PORT = 0xFFFF
_MAX_PORT_BYTES = 5


@lru_cache(maxsize=4096)
def parse_url(url: str) -> ParsedUrl | None:
    """Return the parts of `url`, or None where PHP says false: a missing host, a port that is none."""
    plain = _PLAIN.fullmatch(url)
    if plain is not None:
        scheme, host, path, query, fragment = plain.groups()
        return ParsedUrl(scheme, None, None, host, None, path, query, fragment)
    colon = url.find(":")
    if colon > 0:
        if _SCHEME.fullmatch(url, 0, colon):
            return _with_scheme(url, colon)
        if colon + 1 < len(url) and colon < _first(_QUERY_OR_FRAGMENT, url, 0):
            return _with_port_behind(url, colon)
    elif colon == 0:
        return _with_port_behind(url, colon)
    return _with_authority(url, 2) if url.startswith("//") else _with_path(url, 0)


def _with_scheme(url: str, colon: int) -> ParsedUrl | None:
    """Split a text whose first colon has only characters of a scheme before it."""
    scheme = url[:colon]
    rest = colon + 1
    if rest == len(url):
        return ParsedUrl(scheme=scheme)
    if url[rest] != "/":
        if _PORT_AND_PATH.match(url, rest):
            return _with_port_behind(url, colon)
        return _with_path(url, rest, scheme=scheme)
    if not url.startswith("//", rest):
        return _with_path(url, rest, scheme=scheme)
    if scheme.lower() == "file" and url.startswith("///", rest):
        drive = url[rest + 3 : rest + 5]
        has_drive = (
            len(drive) == len(drive.encode("utf-8", "replace")) and drive.endswith(":") and len(drive) > 1
        )
        return _with_path(url, rest + (3 if has_drive else 2), scheme=scheme)
    return _with_authority(url, rest + 2, scheme=scheme)


def _with_port_behind(url: str, colon: int) -> ParsedUrl | None:
    """Split a text without scheme whose first colon may have a port behind it."""
    port = _PORT_AND_PATH.match(url, colon + 1)
    start = 2 if url.startswith("//") else 0
    if port is not None:
        number = int(port[1])
        return _with_authority(url, start, port=number) if number <= _MAX_PORT else None
    if colon + 1 == len(url):
        return None
    return _with_authority(url, start) if start else _with_path(url, 0)


def _with_authority(
    url: str, start: int, *, scheme: str | None = None, port: int | None = None
) -> ParsedUrl | None:
    """Split `[user[:password]@]host[:port]`, then the rest; None without a host or with a wrong port."""
    end = _first(_AUTHORITY_END, url, start)
    user = password = None
    at = url.rfind("@", start, end)
    if at >= 0:
        user, has_password, password = url[start:at].partition(":")
        if not has_password:
            password = None
        start = at + 1
    is_ipv6 = start < end and url[start] == "[" and url[end - 1] == "]"
    last_colon = -1 if is_ipv6 else url.rfind(":", start, end)
    host_end = end
    if last_colon >= 0:
        host_end = last_colon
        digits = url[last_colon + 1 : end]
        if not port and digits:  # a port that was found before counts, unless it was 0
            port = _port(digits)
            if port is None:
                return None
    if host_end <= start:
        return None
    known = ParsedUrl(scheme, _clean(user), _clean(password), _clean(url[start:host_end]), port)
    if end == len(url):
        return known
    return _with_path(url, end, known=known)


def _port(digits: str) -> int | None:
    if len(digits) > _MAX_PORT_BYTES or len(digits.encode("utf-8", "replace")) > _MAX_PORT_BYTES:
        return None
    match = _LEADING_INTEGER.match(digits)
    if match is None:
        return None
    port = int(match[1])
    return port if 0 <= port <= _MAX_PORT else None


_NOTHING_KNOWN = ParsedUrl()


def _with_path(
    url: str, start: int, *, scheme: str | None = None, known: ParsedUrl = _NOTHING_KNOWN
) -> ParsedUrl:
    """Split path, query and fragment; only where the text ends at `start` is there an empty path."""
    end = len(url)
    query = fragment = None
    hash_sign = url.find("#", start)
    if hash_sign >= 0:
        fragment = url[hash_sign + 1 :]
        end = hash_sign
    question_mark = url.find("?", start, end)
    if question_mark >= 0:
        query = url[question_mark + 1 : end]
        end = question_mark
    path = url[start:end] if start < end or start == len(url) else None
    return ParsedUrl(
        scheme or known.scheme,
        known.user,
        known.password,
        known.host,
        known.port,
        _clean(path),
        _clean(query),
        _clean(fragment),
    )


def _clean(part: str | None) -> str | None:
    return part if part is None or part.isprintable() else part.translate(_UNDERSCORES)


def _first(pattern: re.Pattern[str], text: str, start: int) -> int:
    match = pattern.search(text, start)
    return match.start() if match else len(text)
