"""Which requests are not recorded: bots, visitors who asked for it, what the administrator excludes, and spam.

Source: Matomo's tracking API and its settings for excluded addresses, agents, URLs and requests, Do Not
Track and the opt-out cookie. The rules are asked in Matomo's order; the first that applies gives the
reason.
"""

from __future__ import annotations

from dataclasses import dataclass

from qtd.engine.bot_addresses import is_bot_address
from qtd.engine.excluded_requests import ExcludedRequests, excluded_requests
from qtd.engine.header_exclusion import asks_not_to_be_tracked, is_opted_out, is_prefetch
from qtd.engine.ip_address import AddressRanges, address_ranges
from qtd.engine.outside import Outside
from qtd.engine.parse_url import parse_url
from qtd.engine.php import ascii_lower, truthy, unsanitize
from qtd.engine.preg import compile_pattern
from qtd.engine.referrer_spam import ReferrerSpam
from qtd.engine.request import TrackingRequest
from qtd.engine.settings import Settings
from qtd.engine.site import Site
from qtd.engine.site_urls import SiteUrls

#: A page that asks Matomo's installation check to look for it carries this parameter.
_INSTALL_CHECK = "tracker_install_check"


@dataclass(frozen=True, kw_only=True, slots=True)
class _SiteRules:
    """What the administrator excludes on one site."""

    requests: ExcludedRequests
    addresses: AddressRanges
    agents: tuple[str, ...] = ()
    #: null where pages of foreign hosts are welcome
    urls: SiteUrls | None = None
    idsite: int = 0


class Exclusion:
    """The rules under one version of the settings."""

    def __init__(self, settings: Settings, outside: Outside) -> None:
        self._settings = settings
        self._devices = outside.devices
        self._is_spam = None
        if settings.tracker_flag("enable_spam_filter"):
            self._is_spam = ReferrerSpam(outside.referrer_lists.spammers).is_spam
        self._no_site = self._rules(None)
        self._sites: dict[int, _SiteRules] = {}

    def reason(self, request: TrackingRequest) -> str | None:
        """The name of the rule that keeps the request out, or None where it is to be recorded.

        `bot`, `not_recorded` (no `rec=1`), `install_check`, `do_not_track`, `excluded_request`,
        `ignore_cookie`, `excluded_ip`, `excluded_user_agent`, `referrer_spam`, `unknown_url` or `prefetch`.
        Raises `InvalidRequest` where the address may not be read (`cip` without a token).
        """
        rules = self._rules_of(request.site_or_none)
        return (
            self._by_client(request)
            or self._by_wish(request)
            or self._by_request(request, rules)
            or self._by_visitor(request, rules)
            or self._by_page(request, rules)
        )

    def _by_client(self, request: TrackingRequest) -> str | None:
        """Bots, unless they are welcome (`bots=1`), and requests that do not ask to be recorded."""
        ip, params = request.ip, request.params
        if not params.integer("bots"):
            device = self._devices.detect(unsanitize(request.user_agent), request.client_hints)
            if device.is_bot or is_bot_address(ip, request.server):
                return "bot"
        return None if params.integer("rec") else "not_recorded"

    def _by_wish(self, request: TrackingRequest) -> str | None:
        """What plug-ins of Matomo object to: its installation check, and visitors that ask not to be tracked."""
        if truthy(request.params.raw.get(_INSTALL_CHECK)):
            return "install_check"
        return "do_not_track" if asks_not_to_be_tracked(request.server, self._settings) else None

    def _by_request(self, request: TrackingRequest, rules: _SiteRules) -> str | None:
        if rules.requests and rules.requests.match(request.params):
            return "excluded_request"
        return "ignore_cookie" if is_opted_out(request) else None

    def _by_visitor(self, request: TrackingRequest, rules: _SiteRules) -> str | None:
        if rules.addresses and request.ip in rules.addresses:
            return "excluded_ip"
        if rules.agents and _is_excluded_agent(unsanitize(request.user_agent), rules.agents):
            return "excluded_user_agent"
        return None

    def _by_page(self, request: TrackingRequest, rules: _SiteRules) -> str | None:
        if self._is_spam is not None and request.urlref and self._is_spam(request.urlref):
            return "referrer_spam"
        if rules.urls is not None:
            sites = rules.urls.sites_of(parse_url(request.url))
            if sites is None or rules.idsite not in sites:
                return "unknown_url"
        return "prefetch" if is_prefetch(request.server) else None

    def _rules_of(self, site: Site | None) -> _SiteRules:
        if site is None:
            return self._no_site
        rules = self._sites.get(site.idsite)
        if rules is None:
            rules = self._sites[site.idsite] = self._rules(site)
        return rules

    def _rules(self, site: Site | None) -> _SiteRules:
        requests = excluded_requests(self._settings.tracker_value("exclude_requests", site))
        if site is None:
            return _SiteRules(requests=requests, addresses=address_ranges(()))
        return _SiteRules(
            requests=requests,
            addresses=address_ranges(site.excluded_ips),
            agents=site.excluded_user_agents,
            urls=SiteUrls({site.idsite: site.urls}) if site.exclude_unknown_urls and site.urls else None,
            idsite=site.idsite,
        )


def _is_excluded_agent(user_agent: str, excluded: tuple[str, ...]) -> bool:
    """Whether the agent contains one of the texts, or matches the first regular expression among them."""
    lowered = ascii_lower(user_agent)
    for text in excluded:
        if ascii_lower(text) in lowered:
            return True
        pattern = compile_pattern(text)
        if pattern is not None:  # Matomo looks no further than the first one
            return pattern.search(user_agent) is not None
    return False
