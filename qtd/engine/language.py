"""What the browser's preferred languages say: the visitor's language, and a guess at his country.

Source: RFC 9110 (Accept-Language) and RFC 5646 (language tags), read as leniently as Matomo does.
"""

from __future__ import annotations

import re
from functools import lru_cache

from qtd.engine.iso_codes import COUNTRIES, COUNTRY_OF_LANGUAGE, LANGUAGES
from qtd.engine.php import ascii_lower, sanitize, truthy

#: The language or country of a visitor who does not tell.
UNKNOWN = "xx"

#: What stands in for a missing header. Matomo's replay then reads its own LANG, which is C.UTF-8 on the
#: servers it runs on; cleaned like a header that is "c". It is part of the visitor's fingerprint.
_NO_LANGUAGE = "c"

# In this order: escaped characters, white space, comments, qualities, and a locale's character set.
_NOISE = tuple(
    re.compile(pattern, re.ASCII) for pattern in (r"\\.", r"\s+", r"\([^)]*\)", r";q=[0-9.]+", r"\.[^\n]*")
)
_CHROME = re.compile(r"(?:^|,)chrome:.*")  # an old Firefox names its skin here
_SECURID = re.compile(r"(,)en-securid,|(?:^|,)en-securid(?:,|$)")

_TAG = re.compile(r"(?:^|,)([a-z]{2,3})(?:-[a-z]{4})?(-[a-z]{2})?")
_FIRST_WITHOUT_REGION = re.compile(r"([a-z]{2,3})(?:[,;]|$)")
_REGION = re.compile(r"-([a-z]{2})")


@lru_cache(maxsize=4096)
def browser_language(accept_language: str) -> str:
    """The Accept-Language header in lower case without white space, comments and qualities: `en-us,en`."""
    language = sanitize(accept_language)
    if not truthy(language):
        return _NO_LANGUAGE
    language = ascii_lower(language.replace("_", "-"))
    for noise in _NOISE:
        language = noise.sub("", language)
    language = _CHROME.sub("", language, count=1)
    language = _SECURID.sub(lambda found: found[1] or "", language, count=1)
    return language.replace("sr-sp", "sr-rs")  # Serbia and Montenegro never got the code they asked for


@lru_cache(maxsize=4096)
def visitor_language(browser_language: str) -> str:
    """The column `location_browser_lang`: the first known language with region, or `xx`.

    The region is not checked. A text that is empty (which only the parameter `lang=0` can bring about)
    stays empty.
    """
    if not truthy(browser_language):
        return ""
    for tag in _TAG.finditer(browser_language):
        language, region = tag.groups("")
        if language in LANGUAGES:
            return language + region
    return UNKNOWN


@lru_cache(maxsize=4096)
def country_of_language(browser_language: str, guess: bool) -> str:  # noqa: FBT001 - the setting's value
    """The country, two lower-case letters: the first region that is a country; `xx` where unknown.

    With `guess` ([Tracker] enable_language_to_country_guess) a first language without a region means the
    country where it is at home.
    """
    if len(browser_language) < 2 or browser_language == UNKNOWN:
        return UNKNOWN
    if guess:
        first = _FIRST_WITHOUT_REGION.match(browser_language)
        if first and first[1] in COUNTRY_OF_LANGUAGE:
            return COUNTRY_OF_LANGUAGE[first[1]]
    return next((region for region in _REGION.findall(browser_language) if region in COUNTRIES), UNKNOWN)
