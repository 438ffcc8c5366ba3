from __future__ import annotations

import pytest

from qtd.engine.campaign import NO_CAMPAIGN, Campaign, CampaignParameters, of_ad
from qtd.engine.parse_url import parse_url
from qtd.engine.settings import TRACKER_DEFAULTS, Settings

PARAMETERS = CampaignParameters(Settings())


@pytest.mark.parametrize(
    ("url", "name", "keyword"),
    [
        ("http://a/?pk_campaign=Spring&pk_kwd=Boots", "Spring", "Boots"),
        ("http://a/?utm_medium=m&utm_source=s", "s", ""),
        ("http://a/?pk_campaign=&utm_campaign=second", "second", ""),
        ("http://a/?mtm_campaign=0&utm_medium=m", "m", ""),
        ("http://a/?mtm_campaign=a%2Bb+c%20", "a+b c", ""),
        ("http://a/?mtm_campaign[]=list&utm_medium[]=x", "", ""),
        ("http://a/?PK_CAMPAIGN=x", "", ""),
        ("http://a/#mtm_campaign=hash&mtm_kwd=k", "hash", "k"),
        ("http://a/?mtm_campaign=query#mtm_campaign=hash", "hash", ""),
        ("http://a/?mtm_campaign=query&mtm_kwd=k#mtm_campaign=hash", "query", "k"),
        ("http://a/?mtm_campaign=query#mtm_kwd=k", "query", ""),
        ("http://a/?mtm_kwd=k", "", ""),
        ("http://a:99999/", "", ""),
    ],
)
def test_reads_the_landing_page(url: str, name: str, keyword: str) -> None:
    """The first parameter with a text names the campaign; a fragment wins over a query without keyword."""
    assert PARAMETERS.of_landing_page(parse_url(url)) == Campaign(name=name, keyword=keyword)


def test_parameters_can_be_renamed() -> None:
    """An installation may have names of its own, which replace the usual ones."""
    tracker = {**TRACKER_DEFAULTS, "campaign_var_name": "promo", "campaign_keyword_var_name": "word, w2"}
    parameters = CampaignParameters(Settings(tracker=tracker))
    page = parse_url("http://a/?promo=P&w2=W&mtm_campaign=M")
    assert parameters.of_landing_page(page) == Campaign(name="P", keyword="W")


def test_reads_the_request_itself() -> None:
    """Campaign parameters of the tracking request count as sent; lists and a keyword alone do not."""
    assert PARAMETERS.of_request({"utm_source": " S+ ", "utm_term": 5}) == Campaign(name=" S+ ", keyword="5")
    assert PARAMETERS.of_request({"utm_source": True}) == Campaign(name="1")
    for raw in ({"utm_source": ["S"]}, {"utm_source": "0"}, {"utm_term": "T"}, {}):
        assert PARAMETERS.of_request(raw) == NO_CAMPAIGN


@pytest.mark.parametrize(
    ("referrer", "name", "keyword"),
    [
        (
            "https://googleads.g.doubleclick.net/x?url=http%3A%2F%2Fad.example%2Fp&ad_type=text",
            "AdWords (text)",
            "(adwords) ad.example",
        ),
        (
            "https://googleads.g.doubleclick.net/x?url=http%3A%2F%2Fad.example",
            "AdWords",
            "(adwords) ad.example",
        ),
        ("https://googleads.g.doubleclick.net/x?url=nothing", "", ""),
        ("https://googleads.g.doubleclick.net/x", "", ""),
        ("https://other.example/x?url=http%3A%2F%2Fad.example", "", ""),
    ],
)
def test_recognises_googles_ads(referrer: str, name: str, keyword: str) -> None:
    """An ad's referrer says which page showed it, and that is the keyword."""
    assert of_ad(parse_url(referrer)) == Campaign(name=name, keyword=keyword)
