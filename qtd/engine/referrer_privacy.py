"""Anonymised referrers: how much of a referrer is kept (the PrivacyManager plugin's `anonymizeReferrer`)."""

from __future__ import annotations

from qtd.engine.parse_url import parse_url
from qtd.engine.php import truthy
from qtd.engine.referrer_type import ReferrerType

EXCLUDE_QUERY = "exclude_query"
EXCLUDE_PATH = "exclude_path"
EXCLUDE_ALL = "exclude_all"


def anonymous_url(url: str | None, level: str) -> str | None:
    """The address as far as it may be kept: without query, only its host, or nothing; null stays null."""
    if url is None:
        return None
    if level == EXCLUDE_QUERY:
        return url.lstrip("?").partition("?")[0]
    if level == EXCLUDE_PATH:
        parts = parse_url(url)
        if parts is None or not truthy(parts.host) or not truthy(parts.path):
            return url
        scheme = f"{parts.scheme}://" if truthy(parts.scheme) else "//" if url.startswith("//") else ""
        return f"{scheme}{parts.host}/"
    return "" if level == EXCLUDE_ALL else url


def anonymous_name(name: str | None, kind: int, level: str) -> str | None:
    """The name; only a website's is lost, and only where nothing of the referrer may be kept."""
    if level == EXCLUDE_ALL and kind not in (
        ReferrerType.CAMPAIGN,
        ReferrerType.SOCIAL_NETWORK,
        ReferrerType.SEARCH_ENGINE,
    ):
        return ""
    return name


def anonymous_keyword(keyword: str | None, kind: int, level: str) -> str | None:
    """The keyword; a campaign's is kept, as it comes from the page, not from the referrer."""
    if level in (EXCLUDE_QUERY, EXCLUDE_PATH, EXCLUDE_ALL) and kind != ReferrerType.CAMPAIGN:
        return ""
    return keyword
