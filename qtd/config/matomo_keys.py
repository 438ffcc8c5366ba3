"""The keys of Matomo's [Tracker] and [General] that recording looks at; any other would change nothing."""

TRACKER_KEYS = frozenset(
    {
        "bulk_requests_require_authentication",
        "bulk_requests_use_transaction",
        "campaign_keyword_var_name",
        "campaign_var_name",
        "cookie_domain",
        "cookie_expire",
        "cookie_name",
        "cookie_path",
        "create_new_visit_after_midnight",
        "create_new_visit_after_x_actions",
        "create_new_visit_when_campaign_changes",
        "create_new_visit_when_website_referrer_changes",
        "default_time_one_page_visit",
        "enable_default_location_provider",
        "enable_fingerprinting_across_websites",
        "enable_language_to_country_guess",
        "enable_spam_filter",
        "enable_userid_overwrites_visitorid",
        "exclude_requests",
        "ignore_visits_cookie_name",
        "page_maximum_length",
        "record_statistics",
        "tracker_cache_file_ttl",
        "tracking_requests_require_authentication",
        "tracking_requests_require_authentication_when_custom_timestamp_newer_than",
        "trust_visitors_cookies",
        "url_query_parameter_to_exclude_from_url",
        "use_third_party_id_cookie",
        "visit_standard_length",
        "window_look_back_for_visitor",
    }
)

GENERAL_KEYS = frozenset(
    {
        "action_category_delimiter",
        "action_title_category_delimiter",
        "action_url_category_delimiter",
        "enable_referrer_definition_syncs",
        "enable_trusted_host_check",
        "proxy_client_headers",
        "proxy_ip_read_last_in_list",
        "proxy_ips",
    }
)
