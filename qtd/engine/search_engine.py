"""Search engines: which one a referrer belongs to, and what was searched for.

Source: the list of search engines that Matomo and others share (`data/README.md`) and Matomo's reading of it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import regex

from qtd.engine.charset import to_utf8
from qtd.engine.iso_codes import COUNTRIES
from qtd.engine.parse_url import ParsedUrl, parse_url
from qtd.engine.php import trim, truthy
from qtd.engine.preg import compile_pattern
from qtd.engine.query_string import QueryParameters, parse_query
from qtd.engine.utf8 import decode_url, lower

#: Hosts without the parameter that names the search may still be a search whose words the engine hides.
_HIDDEN_BY_DEFAULT = ("/^$/", "/")

#: Codes beside ISO 3166-1 that stand for a country in a host's name.
_MORE_COUNTRIES = "a1 a2 ac an ap bu cat cp cs dg ea eu fx ic nt o1 sf su ta tp uk xx yu zr"
_COUNTRIES = COUNTRIES | set(_MORE_COUNTRIES.split())
_SECOND_LEVEL = frozenset({"com", "org", "net", "co", "it", "edu"})
_WWW = re.compile(r"^(?:w+[0-9]*|search)\.")
_MOBILE = re.compile(r"(^|\.)m\.")

#: Google's vertical searches by the parameter `tbm`.
_GOOGLE_VERTICALS = {"isch": "Google Images", "vid": "Google Video", "shop": "Google Shopping"}


@dataclass(frozen=True, kw_only=True, slots=True)
class Search:
    """A visit from a search engine."""

    engine: str
    #: lower case; null where the engine hides it
    keyword: str | None


@dataclass(frozen=True, kw_only=True, slots=True)
class _Engine:
    """One entry of the list."""

    name: str
    #: names of parameters, or patterns for the whole address
    parameters: tuple[str | regex.Pattern[str], ...]
    #: paths (with query), or patterns for them, on which the words are hidden
    hidden: tuple[str | regex.Pattern[str], ...]
    charsets: tuple[str, ...]


@lru_cache(maxsize=4096)
def lossy_host(host: str) -> str:
    """The host without `www.` and `m.`, its country replaced by `{}`: `www.google.co.uk` is `google.{}`."""
    host = _MOBILE.sub(r"\1", _WWW.sub("", host))
    *labels, last = host.split(".")
    if labels and last in _COUNTRIES:
        if len(labels) > 1 and labels[-1] in _SECOND_LEVEL:
            labels.pop()
        last = "{}"
    # Of two countries side by side only the first is forgotten.
    for index, label in enumerate(labels):
        if label in _COUNTRIES and (index == 0 or labels[index - 1] != "{}"):
            labels[index] = "{}"
    return ".".join((*labels, last))


class SearchEngines:
    """The list, by host or host and path."""

    def __init__(self, definitions: Mapping[str, Mapping[str, Any]], cache_size: int = 10_000) -> None:
        self._engines = {url: _engine(definition) for url, definition in definitions.items()}
        self.detect = lru_cache(maxsize=cache_size)(self._detect)

    def _detect(self, url: str) -> Search | None:
        """The search that led here from `url`, null where it is no search engine's page of results."""
        parts = parse_url(url)
        if parts is None or not truthy(parts.host):
            return None
        query = parts.query or ""
        if truthy(parts.fragment):
            query += f"&{parts.fragment}"
        engine = self._engine_of(str(parts.host), parts.path or "", query)
        return None if engine is None else _search(engine, url, parts, query)

    def _engine_of(self, host: str, path: str, query: str) -> _Engine | None:
        engines = self._engines
        pattern = lossy_host(host)
        for key in (host + path, host, pattern + path, pattern):
            if key in engines:
                return engines[key]
        if query.startswith("cx=partner-pub-"):
            return engines.get("google.com/cse")
        if path.startswith("/pemonitorhosted/ws/results/"):
            return engines.get("wsdsold.infospace.com")
        if host.find(".images.search.yahoo.com") > 0:
            return engines.get("images.search.yahoo.com")
        if host.find(".search.yahoo.com") > 0:
            return engines.get("search.yahoo.com")
        return None


