"""Client hints: what a browser says of itself beside its user agent (https://wicg.github.io/ua-client-hints/)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import orjson

from qtd.engine.invalid import InvalidRequest
from qtd.engine.params import sanitized

_BRAND = re.compile(r'"([^"]+)"; ?v="([^"]+)"(?:, )?')
_WHOLE_NUMBER = re.compile(r"0|-?[1-9][0-9]*")
#: How a hint may be called: as a header, with or without PHP's `HTTP_`, or as a key of `uadata`.
_HEADER = ("http-sec-ch-ua", "sec-ch-ua")
_TEXTS = {
    f"{prefix}{name}": attribute
    for header, keys, attribute in (
        ("-model", ("model",), "model"),
        ("-platform", ("platform",), "platform"),
        ("-platform-version", ("platformversion",), "platform_version"),
        ("-full-version", ("uafullversion",), "full_version"),
        ("-arch", ("arch", "architecture"), ""),
        ("-bitness", ("bitness",), ""),
    )
    for prefix, name in (*((prefix, header) for prefix in _HEADER), *(("", key) for key in keys))
}
_MOBILE = frozenset(("mobile", *(f"{prefix}-mobile" for prefix in _HEADER)))
_FULL_VERSION_LIST = frozenset(f"{prefix}-full-version-list" for prefix in _HEADER)
_REQUESTED_WITH = frozenset(("x-requested-with", "http-x-requested-with"))


@dataclass(frozen=True, kw_only=True, slots=True)
class ClientHints:
    """The hints that device detection uses; empty text where one was not given."""

    model: str = ""
    platform: str = ""
    platform_version: str = ""
    #: the browser's version (the obsolete `Sec-CH-UA-Full-Version`)
    full_version: str = ""
    #: (brand, version) in the browser's order; a version that is no text is null
    brands: tuple[tuple[str, str | None], ...] = ()
    mobile: bool = False
    #: Android application that shows the page (`X-Requested-With`)
    app: str = ""


_NONE = ClientHints()
#: What the names of headers with hints begin with, as PHP writes them.
HEADER_HINTS = ("HTTP_SEC_CH_UA", "X_HTTP_REQUESTED_WITH")


def client_hints_from(server: Mapping[str, Any], uadata: Any = None) -> ClientHints | None:
    """The hints of the `uadata` parameter (JSON text or array), else those of the headers; null if there are none.

    `server` holds PHP's server variables. Matomo escapes HTML's special characters before it reads the hints,
    so the quotes of headers become part of their values; its rows show it, and so do ours.
    Raises InvalidRequest where a hint that should be text is something else: Matomo rejects such requests.
    """
    if isinstance(uadata, str) and uadata:
        return _from_text(uadata)
    if uadata is not None and uadata != "":
        return _read(sanitized(uadata)) if isinstance(uadata, dict) else None
    headers = tuple((name, value) for name, value in server.items() if name.startswith(HEADER_HINTS))
    return _from_headers(headers) if headers else None


@lru_cache(maxsize=4096)
def _from_headers(headers: tuple[tuple[str, Any], ...]) -> ClientHints | None:
    return _read(sanitized(dict(sorted(headers))))


@lru_cache(maxsize=4096)
def _from_text(uadata: str) -> ClientHints | None:
    try:
        value = orjson.loads(uadata)
    except orjson.JSONDecodeError:
        return None
    return _read(sanitized(value)) if isinstance(value, dict) else None


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise InvalidRequest("client_hints", "a client hint is not text")
    return value


def _read(hints: Mapping[Any, Any]) -> ClientHints | None:
    values: dict[str, Any] = {}
    brands: list[Any] = []
    for key, value in hints.items():
        name = str(key).lower().replace("_", "-")
        if name in _TEXTS:
            text = _text(value).strip('"')
            if attribute := _TEXTS[name]:
                values[attribute] = text
        elif name in _MOBILE:
            values["mobile"] = value is True or value in ("1", "?1")
        elif name == "fullversionlist" or (name == "brands" and not brands):
            if isinstance(value, dict | list):
                brands = list(value.values()) if isinstance(value, dict) else value
        elif name in _FULL_VERSION_LIST or (name in _HEADER and not brands):
            brands = _listed(_text(value)) or brands
        elif name in _REQUESTED_WITH and _text(value).lower() != "xmlhttprequest":
            values["app"] = value
    found = ClientHints(brands=_brands(brands), **values)
    return None if found == _NONE else found


def _listed(header: str) -> list[dict[str, str]]:
    """The brands of a header such as `"Chromium";v="120", "Not A Brand";v="8"`."""
    found: list[dict[str, str]] = []
    position = 0
    while match := _BRAND.match(header, position):
        found.append({"brand": match[1], "version": match[2]})
        position = match.end()
    return found


def _brands(entries: list[Any]) -> tuple[tuple[str, str | None], ...]:
    """Brands with their versions; none at all where some lack one of the two."""
    rows = [entry for entry in entries if isinstance(entry, dict)]
    names = [row["brand"] for row in rows if "brand" in row]
    versions = [row["version"] for row in rows if "version" in row]
    if len(names) != len(versions):
        return ()
    found: dict[str, str | None] = {}
    for name, brand_version in zip(names, versions, strict=True):
        brand = "" if name is None else _text(name)
        if _WHOLE_NUMBER.fullmatch(brand):  # PHP makes it a number, which is no text any more
            raise InvalidRequest("client_hints", "a brand of the client hints is not text")
        found[brand] = brand_version if isinstance(brand_version, str) else None
    return tuple(found.items())
