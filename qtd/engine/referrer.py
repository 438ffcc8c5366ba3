"""Referrers: how a visitor came to the site, and what his conversions are credited with.

Source: Matomo's Referrers plugin; tracking parameters `urlref`, `_ref`, `_rcn`, `_rck`; `[Tracker]`
create_new_visit_when_campaign_changes and create_new_visit_when_website_referrer_changes.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from qtd.engine.page_url import PageUrls
from qtd.engine.parse_url import parse_url
from qtd.engine.php import Param, is_numeric, to_float, trim, truthy
from qtd.engine.referrer_privacy import anonymous_keyword, anonymous_name, anonymous_url
from qtd.engine.referrer_recognition import KEYWORD_LENGTH, NAME_LENGTH, ReferrerLists, ReferrerRecognition
from qtd.engine.referrer_type import Referrer, ReferrerType
from qtd.engine.settings import Settings
from qtd.engine.site import Site
from qtd.engine.utf8 import decode_url, lower

__all__ = ["ReferrerDetection", "ReferrerLists"]

#: Columns of a row.
Columns = dict[str, int | str | None]

#: What a visitor's attribution cookie may name beside a campaign.
_CREDITED = frozenset({ReferrerType.SEARCH_ENGINE, ReferrerType.WEBSITE, ReferrerType.SOCIAL_NETWORK})


class ReferrerDetection:
    """The columns `referer_*` of visits and conversions, for one set of settings and lists.

    In all methods `url` and `urlref` are the sanitized parameters (`url` falls back to the Referer header),
    `raw` holds all parameters as they were sent, `row` the visit's columns as they are before the request.
    """

    def __init__(self, settings: Settings, lists: ReferrerLists, urls: PageUrls | None = None) -> None:
        self._settings = settings
        self._recognition = ReferrerRecognition(settings, lists, urls or PageUrls(settings))
        self._level = settings.privacy.anonymize_referrer

    def detect(
        self,
        *,
        url: str,
        urlref: str,
        raw: Mapping[str, Param],
        site: Site,
        row: Mapping[str, Any] | None = None,
    ) -> Referrer:
        """Return how the visitor came by this request, before anything is anonymised.

        `row` is null for a new visit. A campaign without a keyword keeps the one of a visit of the same
        campaign, and has the referrer's host as its keyword otherwise.
        """
        campaign = self._recognition.campaigns.of_request(raw)
        found = self._recognition.recognise(url, urlref, site.idsite, campaign)
        if found.type != ReferrerType.CAMPAIGN or found.keyword is not None:
            return found
        if (
            row is not None
            and row["referer_type"] == ReferrerType.CAMPAIGN
            and _equal(row["referer_name"], found.name)
        ):
            keyword = row["referer_keyword"] or ""
        else:
            parts = parse_url(self._recognition.address(urlref, site.idsite))
            keyword = "" if parts is None else parts.host or ""
        return Referrer(
            type=found.type, name=found.name, keyword=lower(keyword)[:KEYWORD_LENGTH], url=found.url
        )

    def for_new_visit(self, *, url: str, urlref: str, raw: Mapping[str, Param], site: Site) -> Columns:
        """Return the columns of a visit that begins with this request."""
        found = self.detect(url=url, urlref=urlref, raw=raw, site=site)
        return {
            "referer_type": found.type,
            "referer_name": anonymous_name(found.name, found.type, self._level),
            "referer_keyword": anonymous_keyword(found.keyword, found.type, self._level),
            "referer_url": anonymous_url(found.url, self._level),
        }

    def forces_new_visit(
        self, *, url: str, urlref: str, raw: Mapping[str, Param], site: Site, row: Mapping[str, Any]
    ) -> bool:
        """Whether a visit that would go on ends here, as another campaign or website leads to the site."""
        by_campaign = self._is_on("create_new_visit_when_campaign_changes", site)
        by_website = self._is_on("create_new_visit_when_website_referrer_changes", site)
        if not by_campaign and not by_website:
            return False
        found = self.detect(url=url, urlref=urlref, raw=raw, site=site, row=row)
        if found.type == ReferrerType.CAMPAIGN:
            return by_campaign and row["referer_type"] != ReferrerType.DIRECT and _differs(found, row)
        return found.type == ReferrerType.WEBSITE and by_website and _differs(found, row)

    def for_existing_visit(
        self,
        *,
        url: str,
        urlref: str,
        raw: Mapping[str, Param],
        site: Site,
        row: Mapping[str, Any],
        anonymize: bool = True,
    ) -> Columns:
        """Return the columns that change: a direct visit takes the first referrer that it is given.

        Matomo credits a conversion of the same request with the values before they are anonymised: for these
        ask again with `anonymize=False`.
        """
        if row["referer_type"] != ReferrerType.DIRECT:
            return {}
        found = self.detect(url=url, urlref=urlref, raw=raw, site=site, row=row)
        if found.type == ReferrerType.DIRECT:
            return {}
        level = self._level if anonymize else ""
        changes: Columns = {
            "referer_type": found.type,
            "referer_name": anonymous_name(found.name, found.type, level),
        }
        if found.keyword is not None:
            changes["referer_keyword"] = anonymous_keyword(found.keyword, found.type, level)
        elif found.type != ReferrerType.SEARCH_ENGINE:
            changes["referer_keyword"] = None
        if found.url is not None:
            changes["referer_url"] = anonymous_url(found.url, level)
        return changes

    def for_conversion(
        self,
        *,
        ref: str,
        campaign_name: str,
        campaign_keyword: str,
        url: str,
        raw: Mapping[str, Param],
        site: Site,
        row: Mapping[str, Any],
    ) -> Columns:
        """Return what a conversion is credited with: the attribution cookie's referrer, else the visit's.

        `ref`, `campaign_name` and `campaign_keyword` are the sanitized parameters `_ref`, `_rcn` and `_rck`.
        A visit from a campaign keeps the credit unless the cookie names another campaign. `row` is the
        visit's with what this request changed.
        """
        kind, name, keyword = row["referer_type"], row["referer_name"], row["referer_keyword"]
        given_name = trim(decode_url(campaign_name)) if campaign_name else ""
        if truthy(given_name):
            kind = int(ReferrerType.CAMPAIGN)
            name = lower(given_name)[:NAME_LENGTH]
            keyword = lower(trim(decode_url(campaign_keyword)))[:KEYWORD_LENGTH]
        elif truthy(ref) and not (kind == ReferrerType.CAMPAIGN and truthy(name)):
            campaign = self._recognition.campaigns.of_request(raw)
            found = self._recognition.recognise(url, ref, site.idsite, campaign, from_cookie=True)
            if found.type in _CREDITED:
                kind, name, keyword = found.type, found.name, found.keyword
        return {"referer_type": kind, "referer_name": name, "referer_keyword": keyword}

    def _is_on(self, name: str, site: Site) -> bool:
        value = self._settings.tracker_value(name, site)
        return is_numeric(value) and to_float(value) == 1


def _differs(found: Referrer, row: Mapping[str, Any]) -> bool:
    return row["referer_type"] != found.type or not (
        _equal(row["referer_keyword"], found.keyword) and _equal(row["referer_name"], found.name)
    )


def _equal(text: str | None, other: str | None) -> bool:
    """PHP's == in any case: numeric texts are compared as numbers, null is the empty text."""
    text, other = lower(text or ""), lower(other or "")
    return text == other or (is_numeric(text) and is_numeric(other) and to_float(text) == to_float(other))
