"""A URL's query as Matomo reads and writes it: names to values, escaping left as it is in the URL."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from types import MappingProxyType

from qtd.engine.parse_url import ParsedUrl
from qtd.engine.php import WHITESPACE, ascii_lower, is_whole, sanitize, truthy
from qtd.engine.preg import compile_pattern

#: A parameter's value: text, None where there is no `=`, a list of these for `name[]`.
QueryValue = str | None | list[str | None]
QueryParameters = Mapping[str, QueryValue]

_NONE: QueryParameters = MappingProxyType({})
_LOOKS_LIKE_URL = re.compile(r"(?:([A-Za-z][A-Za-z0-9+.-]*)?:)?//.+")
_SCRIPT_SCHEMES = frozenset({"javascript", "vbscript", "data"})
_LIST_SUFFIX = re.compile(r"(?:\[|%5b)(?:\]|%5d)\Z", re.IGNORECASE)
_LINE_ENDS = str.maketrans({"\n": None, "\r": None})


def looks_like_url(url: str) -> bool:
    """Whether the text is `scheme://…` or `//…`, on one line and not a script."""
    match = _LOOKS_LIKE_URL.fullmatch(url)
    return match is not None and (match[1] is None or match[1].lower() not in _SCRIPT_SCHEMES)


@lru_cache(maxsize=4096)
def parse_query(query: str) -> QueryParameters:
    """Split a query (with or without `?`) into its parameters; a repeated name keeps its first place.

    Names and values stay URL-encoded, but are sanitized as if they were text to be printed (`<` is `&lt;`).
    """
    if not truthy(query):
        return _NONE
    parameters: dict[str, QueryValue] = {}
    for part in query.removeprefix("?").rstrip(WHITESPACE).split("&"):
        raw_name, equals, raw_value = part.partition("=")
        if not truthy(raw_name):
            continue
        name = _sanitized(raw_name)
        value = _sanitized(raw_value) if equals else None
        if name[-1:] in ("]", "d", "D"):
            list_name, count = _LIST_SUFFIX.subn("", name)
            if count and truthy(list_name):
                values = parameters.get(list_name)
                if not isinstance(values, list):
                    values = parameters[list_name] = []
                values.append(value)
                continue
        if truthy(name):
            parameters[name] = value
    return MappingProxyType(parameters)


def without_parameters(parameters: QueryParameters, excluded: tuple[str, ...]) -> str:
    """Join the parameters to a query again, without the excluded ones.

    An excluded one is a name in any case, or a PHP pattern (`/^sess/`) for the name in lower case.
    """
    is_excluded = _exclusion(excluded)
    parts: list[str] = []
    for raw_name, value in parameters.items():
        name = raw_name.replace("%5B", "[").replace("%5D", "]") if "%5" in raw_name else raw_name
        if is_excluded(ascii_lower(name)):
            continue
        if value is None:
            parts.append(name)
        elif isinstance(value, str):
            parts.append(f"{name}={value}")
        else:
            parts += [f"{name}[]" if item is None else f"{name}[]={item}" for item in value]
    return "&".join(parts)


def build_url(parts: ParsedUrl) -> str:
    """Put a URL together again; what is empty, "0" included, is left out."""
    url = ""
    if truthy(parts.scheme):
        url = f"{parts.scheme}:" if str(parts.scheme).lower() == "mailto" else f"{parts.scheme}://"
    if truthy(parts.user):
        url += f"{parts.user}:{parts.password}@" if truthy(parts.password) else f"{parts.user}@"
    if truthy(parts.host):
        url += str(parts.host)
    if parts.port:
        url += f":{parts.port}"
    path = parts.path
    if path is not None and truthy(path):
        url += path if path[0] == "/" or not truthy(url) else f"/{path}"
    if truthy(parts.query):
        url += f"?{parts.query}"
    if truthy(parts.fragment):
        url += f"#{parts.fragment}"
    return url


def _sanitized(text: str) -> str:
    if not is_whole(text):  # Matomo takes what is not UTF-8 for ISO 8859-1
        text = text.encode("utf-8", "surrogateescape").decode("latin-1")
    return sanitize(text.translate(_LINE_ENDS) if "\n" in text or "\r" in text else text)


@lru_cache(maxsize=1024)
def _exclusion(excluded: tuple[str, ...]) -> Callable[[str], bool]:
    """Return the test for excluded names, which are given in lower case."""
    compiled = {name: compile_pattern(name) for name in excluded}
    names = frozenset(ascii_lower(name) for name, pattern in compiled.items() if pattern is None)
    patterns = [pattern for pattern in compiled.values() if pattern is not None]
    if not patterns:
        return names.__contains__
    return lambda name: name in names or any(pattern.search(name) for pattern in patterns)
