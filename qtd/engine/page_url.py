"""Page addresses as Matomo stores them: cleaned, without the parameters that are not part of the page.

Source: Matomo's PageUrl rules; `[Tracker] url_query_parameter_to_exclude_from_url`, `page_maximum_length`, the campaign
parameters and the site's own excluded parameters.
"""

from __future__ import annotations

from functools import lru_cache

from qtd.engine.parse_url import parse_url
from qtd.engine.php import cut_bytes, to_int, trim, truthy, unsanitize
from qtd.engine.query_string import build_url, looks_like_url, parse_query, without_parameters
from qtd.engine.settings import Settings
from qtd.engine.site import Site
from qtd.engine.utf8 import lower

_LINE_ENDS = str.maketrans({"\n": None, "\r": None, "\0": None})

#: The start of an address that is kept as a number beside it, longest first.
_PREFIXES = (("http://www.", 1), ("http://", 0), ("https://www.", 3), ("https://", 2))
_LONGEST_PREFIX = len("https://www.")


def clean_text(text: str, max_length: int) -> str:
    """Trimmed, on one line, at most `max_length` bytes."""
    return cut_bytes(trim(text).translate(_LINE_ENDS), max_length)


def clean_url(url: str, max_length: int) -> str:
    """An address parameter unescaped, cleaned, and its matrix parameters (`;a=1`) turned into a query."""
    return _matrix_to_query(clean_text(unsanitize(url), max_length))


def _matrix_to_query(url: str) -> str:
    semicolon = url.find(";")
    if semicolon < 0:
        return url
    question = url.find("?")
    if 0 <= question < semicolon:
        return url
    if question > semicolon:
        url = url[:question] + ";" + url[question + 1 :]
    return url.replace(";", "?", 1).replace(";", "&")


def split_prefix(url: str) -> tuple[str, int | None]:
    """The address without its scheme and `www.`, and the number that stands for them; null for other schemes."""
    start = url[:_LONGEST_PREFIX].lower()
    for prefix, number in _PREFIXES:
        if start.startswith(prefix):
            return url[len(prefix) :], number
    return url, None


class PageUrls:
    """The rules for one set of settings; answers are remembered, as the same pages come again and again."""

    def __init__(self, settings: Settings, cache_size: int = 20_000) -> None:
        self._settings = settings
        self.max_length = to_int(settings.tracker_value("page_maximum_length"))
        self._excluded_everywhere = ("ignore_referrer", "ignore_referer")
        names = [
            name.strip()
            for name in settings.tracker_value("url_query_parameter_to_exclude_from_url").split(",")
        ]
        for key in ("campaign_var_name", "campaign_keyword_var_name"):
            names += [name.strip() for name in settings.tracker_value(key).split(",")]
        self._excluded_by_settings = tuple(names)
        self.page = lru_cache(maxsize=cache_size)(self._page)

    def excluded_parameters(self, site: Site) -> tuple[str, ...]:
        """Names and /patterns/ of the query parameters that are not part of a page's address, lower case."""
        names = (*self._excluded_everywhere, *site.excluded_parameters, *self._excluded_by_settings)
        return tuple(name.lower() for name in names)

    def valid(self, url: str) -> str | None:
        """The cleaned address where it looks like one, else null."""
        url = clean_text(url, self.max_length)
        return url if looks_like_url(url) else None

    def without_excluded(self, url: str, site: Site, more: tuple[str, ...] = ()) -> str | None:
        """The address without excluded parameters and, where the site drops it, without its fragment."""
        parts = parse_url(clean_url(url, self.max_length))
        if parts is None:
            return None
        if parts.host:
            parts = parts._replace(host=lower(parts.host))
        if parts.fragment:
            fragment = parts.fragment.removesuffix("#") if site.keep_url_fragment else ""
            parts = parts._replace(fragment=fragment)
        excluded = (*self.excluded_parameters(site), *more)
        if truthy(parts.query):
            parts = parts._replace(query=without_parameters(parse_query(str(parts.query)), excluded))
        elif truthy(parts.fragment):
            parts = parts._replace(fragment=without_parameters(parse_query(str(parts.fragment)), excluded))
        return build_url(parts)

    def _page(self, url: str, idsite: int) -> tuple[str | None, str | None]:
        """The address parameter of a page: as it came and without excluded parameters; null what is no address."""
        stripped = self.without_excluded(url, self._settings.sites[idsite])
        return self.valid(url), self.valid(stripped) if stripped is not None else None
