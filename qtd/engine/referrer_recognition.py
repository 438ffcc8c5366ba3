"""Recognising a referrer: a campaign, the site itself, a search engine, a social network or another website.

Source: Matomo's Referrers plugin.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from qtd.engine.campaign import Campaign, CampaignParameters, of_ad
from qtd.engine.page_url import PageUrls, clean_url
from qtd.engine.parse_url import ParsedUrl, parse_url
from qtd.engine.php import truthy, unsanitize
from qtd.engine.query_string import looks_like_url, parse_query
from qtd.engine.referrer_parameters import tracking_parameters
from qtd.engine.referrer_type import IGNORED, Referrer, ReferrerType
from qtd.engine.search_engine import SearchEngines
from qtd.engine.settings import Settings
from qtd.engine.site import Site
from qtd.engine.site_urls import SiteUrls, canonical_host
from qtd.engine.social_network import SocialNetworks
from qtd.engine.utf8 import lower

NAME_LENGTH = 255
KEYWORD_LENGTH = 255
URL_LENGTH = 1500

#: type, name, keyword
_Kind = tuple[ReferrerType, str | None, str | None]
_DIRECT: _Kind = (ReferrerType.DIRECT, None, None)


@dataclass(frozen=True, kw_only=True, slots=True)
class ReferrerLists:
    """The lists that referrers are recognised by, as `qtd.store.lists` loads them."""

    #: host, or host and path -> `name`, `params`, `hiddenkeyword`, `charsets`
    search_engines: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    #: domain -> name
    social_networks: Mapping[str, str] = field(default_factory=dict)
    #: domains, or any other text that gives spam away
    spammers: tuple[str, ...] = ()


class ReferrerRecognition:
    """The rules for one set of settings and lists; answers are remembered, as addresses come again."""

    def __init__(
        self, settings: Settings, lists: ReferrerLists, urls: PageUrls, cache_size: int = 20_000
    ) -> None:
        self._settings = settings
        self._urls = urls
        self.campaigns = CampaignParameters(settings)
        self._search_engines = SearchEngines(lists.search_engines, cache_size)
        self._social_networks = SocialNetworks(lists.social_networks, cache_size)
        self._site_urls = SiteUrls({idsite: site.urls for idsite, site in settings.sites.items()})
        self._excluded = {
            idsite: SiteUrls({idsite: map(_with_scheme, site.excluded_referrers)})
            for idsite, site in settings.sites.items()
            if site.excluded_referrers
        }
        self.recognise = lru_cache(maxsize=cache_size)(self._recognise)

    def _recognise(
        self, url: str, urlref: str, idsite: int, given: Campaign, *, from_cookie: bool = False
    ) -> Referrer:
        """Recognise the referrer `urlref` of the page `url` (both sanitized); `given` came with the request.

        A campaign's keyword is null where nothing says it. A referrer from the attribution cookie (`_ref`)
        led to another page, so that `url` then only tells which site is the own one.
        """
        site = self._settings.sites[idsite]
        page = None if from_cookie else parse_url(clean_url(url, self._urls.max_length))
        if page is not None and truthy(page.query):
            query = parse_query(str(page.query))
            if query.get("ignore_referrer") == "1" or query.get("ignore_referer") == "1":
                return IGNORED
        address = self.address(urlref, idsite)
        parts = parse_url(address)
        kind, name, keyword = (
            self._campaign(page, address, parts, given)
            or self._own_page(page, parts, url, site)
            or self._search(address)
            or self._social_network(address)
            or self._website(parts)
            or _DIRECT
        )
        host = "" if parts is None else parts.host or ""
        stored = self._urls.without_excluded(address, site, tracking_parameters(host))
        return Referrer(
            type=int(kind),
            name=None if name is None else name[:NAME_LENGTH],
            keyword=None if keyword is None else keyword[:KEYWORD_LENGTH],
            url=None if stored is None else stored[:URL_LENGTH],
        )

    def address(self, urlref: str, idsite: int) -> str:
        """The referrer's address; empty where it is none, or where the site does not want to know of it."""
        address = unsanitize(urlref)
        if not looks_like_url(address):
            return ""
        excluded = self._excluded.get(idsite)
        if excluded is not None and excluded.sites_of(parse_url(address)) is not None:
            return ""
        return address

    def _campaign(
        self, page: ParsedUrl | None, address: str, parts: ParsedUrl | None, given: Campaign
    ) -> _Kind | None:
        """Take the page's campaign, with a search's words as keyword, or an ad; `given` overrides both."""
        found = self.campaigns.of_landing_page(page)
        name, keyword = found.name, found.keyword
        if name and not keyword:
            search = self._search_engines.detect(address)
            if search is not None and truthy(search.keyword):
                keyword = str(search.keyword)
        if not keyword:
            ad = of_ad(parts)
            name, keyword = name or ad.name, ad.keyword
        if given.name:
            name, keyword = given.name, given.keyword or keyword
        if not name:
            return None
        return ReferrerType.CAMPAIGN, lower(name), lower(keyword) if keyword else None

    def _own_page(
        self, page: ParsedUrl | None, parts: ParsedUrl | None, url: str, site: Site
    ) -> _Kind | None:
        """Take a page of the site itself for no referrer."""
        if parts is None or not truthy(parts.host):
            return None
        own = parse_url(url)
        own_host = canonical_host(own.host) if own is not None and own.host is not None else None
        owners = self._site_urls.sites_of(parts, own_host=own_host, idsite=site.idsite)
        if owners is not None:
            return _DIRECT if site.idsite in owners else None
        if site.exclude_unknown_urls or page is None or page.host is None:
            return None
        return _DIRECT if lower(page.host) == lower(str(parts.host)) else None

    def _search(self, address: str) -> _Kind | None:
        search = self._search_engines.detect(address)
        return None if search is None else (ReferrerType.SEARCH_ENGINE, search.engine, search.keyword)

    def _social_network(self, address: str) -> _Kind | None:
        network = self._social_networks.detect(address)
        return None if network is None else (ReferrerType.SOCIAL_NETWORK, network, "")

    def _website(self, parts: ParsedUrl | None) -> _Kind | None:
        if parts is None or not truthy(parts.host):
            return None
        # Another site's folder on a shared host is part of the website's name.
        return ReferrerType.WEBSITE, lower(str(parts.host)) + self._site_urls.path_of(parts).rstrip("/"), None


def _with_scheme(address: str) -> str:
    return address if address.startswith("https://") else "https://" + address.removeprefix("http://")
