from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping
from dataclasses import replace
from hashlib import sha1
from random import Random
from typing import Any

import pytest

from qtd.engine.device import ClientHints, Device
from qtd.engine.exclusion import Exclusion
from qtd.engine.invalid import InvalidRequest
from qtd.engine.location_provider import NoLocations
from qtd.engine.outside import Outside
from qtd.engine.referrer_recognition import ReferrerLists
from qtd.engine.request import TrackingRequest
from qtd.engine.settings import TRACKER_DEFAULTS, Privacy, Settings
from qtd.engine.site import Site

SALT = "salt"
BROWSER = "Mozilla/5.0 Firefox/120.0"
PLAIN = Site(idsite=1, urls=("http://example.org",))
STRICT = Site(
    idsite=5,
    urls=("http://strict.example.net", "https://alias.strict.example.net/section"),
    exclude_unknown_urls=True,
    excluded_ips=("203.0.113.7", "198.51.100.*", "2001:db8:ffff::/48"),
    excluded_user_agents=("BadAgent", "/^Monitor\\/[0-9]+/", "never reached"),
)
SETTINGS = Settings(salt=SALT, sites={1: PLAIN, 5: STRICT})


class _Devices:
    """A detector that takes everything with "bot" in its name for one."""

    def detect(self, user_agent: str, client_hints: ClientHints | None = None) -> Device:
        return Device(is_bot="Bot<" in user_agent or client_hints is not None)


class _NoSalts:
    def salt(self, idsite: int, date: str) -> str:
        raise AssertionError((idsite, date))


def _exclusion(settings: Settings = SETTINGS) -> Exclusion:
    devices: Any = _Devices()
    return Exclusion(
        settings,
        Outside(
            devices=devices,
            referrer_lists=ReferrerLists(spammers=("spam.example",)),
            locate=NoLocations(),
            salts=_NoSalts(),
            random=Random(1),
        ),
    )


def _reason(
    params: Mapping[str, Any] | None = None,
    server: Mapping[str, Any] | None = None,
    *,
    cookies: Mapping[str, Any] | None = None,
    settings: Settings = SETTINGS,
) -> str | None:
    request = TrackingRequest(
        {"idsite": "1", "rec": "1", "url": "http://example.org/"} | dict(params or {}),
        server={"REMOTE_ADDR": "192.0.2.1", "HTTP_USER_AGENT": BROWSER} | dict(server or {}),
        cookies=cookies or {},
        token_auth="",
        entry_time=1794304800,
        settings=settings,
    )
    return _exclusion(settings).reason(request)


def _tracker(**values: str) -> Settings:
    return replace(SETTINGS, tracker={**TRACKER_DEFAULTS, **values})


def test_an_ordinary_request_is_recorded() -> None:
    """No rule applies to a page view of a browser."""
    assert _reason() is None


@pytest.mark.parametrize(
    ("address", "via", "expected"),
    [
        ("66.249.93.1", None, "bot"),
        ("66.249.93.1", "1.1 Chrome-Compression-Proxy", None),
        ("157.55.39.1", "1.1 Chrome-Compression-Proxy", "bot"),
        ("72.30.198.1", None, "bot"),
        ("66.249.66.1", None, None),
    ],
)
def test_crawlers_are_known_by_their_address(address: str, via: str | None, expected: str | None) -> None:
    """People behind Chrome's data saver come from Google's addresses too, and count."""
    assert _reason(server={"REMOTE_ADDR": address, "HTTP_VIA": via}) == expected
    assert _reason({"bots": "1"}, {"REMOTE_ADDR": address, "HTTP_VIA": via}) is None


def test_bots_are_known_by_their_agent() -> None:
    """The agent is asked for as it was sent; `bots=1` records them all the same."""
    assert _reason(server={"HTTP_USER_AGENT": "Bot</1"}) == "bot"
    assert _reason({"bots": "1"}, {"HTTP_USER_AGENT": "Bot</1"}) is None
    assert _reason({"ua": "Bot</1"}) == "bot"


