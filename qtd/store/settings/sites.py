"""Sites from Matomo's tables `site` and `site_url`, with what they inherit from the global settings.

The global settings are rows of the option table, named `SitesManager_…`. Lists of exclusions add up; the lists of
search parameters and the decision on URL fragments hold where a site leaves its own open.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from qtd.engine.php import truthy
from qtd.engine.site import CustomDimension, Goal, Site
from qtd.store.settings.read import Row, flag, listed, read_rows

#: Matomo's, where neither the site nor the global settings say any.
_KEYWORD_PARAMETERS = "q,query,s,search,searchword,k,keyword,keywords"

#: `keep_url_fragment` of a site.
_AS_GLOBAL, _KEEP = 0, 1


def read_sites(
    connection: Connection,
    prefix: str,
    options: Mapping[str, str],
    *,
    goals: Mapping[int, tuple[Goal, ...]],
    dimensions: Mapping[int, tuple[CustomDimension, ...]],
    tracker: Mapping[int, Mapping[str, str]],
) -> dict[int, Site]:
    """All sites; `options` are the global settings, `tracker` the [Tracker_<idsite>] sections by idsite."""
    urls: defaultdict[int, list[str]] = defaultdict(list)
    for row in read_rows(connection, f"{prefix}site_url", "1 = 1 ORDER BY idsite, url"):
        urls[int(row["idsite"])].append(row["url"])
    sites = {}
    for row in read_rows(connection, f"{prefix}site"):
        idsite = int(row["idsite"])
        sites[idsite] = site_of(
            {**row, "urls": urls[idsite]},
            options,
            goals=goals.get(idsite, ()),
            dimensions=dimensions.get(idsite, ()),
            tracker=tracker.get(idsite, {}),
        )
    return sites


def site_of(
    row: Row,
    options: Mapping[str, str],
    *,
    goals: tuple[Goal, ...] = (),
    dimensions: tuple[CustomDimension, ...] = (),
    tracker: Mapping[str, str] | None = None,
) -> Site:
    """A site from its row, with `urls` as the list of its aliases."""

    def everywhere(name: str) -> str:
        return options.get(f"SitesManager_{name}") or ""

    def own_and_global(column: str, name: str) -> tuple[str, ...]:
        return listed(f"{row.get(column) or ''},{everywhere(name)}")

    keywords = (
        row["sitesearch_keyword_parameters"] or everywhere("SearchKeywordParameters") or _KEYWORD_PARAMETERS
    )
    categories = row["sitesearch_category_parameters"] or everywhere("SearchCategoryParameters")
    keep = int(row.get("keep_url_fragment") or _AS_GLOBAL)
    return Site(
        idsite=int(row["idsite"]),
        urls=(row["main_url"], *row["urls"]),
        timezone=row["timezone"] or "UTC",
        currency=row["currency"],
        ecommerce=flag(row["ecommerce"]),
        sitesearch=flag(row["sitesearch"]),
        sitesearch_keyword_parameters=tuple(keywords.split(",")),
        sitesearch_category_parameters=tuple(categories.split(",")) if categories else (),
        exclude_unknown_urls=flag(row.get("exclude_unknown_urls")),
        excluded_ips=own_and_global("excluded_ips", "ExcludedIpsGlobal"),
        excluded_parameters=own_and_global("excluded_parameters", "ExcludedQueryParameters"),
        # The global ones first: the first regular expression among them has the last word.
        excluded_user_agents=listed(
            f"{everywhere('ExcludedUserAgentsGlobal')},{row.get('excluded_user_agents') or ''}"
        ),
        excluded_referrers=own_and_global("excluded_referrers", "ExcludedReferrersGlobal"),
        keep_url_fragment=truthy(everywhere("KeepURLFragmentsGlobal"))
        if keep == _AS_GLOBAL
        else keep == _KEEP,
        ts_created=_moment(row.get("ts_created")),
        type=row.get("type") or "website",
        goals=goals,
        dimensions=dimensions,
        tracker=dict(tracker or {}),
    )


def _moment(value: Any) -> str | None:
    return value.strftime("%Y-%m-%d %H:%M:%S") if isinstance(value, datetime) else value
