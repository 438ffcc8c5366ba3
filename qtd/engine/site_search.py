"""The site's own search. Parameters `search`, `search_cat`, `search_count`, or the page address's query (and `cs`).

The site says which parameters of its result page hold the searched words and the category.
"""

from __future__ import annotations

from dataclasses import dataclass

from qtd.engine.action import Action, ActionType
from qtd.engine.page_charset import decoded_value, in_utf8
from qtd.engine.page_url import PageUrls, clean_text, clean_url
from qtd.engine.parse_url import ParsedUrl, parse_url
from qtd.engine.php import cut_bytes, is_numeric, is_whole, to_float, to_int, trim, truthy
from qtd.engine.query_string import QueryValue, build_url, parse_query, without_parameters
from qtd.engine.request import TrackingRequest
from qtd.engine.site import Site
from qtd.engine.utf8 import lower

#: Bytes.
_CATEGORY_LENGTH = 200
#: `search_count` is an unsigned integer of four bytes; Matomo's statement fails on more.
_LARGEST_COUNT = 2**32 - 1


@dataclass(frozen=True, kw_only=True, slots=True)
class Search:
    """What was searched; `url` is the page without the search, null where the address was not looked at."""

    words: str
    category: str = ""
    #: number of results; null where it was not sent
    count: int | None = None
    url: str | None = None


def detect_search(request: TrackingRequest, urls: PageUrls) -> Search | None:
    """The search that the request reports, or that its page address shows; null where there is none."""
    site, params = request.site, request.params
    if not site.sitesearch:
        return None
    words = params.text("search")
    if truthy(words):
        count = params.integer("search_count", -1)
        category = params.text("search_cat")
        search = Search(
            words=words, category=category if truthy(category) else "", count=count if count >= 0 else None
        )
    else:
        if "?" not in request.url and "#" not in request.url and ";" not in request.url:
            return None
        parts = parse_url(clean_url(request.url, urls.max_length))
        if parts is None or not (parts.query or parts.fragment):
            return None
        found = _search_in_address(site, parts, params.text("cs"))
        if found is None:
            return None
        search = found
    words, category = trim(search.words), trim(search.category)
    if not truthy(words):
        return None
    return Search(words=words, category=category, count=search.count, url=search.url)


def site_search(search: Search, urls: PageUrls, idsite: int) -> Action:
    """The action of a search; it has words but no page. What the columns do not take is an objection."""
    title = clean_text(search.words, urls.max_length)
    action = Action(type=ActionType.SITE_SEARCH, title=title)
    if search.url:
        action.raw_url, action.url = urls.page(search.url, idsite)
    action.refer("idaction_name", ActionType.SITE_SEARCH, title)
    category = cut_bytes(search.category, _CATEGORY_LENGTH)
    if not is_whole(category):
        action.object("broken_character", "search_cat is cut off within a character")
    action.columns["search_cat"] = category
    if search.count is not None:
        if search.count > _LARGEST_COUNT:
            action.object("search_count_range", "search_count is more than the column can hold")
        action.columns["search_count"] = search.count
    return action


def _first(value: QueryValue) -> str:
    if isinstance(value, list):
        value = value[0] if value else ""
    return value or ""


def _fragment_query(fragment: str) -> tuple[str, str]:
    """What comes before the query in a fragment such as `/page?q=x`, and the query; else the whole is one."""
    parsed = parse_url(fragment) if "?" in fragment else None
    if parsed is None or not truthy(parsed.query):
        return "", fragment if truthy(fragment) else ""
    return str(parsed.path) if truthy(parsed.path) else "", str(parsed.query)


def _in_utf8(value: QueryValue, charset: str) -> QueryValue:
    if not charset or value is None:
        return value
    if isinstance(value, list):
        return [None if item is None else in_utf8(item, charset) for item in value]
    return in_utf8(value, charset)


def _search_in_address(site: Site, parts: ParsedUrl, charset: str) -> Search | None:
    fragment_path, fragment_query = _fragment_query(parts.fragment or "")
    query = parts.query if truthy(parts.query) else ""
    values = {
        lower(name): _in_utf8(value, charset)
        for name, value in parse_query(f"{query}&{fragment_query}").items()
    }

    def look(names: tuple[str, ...]) -> tuple[str, QueryValue]:
        name = ""
        for name in names:
            value = values.get(lower(name))
            if isinstance(value, list) or truthy(value):
                return name, value
        return name, None

    keyword_name, keyword = look(site.sitesearch_keyword_parameters)
    if keyword is None:
        return None
    category_name, category = look(site.sitesearch_category_parameters)
    count = values.get("search_count")
    excluded = (category_name, keyword_name)
    if parts.query is not None:
        parts = parts._replace(query=without_parameters(parse_query(parts.query), excluded))
    if parts.fragment is not None:
        rest = without_parameters(parse_query(fragment_query), excluded)
        if fragment_path:
            rest = f"{fragment_path}?{rest}" if rest else fragment_path
        parts = parts._replace(fragment=rest)
    words = trim(decoded_value(_first(keyword)))
    if not truthy(words):
        return None
    return Search(
        words=words,
        category=trim(decoded_value(_first(category))),
        count=to_int(count) if is_numeric(count) and to_float(count) >= 0 else None,
        url=build_url(parts),
    )
