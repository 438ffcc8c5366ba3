from __future__ import annotations

import pytest

from qtd.engine.parse_url import parse_url
from qtd.engine.site_urls import SiteUrls

URLS = SiteUrls(
    {
        1: ("http://example.org", "https://www.shop.example/Two", "no url"),
        2: ("http://shop.example/two/deep/", "http://.wild.example"),
        3: ("http://example.org/",),
    }
)


@pytest.mark.parametrize(
    ("url", "sites"),
    [
        ("https://www.EXAMPLE.org:8080/x", {1, 3}),
        ("http://shop.example/two", {1}),
        ("http://shop.example/TWO/deep/x", {2}),
        ("http://shop.example/twofold", None),
        ("http://wild.example/", {2}),
        ("http://a.b.wild.example/", {2}),
        ("http://sub.example.org/", None),
        ("/path", None),
    ],
)
def test_knows_whose_page_it_is(url: str, sites: set[int] | None) -> None:
    """The deepest folder of the host decides; a host with a leading dot stands for its subdomains too."""
    assert URLS.sites_of(parse_url(url)) == sites


def test_takes_a_requests_own_host_for_its_sites() -> None:
    """All pages of the request's host are the site's, unless another site has their folder."""
    page = parse_url("http://shop.example/elsewhere")
    assert URLS.sites_of(page, own_host="shop.example", idsite=9) == frozenset({9})
    page = parse_url("http://shop.example/two/")
    assert URLS.sites_of(page, own_host="shop.example", idsite=9) == frozenset({1})
    page = parse_url("http://example.org/")
    assert URLS.sites_of(page, own_host="example.org", idsite=9) == frozenset({1, 3, 9})


def test_finds_the_folder_of_a_shared_host() -> None:
    """The folder is that of exactly this host, empty where none is known."""
    for url, folder in (("http://www.shop.example/two/x", "/two/"), ("http://a.wild.example/", "")):
        parts = parse_url(url)
        assert parts is not None
        assert URLS.path_of(parts) == folder


def test_nothing_is_known_of_a_broken_url() -> None:
    """A URL that PHP can not parse belongs to nobody."""
    assert URLS.sites_of(None) is None
