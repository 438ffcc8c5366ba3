"""Recognising a referrer: a campaign, the site itself, a search engine, a social network or another website.

Source: Matomo's Referrers plugin.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from qtd.engine.campaign import NO_CAMPAIGN, Campaign, CampaignParameters, of_ad
from qtd.engine.page_url import PageUrls, clean_url
from qtd.engine.parse_url import ParsedUrl, parse_url
from qtd.engine.php import truthy, unsanitize
from qtd.engine.query_string import looks_like_url, parse_query
from qtd.engine.referrer_parameters import tracking_parameters
from qtd.engine.referrer_type import DIRECT, IGNORED, Referrer, ReferrerType
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


@dataclass(frozen=True, kw_only=True, slots=True)
class _Link:
    """What a referrer's address says by itself."""

    #: empty where there is none that counts
    address: str
    #: the campaign that it stands for as a referrer of Google's ads
    ad: Campaign
    #: what it is unless a campaign says otherwise
    referrer: Referrer


class ReferrerRecognition:
    """The rules for one set of settings and lists; answers are remembered, as addresses come again."""

    def __init__(
        self, settings: Settings, lists: ReferrerLists, urls: PageUrls, cache_size: int = 20_000
    ) -> None:
        self._settings = settings
        self._urls = urls
        self.campaigns = CampaignParameters(settings)
        #: what an address has in it when it may say something of the referrer
        self._hints = ("ignore_refer", "\n", "\r", *filter(None, self.campaigns.names))
        self._search_engines = SearchEngines(lists.search_engines, cache_size)
        self._social_networks = SocialNetworks(lists.social_networks, cache_size)
        self._site_urls = SiteUrls({idsite: site.urls for idsite, site in settings.sites.items()})
        self._excluded = {
            idsite: SiteUrls({idsite: map(_with_scheme, site.excluded_referrers)})
            for idsite, site in settings.sites.items()
            if site.excluded_referrers
        }
        self._hosts_of_origin = lru_cache(maxsize=1024)(self._hosts_anew)
        self._link = lru_cache(maxsize=cache_size)(self._link_anew)

    def recognise(
        self, url: str, urlref: str, idsite: int, given: Campaign, *, from_cookie: bool = False
    ) -> Referrer:
        """Recognise the referrer `urlref` of the page `url` (both sanitized); `given` came with the request.

        A campaign's keyword is null where nothing says it. A referrer from the attribution cookie (`_ref`) led
        to another page, so that `url` then only tells which site is the own one.
        """
        landing = NO_CAMPAIGN
        if not from_cookie and any(hint in url for hint in self._hints):
            page = parse_url(clean_url(url, self._urls.max_length))
            if _asks_to_ignore(page):
                return IGNORED
            landing = self.campaigns.of_landing_page(page)
        elif not urlref and not given.name:
            return DIRECT
        own_host, page_host = self._hosts(url)
        link = self._link(urlref, idsite, own_host, None if from_cookie else page_host)
        if landing is NO_CAMPAIGN and not given.name and link.ad is NO_CAMPAIGN:
            return link.referrer
        return self._campaign(landing, link, given) or link.referrer

    def _hosts(self, url: str) -> tuple[str | None, str | None]:
        """The page's host for comparing with sites, and as the cleaned address has it."""
        end = url.find("/", len("https://")) + 1 if url.startswith(("http://", "https://")) else 0
        return self._hosts_of_origin(url[:end] or url)

    def _hosts_anew(self, url: str) -> tuple[str | None, str | None]:
        raw = parse_url(url)
        cleaned = parse_url(clean_url(url, self._urls.max_length))
        return (
            None if raw is None or raw.host is None else canonical_host(raw.host),
            None if cleaned is None or cleaned.host is None else lower(cleaned.host),
        )

    def _link_anew(self, urlref: str, idsite: int, own_host: str | None, page_host: str | None) -> _Link:
        """Recognise the address by itself, for a page of `own_host`."""
        site = self._settings.sites[idsite]
        address = self.address(urlref, idsite)
        parts = parse_url(address)
        kind, name, keyword = (
            self._own_page(parts, site, own_host, page_host)
            or self._search(address)
            or self._social_network(address)
            or self._website(parts)
            or _DIRECT
        )
        host = "" if parts is None else parts.host or ""
        stored = self._urls.without_excluded(address, site, tracking_parameters(host))
        referrer = Referrer(
            type=int(kind),
            name=None if name is None else name[:NAME_LENGTH],
            keyword=None if keyword is None else keyword[:KEYWORD_LENGTH],
            url=None if stored is None else stored[:URL_LENGTH],
        )
        return _Link(address=address, ad=of_ad(parts), referrer=referrer)

    def address(self, urlref: str, idsite: int) -> str:
        """The referrer's address; empty where it is none, or where the site does not want to know of it."""
        address = unsanitize(urlref)
        if not looks_like_url(address):
            return ""
        excluded = self._excluded.get(idsite)
        if excluded is not None and excluded.sites_of(parse_url(address)) is not None:
            return ""
        return address

    def _campaign(self, landing: Campaign, link: _Link, given: Campaign) -> Referrer | None:
        """Take the page's campaign, with a search's words as keyword, or an ad; `given` overrides both."""
        name, keyword = landing.name, landing.keyword
        if name and not keyword:
            search = self._search_engines.detect(link.address)
            if search is not None and truthy(search.keyword):
                keyword = str(search.keyword)
        if not keyword:
            name, keyword = name or link.ad.name, link.ad.keyword
        if given.name:
            name, keyword = given.name, given.keyword or keyword
        if not name:
            return None
        return Referrer(
            type=int(ReferrerType.CAMPAIGN),
            name=lower(name)[:NAME_LENGTH],
            keyword=lower(keyword)[:KEYWORD_LENGTH] if keyword else None,
            url=link.referrer.url,
        )

    def _own_page(
        self, parts: ParsedUrl | None, site: Site, own_host: str | None, page_host: str | None
    ) -> _Kind | None:
        """Take a page of the site itself for no referrer."""
        if parts is None or not truthy(parts.host):
            return None
        owners = self._site_urls.sites_of(parts, own_host=own_host, idsite=site.idsite)
        if owners is not None:
            return _DIRECT if site.idsite in owners else None
        if site.exclude_unknown_urls or page_host is None:
            return None
        return _DIRECT if page_host == lower(str(parts.host)) else None

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


def _asks_to_ignore(page: ParsedUrl | None) -> bool:
    if page is None or not truthy(page.query):
        return False
    query = parse_query(str(page.query))
    return query.get("ignore_referrer") == "1" or query.get("ignore_referer") == "1"


def _with_scheme(address: str) -> str:
    return address if address.startswith("https://") else "https://" + address.removeprefix("http://")
