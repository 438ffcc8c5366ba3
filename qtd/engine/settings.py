"""Matomo's settings as the engine needs them: [Tracker], [General], privacy, tokens and sites."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from qtd.engine.site import Site

#: Defaults of Matomo 5's [Tracker] section (global.ini.php); what an installation sets replaces them.
TRACKER_DEFAULTS: Mapping[str, str] = {
    "enable_userid_overwrites_visitorid": "1",
    "enable_fingerprinting_across_websites": "0",
    "use_third_party_id_cookie": "0",
    "trust_visitors_cookies": "0",
    "cookie_name": "_pk_uid",
    "cookie_expire": "33955200",
    "cookie_path": "",
    "cookie_domain": "",
    "record_statistics": "1",
    "visit_standard_length": "1800",
    "window_look_back_for_visitor": "0",
    "default_time_one_page_visit": "0",
    "url_query_parameter_to_exclude_from_url": (
        "gclid,fbclid,msclkid,twclid,wbraid,gbraid,yclid,fb_xd_fragment,fb_comment_id,phpsessid,jsessionid,"
        "sessionid,aspsessionid,doing_wp_cron,sid,pk_vid"
    ),
    "enable_default_location_provider": "1",
    "enable_language_to_country_guess": "1",
    "ignore_visits_cookie_name": "matomo_ignore",
    "campaign_var_name": (
        "pk_cpn,pk_campaign,piwik_campaign,mtm_campaign,matomo_campaign,utm_campaign,utm_source,utm_medium"
    ),
    "campaign_keyword_var_name": "pk_kwd,pk_keyword,piwik_kwd,mtm_kwd,mtm_keyword,matomo_kwd,utm_term",
    "create_new_visit_when_campaign_changes": "1",
    "create_new_visit_when_website_referrer_changes": "0",
    "create_new_visit_after_midnight": "1",
    "create_new_visit_after_x_actions": "10000",
    "page_maximum_length": "1024",
    "tracker_cache_file_ttl": "300",
    "bulk_requests_require_authentication": "0",
    "bulk_requests_use_transaction": "1",
    "tracking_requests_require_authentication": "1",
    "tracking_requests_require_authentication_when_custom_timestamp_newer_than": "86400",
    "enable_spam_filter": "1",
    "exclude_requests": "",
}

#: Defaults of the [General] keys that tracking reads; lists are given as tuples.
GENERAL_DEFAULTS: Mapping[str, str | tuple[str, ...]] = {
    "proxy_client_headers": (),
    "proxy_ips": (),
    "proxy_ip_read_last_in_list": "1",
    "action_category_delimiter": "",
    "action_url_category_delimiter": "/",
    "action_title_category_delimiter": "",
    "enable_trusted_host_check": "1",
    "enable_referrer_definition_syncs": "1",
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Privacy:
    """The PrivacyManager plugin's settings (rows `PrivacyManager.<name>` of the option table)."""

    use_anonymized_ip_for_visit_enrichment: bool = False
    #: bytes of an IPv4 address that are zeroed (0 to 4); IPv6 follows Matomo's table
    ip_address_mask_length: int = 2
    do_not_track_enabled: bool = False
    ip_anonymizer_enabled: bool = True
    force_cookieless_tracking: bool = False
    anonymize_user_id: bool = False
    anonymize_order_id: bool = False
    #: empty, `exclude_query`, `exclude_path` or `exclude_all`
    anonymize_referrer: str = ""


@dataclass(frozen=True, kw_only=True)
class Settings:
    """One consistent view of Matomo's settings, as old as `tracker_cache_file_ttl` allows."""

    #: [General] salt; part of every device fingerprint and token hash
    salt: str = ""
    sites: Mapping[int, Site] = field(default_factory=dict)
    tracker: Mapping[str, str] = field(default_factory=lambda: TRACKER_DEFAULTS)
    general: Mapping[str, str | tuple[str, ...]] = field(default_factory=lambda: GENERAL_DEFAULTS)
    privacy: Privacy = field(default_factory=Privacy)
    #: whether characters beyond U+FFFF are kept; else each becomes U+FFFD, as Matomo does for an old connection
    four_byte_text: bool = True
    #: rows of the option table that tracking reads, by name
    options: Mapping[str, str] = field(default_factory=dict)
    #: hashed tokens of super users
    super_user_tokens: frozenset[str] = frozenset()
    #: site -> hashed tokens of users with at least write access
    site_tokens: Mapping[int, frozenset[str]] = field(default_factory=dict)

    def tracker_value(self, name: str, site: Site | None = None) -> str:
        """A [Tracker] value, the site's own where it has one; an unknown name is the empty string."""
        if site is not None and site.tracker and name in site.tracker:
            return site.tracker[name]
        return self.tracker.get(name, "")

    def tracker_flag(self, name: str, site: Site | None = None) -> bool:
        """A [Tracker] value as PHP's truth: everything but the empty string and "0"."""
        return self.tracker_value(name, site) not in ("", "0")
