"""What is known of a referrer: its kind, name, keyword and address."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum


class ReferrerType(IntEnum):
    """How a visitor came to the site, as numbered in the columns `referer_type`."""

    DIRECT = 1
    SEARCH_ENGINE = 2
    WEBSITE = 3
    CAMPAIGN = 6
    SOCIAL_NETWORK = 7


@dataclass(frozen=True, kw_only=True, slots=True)
class Referrer:
    """How a visitor came: the columns `referer_*`."""

    type: int
    #: a campaign's, search engine's, social network's or website's; at most 255 characters, null if direct
    name: str | None
    #: lower case, at most 255 characters; null where there is none or where the search engine hides it
    keyword: str | None
    #: at most 1500 characters; null where the address can not be read
    url: str | None


#: Nobody led the visitor here.
DIRECT = Referrer(type=int(ReferrerType.DIRECT), name=None, keyword=None, url="")

#: The page asks for its referrer to be ignored (`ignore_referrer=1` in its address).
IGNORED = Referrer(type=int(ReferrerType.DIRECT), name="", keyword="", url="")
