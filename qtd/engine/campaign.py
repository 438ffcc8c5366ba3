"""Campaigns: the name and keyword that a landing page's address, or the request itself, carries.

Source: `[Tracker]` campaign_var_name and campaign_keyword_var_name; Matomo's guide to campaign tracking.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from qtd.engine.parse_url import ParsedUrl, parse_url
from qtd.engine.php import Param, trim, truthy
from qtd.engine.query_string import QueryParameters, parse_query
from qtd.engine.settings import Settings
from qtd.engine.utf8 import decode_url

#: Hosts of Google's ads; their referrers carry the page on which the ad was shown.
_AD_HOSTS = ("googleads", "doubleclick")


@dataclass(frozen=True, kw_only=True, slots=True)
class Campaign:
    """What is known of a campaign; empty is unknown. Neither lower-cased nor cut yet."""

    name: str = ""
    keyword: str = ""


NO_CAMPAIGN = Campaign()


class CampaignParameters:
    """The names of the parameters that carry a campaign's name and keyword, in order of preference."""

    def __init__(self, settings: Settings) -> None:
        self.names = _list(settings.tracker_value("campaign_var_name"))
        self.keywords = _list(settings.tracker_value("campaign_keyword_var_name"))
        self._name_set = frozenset(self.names)

    def of_landing_page(self, page: ParsedUrl | None) -> Campaign:
        """The campaign in the page's query; where that has no keyword, the one in its fragment wins."""
        if page is None:
            return NO_CAMPAIGN
        campaign = NO_CAMPAIGN
        if page.query is not None:
            campaign = self._of_query(parse_query(page.query))
        if page.fragment is not None and not campaign.keyword:
            in_fragment = self._of_query(parse_query(page.fragment))
            if in_fragment.name:
                campaign = in_fragment
        return campaign

    def of_request(self, raw: Mapping[str, Param]) -> Campaign:
        """The campaign given as parameters of the tracking request itself, as they were sent."""
        if self._name_set.isdisjoint(raw):
            return NO_CAMPAIGN
        name = _first(raw, self.names)
        return Campaign(name=name, keyword=_first(raw, self.keywords)) if name else NO_CAMPAIGN

    def _of_query(self, parameters: QueryParameters) -> Campaign:
        name = _first_decoded(parameters, self.names)
        if not name:
            return NO_CAMPAIGN
        return Campaign(name=name, keyword=_first_decoded(parameters, self.keywords))


def of_ad(referrer: ParsedUrl | None) -> Campaign:
    """The campaign that a referrer of Google's ads stands for: its keyword is the page that showed the ad."""
    if referrer is None or not truthy(referrer.query) or not truthy(referrer.host):
        return NO_CAMPAIGN
    host = str(referrer.host)
    if not any(ad_host in host for ad_host in _AD_HOSTS):
        return NO_CAMPAIGN
    parameters = parse_query(str(referrer.query))
    page = _decoded(parameters, "url")
    parts = parse_url(page) if truthy(page) else None
    if parts is None or not truthy(parts.host):
        return NO_CAMPAIGN
    kind = _decoded(parameters, "ad_type")
    return Campaign(
        name=f"AdWords ({kind})" if truthy(kind) else "AdWords", keyword=f"(adwords) {parts.host}"
    )


def _list(names: str) -> tuple[str, ...]:
    return tuple(trim(name) for name in names.split(","))


def _decoded(parameters: QueryParameters, name: str) -> str:
    value = parameters.get(name)
    return trim(decode_url(value)) if isinstance(value, str) else ""


def _first_decoded(parameters: QueryParameters, names: tuple[str, ...]) -> str:
    """The first value that is a text and not empty."""
    for name in names:
        value = parameters.get(name)
        if isinstance(value, str):
            decoded = trim(decode_url(value))
            if truthy(decoded):
                return decoded
    return ""


def _first(raw: Mapping[str, Param], names: tuple[str, ...]) -> str:
    for name in names:
        value = raw.get(name)
        if truthy(value):
            # A truth value that is true is the text 1 in PHP.
            return "" if isinstance(value, list | dict) else "1" if value is True else str(value)
    return ""
