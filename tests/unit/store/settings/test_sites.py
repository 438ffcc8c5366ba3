from __future__ import annotations

from typing import Any

from qtd.engine.settings import Privacy
from qtd.store.settings.options import privacy_of
from qtd.store.settings.sites import site_of

ROW: dict[str, Any] = {
    "idsite": 2,
    "main_url": "https://shop.example",
    "urls": ["http://alias.example"],
    "timezone": "Europe/Berlin",
    "currency": "EUR",
    "ecommerce": 1,
    "sitesearch": 1,
    "sitesearch_keyword_parameters": "",
    "sitesearch_category_parameters": "",
    "exclude_unknown_urls": 0,
    "excluded_ips": "203.0.113.7",
    "excluded_parameters": "sid,,sid",
    "excluded_user_agents": "",
    "excluded_referrers": "",
    "keep_url_fragment": 0,
    "ts_created": "2020-01-01 00:00:00",
    "type": "website",
}


def test_exclusions_of_site_and_installation_add_up() -> None:
    """Both lists count; empty and repeated parts do not."""
    options = {"SitesManager_ExcludedIpsGlobal": "10.0.0.*", "SitesManager_ExcludedQueryParameters": "x"}
    site = site_of(ROW, options)
    assert site.excluded_ips == ("203.0.113.7", "10.0.0.*")
    assert site.excluded_parameters == ("sid", "x")
    assert site.urls == ("https://shop.example", "http://alias.example")


def test_search_parameters_fall_back_to_global_then_standard() -> None:
    """The site's own come first, then the installation's, then Matomo's."""
    assert site_of(ROW, {}).sitesearch_keyword_parameters[:2] == ("q", "query")
    options = {"SitesManager_SearchKeywordParameters": "find"}
    assert site_of(ROW, options).sitesearch_keyword_parameters == ("find",)
    own = {**ROW, "sitesearch_keyword_parameters": "mine,yours"}
    assert site_of(own, options).sitesearch_keyword_parameters == ("mine", "yours")
    assert site_of(ROW, {}).sitesearch_category_parameters == ()


def test_fragments_are_kept_as_the_site_says_or_the_installation() -> None:
    """0 leaves it to the global setting, 1 keeps, 2 drops."""
    everywhere = {"SitesManager_KeepURLFragmentsGlobal": "1"}
    assert not site_of(ROW, {}).keep_url_fragment
    assert site_of(ROW, everywhere).keep_url_fragment
    assert site_of({**ROW, "keep_url_fragment": 1}, {}).keep_url_fragment
    assert not site_of({**ROW, "keep_url_fragment": 2}, everywhere).keep_url_fragment


def test_columns_that_an_older_matomo_lacks() -> None:
    """Missing columns are as if they said nothing."""
    row = {
        key: value
        for key, value in ROW.items()
        if key not in ("excluded_referrers", "keep_url_fragment", "type")
    }
    site = site_of(row, {})
    assert (site.excluded_referrers, site.keep_url_fragment, site.type) == ((), False, "website")


def test_privacy_has_the_plugins_defaults_and_types() -> None:
    """Options are text; "0" is no."""
    assert privacy_of({}) == Privacy()
    privacy = privacy_of(
        {
            "PrivacyManager.ipAnonymizerEnabled": "0",
            "PrivacyManager.ipAddressMaskLength": "3",
            "PrivacyManager.doNotTrackEnabled": "1",
            "PrivacyManager.anonymizeReferrer": "exclude_path",
        }
    )
    assert not privacy.ip_anonymizer_enabled
    assert privacy.ip_address_mask_length == 3
    assert privacy.do_not_track_enabled
    assert privacy.anonymize_referrer == "exclude_path"
