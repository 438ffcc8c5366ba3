from __future__ import annotations

from typing import Any

from qtd.store.settings.sites import site_of

ROW: dict[str, Any] = {
    "idsite": 1,
    "main_url": "http://example.org",
    "urls": [],
    "timezone": "UTC",
    "currency": "USD",
    "ecommerce": 0,
    "sitesearch": 1,
    "sitesearch_keyword_parameters": "",
    "sitesearch_category_parameters": "",
    "excluded_user_agents": "/^Monitor/,BadAgent",
}


def test_the_global_agents_come_before_the_sites() -> None:
    """A regular expression ends the search, so the order of the lists decides who is excluded."""
    site = site_of(ROW, {"SitesManager_ExcludedUserAgentsGlobal": "corporate"})
    assert site.excluded_user_agents == ("corporate", "/^Monitor/", "BadAgent")