def _engine(definition: Mapping[str, Any]) -> _Engine:
    return _Engine(
        name=str(definition["name"]),
        parameters=_alternatives(definition.get("params") or (), needs_end=False),
        hidden=_alternatives(definition.get("hiddenkeyword") or _HIDDEN_BY_DEFAULT, needs_end=True),
        charsets=tuple(str(charset) for charset in definition.get("charsets") or ()),
    )


def _alternatives(texts: Iterable[Any], *, needs_end: bool) -> tuple[str | regex.Pattern[str], ...]:
    """Names, and patterns for what is written `/…/`; a pattern that is none never matches."""
    result: list[str | regex.Pattern[str]] = []
    for text in map(str, texts):
        if text.startswith("/") and (not needs_end or (len(text) > 1 and text.endswith("/"))):
            pattern = compile_pattern(text)
            if pattern is not None:
                result.append(pattern)
        elif text:
            result.append(text)
    return tuple(result)


def _search(engine: _Engine, url: str, parts: ParsedUrl, query: str) -> Search | None:
    name = engine.name
    key: str | None = None
    if name == "Google Images":
        if "&prev" in query:
            query = _query_of_previous_page(query)
    elif name == "Google" and ("&as_" in query or query.startswith("as_")):
        key = _advanced_search(parse_query(query))
    if name == "Google":
        kind = parse_query(query).get("tbm")
        name = _GOOGLE_VERTICALS.get(kind, name) if isinstance(kind, str) else name
    is_hidden = False
    if not truthy(key):
        key, is_hidden = _words(engine, url, query, key)
    if not key and not is_hidden:
        is_hidden = _is_hidden(engine, parts, query)
        if not is_hidden:
            return None
    if is_hidden or key is None:
        return Search(engine=name, keyword=None)
    return Search(engine=name, keyword=lower(to_utf8(key, engine.charsets)) if truthy(key) else key)


def _query_of_previous_page(query: str) -> str:
    """Google Images' frame says what was searched for in the address of the page before (`prev`)."""
    previous = decode_url(trim(_text(parse_query(query), "prev")))
    question = previous.find("?")
    return previous[question:].replace("&", "&amp;") if question >= 0 else ""


def _advanced_search(parameters: QueryParameters) -> str:
    """Google's form for advanced searches as one search: all words, any words, phrase, excluded words."""
    all_words, any_words, phrase, excluded = (
        _printed(parameters, name) for name in ("as_q", "as_oq", "as_epq", "as_eq")
    )
    words = [
        all_words if truthy(all_words) else "",
        any_words.replace("+", " OR ") if truthy(any_words) else "",
        f'"{phrase}"' if truthy(phrase) else "",
        f"-{excluded}" if truthy(excluded) else "",
    ]
    return trim(decode_url(" ".join(word for word in words if word)))


def _words(engine: _Engine, url: str, query: str, key: str | None) -> tuple[str | None, bool]:
    """What was searched for, and whether the engine hides it (its parameter is there, but empty)."""
    for parameter in engine.parameters:
        if isinstance(parameter, regex.Pattern):
            match = parameter.search(url)
            if match is not None:
                return trim(decode_url(match[1] if match.re.groups else "")), False
            continue
        key = trim(decode_url(_text(parse_query(query), parameter)))
        if truthy(key):
            return key, False
        if f"&{parameter}=" in query or f"?{parameter}=" in query:
            return None, True
    return key, False


def _is_hidden(engine: _Engine, parts: ParsedUrl, query: str) -> bool:
    """Whether this page of the engine hides the words, so that the visit counts as a search all the same."""
    page = parts.path or ""
    if truthy(query):
        page += f"?{query}"
    if truthy(parts.fragment):
        page += f"#{parts.fragment}"
    return any(
        page == hidden if isinstance(hidden, str) else hidden.search(page) is not None
        for hidden in engine.hidden
    )


def _text(parameters: QueryParameters, name: str) -> str:
    value = parameters.get(name)
    return value if isinstance(value, str) else ""


def _printed(parameters: QueryParameters, name: str) -> str:
    """A value as PHP prints it: a list is the word Array."""
    return "Array" if isinstance(parameters.get(name), list) else _text(parameters, name)