@pytest.mark.parametrize("rec", ["0", "", "abc", None])
def test_a_request_asks_to_be_recorded(rec: str | None) -> None:
    """Without `rec=1` nothing is."""
    assert _reason({"rec": rec}) == "not_recorded"


@pytest.mark.parametrize(
    ("header", "value", "expected"),
    [
        ("HTTP_DNT", "1", "do_not_track"),
        ("HTTP_DNT", "1;tracking=no", "do_not_track"),
        ("HTTP_X_DO_NOT_TRACK", "1", "do_not_track"),
        ("HTTP_X_DO_NOT_TRACK", "1;", None),
        ("HTTP_DNT", "0", None),
        ("HTTP_DNT", "", None),
    ],
)
def test_do_not_track_is_respected_where_supported(header: str, value: str, expected: str | None) -> None:
    """The setting decides, whatever browser sends it and whatever else the request says."""
    supporting = replace(SETTINGS, privacy=Privacy(do_not_track_enabled=True))
    assert _reason(server={header: value}, settings=supporting) == expected
    assert _reason({"dp": "1"}, {header: value}, settings=supporting) == expected
    assert _reason(server={header: value}) is None


def test_the_installation_check_is_no_visit() -> None:
    """Matomo's own test of a page does not count as traffic."""
    assert _reason({"tracker_install_check": "abc"}) == "install_check"
    assert _reason({"tracker_install_check": ""}) is None


@pytest.mark.parametrize(
    ("setting", "expected"),
    [
        ("e_c==Media", "excluded_request"),
        ("e_c==media%20", None),
        ("e_c!=media", None),
        ("e_c=@EDI", "excluded_request"),
        ("e_c!@xyz", "excluded_request"),
        ("e_c=^med", "excluded_request"),
        ("e_c=$ia", "excluded_request"),
        ("missing==", "excluded_request"),
        ("x==y,action_name=^private", "excluded_request"),
        ("action_name=^private%20page", "excluded_request"),
        ("e_c", None),
        ("", None),
    ],
)
def test_requests_are_excluded_by_their_parameters(setting: str, expected: str | None) -> None:
    """The six operators, without regard to case; one condition that holds is enough."""
    params = {"e_c": "Media", "action_name": "Private Page"}
    assert _reason(params, settings=_tracker(exclude_requests=setting)) == expected


def test_a_site_has_its_own_excluded_requests() -> None:
    """[Tracker_<idsite>] goes before [Tracker]."""
    site = Site(idsite=1, urls=PLAIN.urls, tracker={"exclude_requests": "e_c==Media"})
    assert _reason({"e_c": "Media"}, settings=replace(SETTINGS, sites={1: site})) == "excluded_request"


def _signed(content: str, salt: str = SALT) -> str:
    return content + ":_=" + sha1((content + ":_=" + salt).encode(), usedforsecurity=False).hexdigest()


@pytest.mark.parametrize(
    ("cookie", "expected"),
    [
        ("ignore=" + b64encode(b"*").decode(), "ignore_cookie"),
        ("a=1:ignore=Kg", "ignore_cookie"),
        (_signed("ignore=" + b64encode(b's:1:"*";').decode()), "ignore_cookie"),
        (_signed("ignore=" + b64encode(b's:1:"*";').decode(), salt="wrong"), None),
        (_signed("ignore=Kg=="), None),
        ("ignore=" + b64encode(b's:1:"*";').decode(), None),
        ("ignore=*", None),
        ("ignore=1", None),
        ("*", None),
        ("", None),
        (["ignore=Kg=="], None),
    ],
)
def test_only_a_cookie_that_says_so_means_ignore(cookie: object, expected: str | None) -> None:
    """Old signed and new plain cookies count; one that merely exists, or is forged, does not."""
    assert _reason(cookies={"matomo_ignore": cookie}) == expected


def test_the_cookies_name_is_a_setting() -> None:
    """Another cookie of the default name means nothing then."""
    settings = _tracker(ignore_visits_cookie_name="mine")
    assert _reason(cookies={"mine": "ignore=Kg=="}, settings=settings) == "ignore_cookie"
    assert _reason(cookies={"matomo_ignore": "ignore=Kg=="}, settings=settings) is None


