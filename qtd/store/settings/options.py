"""Rows of the `option` table that tracking reads, and the privacy settings among them."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import Connection

from qtd.engine.php import to_int, truthy
from qtd.engine.settings import Privacy
from qtd.store.lists import SEARCH_ENGINES_OPTION, SOCIAL_NETWORKS_OPTION, SPAMMERS_OPTION
from qtd.store.settings.read import read_rows

#: The table also holds salts, caches and whole lists; these are the names that tracking wants (SQL patterns
#: with | as escape character).
_PATTERNS = (
    "PrivacyManager.%",
    "SitesManager|_%",
    "delete|_logs|_%",
    "usercountry.location|_provider",
    "useridsalt",
)


def read_options(connection: Connection, prefix: str) -> dict[str, str]:
    """Name to value."""
    where = " OR ".join(f"option_name LIKE '{pattern}' ESCAPE '|'" for pattern in _PATTERNS)
    return {
        row["option_name"]: row["option_value"] for row in read_rows(connection, f"{prefix}option", where)
    }


def read_list_options(connection: Connection, prefix: str) -> dict[str, str]:
    """The rows that hold whole lists, as `qtd.store.lists` takes them; large, and wanted only at start."""
    names = ", ".join(
        f"'{name}'" for name in (SEARCH_ENGINES_OPTION, SOCIAL_NETWORKS_OPTION, SPAMMERS_OPTION)
    )
    rows = read_rows(connection, f"{prefix}option", f"option_name IN ({names})")
    return {row["option_name"]: row["option_value"] for row in rows}


def privacy_of(options: Mapping[str, str]) -> Privacy:
    """The PrivacyManager plugin's settings; what is not set has the plugin's default."""
    standard = Privacy()

    def switch(name: str, *, default: bool) -> bool:
        value = options.get(f"PrivacyManager.{name}")
        return default if value is None else truthy(value)

    mask = options.get("PrivacyManager.ipAddressMaskLength")
    return Privacy(
        use_anonymized_ip_for_visit_enrichment=switch(
            "useAnonymizedIpForVisitEnrichment", default=standard.use_anonymized_ip_for_visit_enrichment
        ),
        ip_address_mask_length=standard.ip_address_mask_length if mask is None else to_int(mask),
        do_not_track_enabled=switch("doNotTrackEnabled", default=standard.do_not_track_enabled),
        ip_anonymizer_enabled=switch("ipAnonymizerEnabled", default=standard.ip_anonymizer_enabled),
        force_cookieless_tracking=switch(
            "forceCookielessTracking", default=standard.force_cookieless_tracking
        ),
        anonymize_user_id=switch("anonymizeUserId", default=standard.anonymize_user_id),
        anonymize_order_id=switch("anonymizeOrderId", default=standard.anonymize_order_id),
        anonymize_referrer=options.get("PrivacyManager.anonymizeReferrer", standard.anonymize_referrer),
    )
