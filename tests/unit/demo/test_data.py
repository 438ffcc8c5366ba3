from __future__ import annotations

from random import Random
from urllib.parse import urlsplit

from qtd.demo.device import load_bots, load_devices, load_languages
from qtd.demo.referral import Referral, load_referrals
from qtd.demo.site import load_sites


def test_sites_are_invented_and_complete() -> None:
    """Sites have reserved host names, pages, searches, downloads, outlinks, events and a goal."""
    sites = load_sites()
    assert [site.idsite for site in sites] == [1, 2, 3]
    for site in sites:
        assert (urlsplit(site.address).hostname or "").endswith(".example")
        assert all(page.url.startswith(site.address) for page in site.pages.items)
        assert site.searches.items
        assert site.downloads
        assert site.outlinks
        assert site.events
        assert site.goals
    assert any(site.products for site in sites)


def test_devices_differ_and_hints_are_header_lines() -> None:
    """A few dozen different devices, some with client hints, each hint a header line."""
    devices = load_devices().items
    assert len({(device.agent, device.hints) for device in devices}) == len(devices) > 30
    assert sum(bool(device.hints) for device in devices) >= 8
    assert all(line.startswith("Sec-CH-UA") for device in devices for line in device.hints)
    assert len(load_bots()) >= 5
    assert len(load_languages().items) >= 10


def test_search_words_and_campaigns_are_filled_in() -> None:
    """Words go quoted into the referrer, and as a campaign's keyword on the landing page's address."""
    search = Referral(address="https://search.example/?q={words}")
    assert search.referrer(Random(1), "größe 46") == "https://search.example/?q=gr%C3%B6%C3%9Fe+46"
    campaign = Referral(parameters={"mtm_campaign": "sale", "mtm_kwd": "{words}"})
    landing = campaign.landing("https://shop.example/?a=1", "two words")
    assert landing == "https://shop.example/?a=1&mtm_campaign=sale&mtm_kwd=two+words"
    assert search.landing("https://shop.example/", "x") == "https://shop.example/"


def test_all_kinds_of_ways_are_there() -> None:
    """Visitors come directly, with and without search words, from other sites, and by campaigns."""
    ways = load_referrals().items
    assert any(not way.address and not way.parameters for way in ways)
    assert any("{words}" in way.address for way in ways)
    assert any("{path}" in way.address for way in ways)
    assert any(way.parameters for way in ways)
    assert all("{" not in way.referrer(Random(1), "w") for way in ways)