STRICT_PAGE = {"idsite": "5", "url": "http://strict.example.net/a"}


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("203.0.113.7", "excluded_ip"),
        ("198.51.100.200", "excluded_ip"),
        ("2001:db8:ffff::9", "excluded_ip"),
        ("203.0.113.8", None),
    ],
)
def test_addresses_are_excluded_by_site(address: str, expected: str | None) -> None:
    """Other sites do not know the list."""
    assert _reason(STRICT_PAGE, {"REMOTE_ADDR": address}) == expected
    assert _reason(server={"REMOTE_ADDR": address}) is None


@pytest.mark.parametrize(
    ("agent", "expected"),
    [
        ("Mozilla badagent/1", "excluded_user_agent"),
        ("Monitor/12", "excluded_user_agent"),
        ("xMonitor/12", None),
        ("never reached", None),
    ],
)
def test_agents_are_excluded_by_site(agent: str, expected: str | None) -> None:
    """Texts anywhere in the agent; the first regular expression has the last word."""
    assert _reason(STRICT_PAGE, {"HTTP_USER_AGENT": agent}) == expected


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://www.strict.example.net/b", None),
        ("https://alias.strict.example.net/section/x", None),
        ("https://alias.strict.example.net/sectionx", "unknown_url"),
        ("http://strict.example.net.evil/", "unknown_url"),
        ("", "unknown_url"),
        ("http://", "unknown_url"),
    ],
)
def test_a_strict_site_takes_its_own_pages_only(url: str, expected: str | None) -> None:
    """By host and folder; a request without a page is none of them."""
    assert _reason({"idsite": "5", "url": url}) == expected


def test_spam_is_excluded_where_the_filter_is_on() -> None:
    """A referrer with a spammer's domain keeps the request out."""
    params = {"urlref": "http://www.SPAM.example/x"}
    assert _reason(params) == "referrer_spam"
    assert _reason(params, settings=_tracker(enable_spam_filter="0")) is None


@pytest.mark.parametrize(
    ("header", "value", "expected"),
    [
        ("HTTP_X_PURPOSE", "preview", "prefetch"),
        ("HTTP_X_PURPOSE", "instant", "prefetch"),
        ("HTTP_X_PURPOSE", "Preview", None),
        ("HTTP_X_MOZ", "prefetch", "prefetch"),
        ("HTTP_PURPOSE", "prefetch", None),
        ("HTTP_SEC_PURPOSE", "prefetch", None),
    ],
)
def test_prefetching_is_known_by_old_headers(header: str, value: str, expected: str | None) -> None:
    """The headers of today's browsers are not among those that Matomo asks."""
    assert _reason(server={header: value}) == expected


def test_an_unknown_site_has_the_general_rules() -> None:
    """So that a bot's request for it is nobody's failure."""
    assert _reason({"idsite": "99"}) is None
    assert _reason({"idsite": "99"}, {"HTTP_USER_AGENT": "Bot</1"}) == "bot"


def test_an_address_that_may_not_be_given_is_an_error() -> None:
    """`cip` needs a token, also of a bot."""
    with pytest.raises(InvalidRequest) as error:
        _reason({"cip": "203.0.113.9"}, {"HTTP_USER_AGENT": "Bot</1"})
    assert error.value.reason == "cip_needs_token"
    assert "203.0.113.9" not in str(error.value)


def test_the_first_rule_gives_the_reason() -> None:
    """A request that several rules keep out is counted once, under the first."""
    params = {**STRICT_PAGE, "rec": "0", "urlref": "http://spam.example/"}
    assert _reason(params, {"HTTP_USER_AGENT": "Bot<badagent", "HTTP_X_MOZ": "prefetch"}) == "bot"
    assert _reason(params, {"HTTP_USER_AGENT": "badagent", "HTTP_X_MOZ": "prefetch"}) == "not_recorded"
