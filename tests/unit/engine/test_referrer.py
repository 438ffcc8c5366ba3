"""What the recordings do not hold; expected values were checked against Matomo 5.0.2's own rules."""

from __future__ import annotations

from typing import Any

import pytest

from qtd.engine.referrer import ReferrerDetection, ReferrerLists
from qtd.engine.settings import TRACKER_DEFAULTS, Privacy, Settings
from qtd.engine.site import Site

LISTS = ReferrerLists(
    search_engines={"find.example": {"name": "Find", "params": ["q"]}},
    social_networks={"face.example": "Face"},
)
SITE = Site(
    idsite=1,
    urls=("http://example.org",),
    excluded_referrers=("pay.example", "http://bank.example/Pay"),
    excluded_parameters=("secret",),
)
OTHER = Site(idsite=2, urls=("http://shared.example/two/",), keep_url_fragment=True)
PAGE = "http://example.org/a"


def detection(*, anonymize_referrer: str = "", **tracker: str) -> ReferrerDetection:
    """Make the rules for two sites and short lists, with these [Tracker] settings."""
    return ReferrerDetection(
        Settings(
            sites={1: SITE, 2: OTHER},
            tracker={**TRACKER_DEFAULTS, **tracker},
            privacy=Privacy(anonymize_referrer=anonymize_referrer),
        ),
        LISTS,
    )


def hit(urlref: str = "", url: str = PAGE, **raw: Any) -> dict[str, Any]:
    """Make the arguments for a request to site 1."""
    return {"url": url, "urlref": urlref, "raw": raw, "site": SITE}


def visit(kind: int, name: str | None = None, keyword: str | None = None) -> dict[str, Any]:
    """Make the columns of a visit that came so."""
    return {"referer_type": kind, "referer_name": name, "referer_keyword": keyword, "referer_url": ""}


@pytest.mark.parametrize(
    ("urlref", "url", "expected"),
    [
        ("", PAGE, (1, None, None, "")),
        ("nonsense", PAGE, (1, None, None, "")),
        ("http://x:99999/", PAGE, (1, None, None, None)),
        ("http://www.Partner.example/p?x=1&amp;secret=2#f", PAGE, (3, "www.partner.example", None,
            "http://www.partner.example/p?x=1")),
        ("http://find.example/?q=Some+Words", PAGE, (2, "Find", "some words", "http://find.example/?q=Some+Words")),
        ("http://find.example/", PAGE, (2, "Find", None, "http://find.example/")),
        ("http://www.face.example/x", PAGE, (7, "Face", "", "http://www.face.example/x")),
        ("http://www.example.org/b", PAGE, (1, None, None, "http://www.example.org/b")),
        ("http://www.alias.example/b", "http://alias.example/", (1, None, None, "http://www.alias.example/b")),
        ("http://shared.example/two/x", PAGE, (3, "shared.example/two", None, "http://shared.example/two/x")),
        ("http://shop.pay.example/", PAGE, (3, "shop.pay.example", None, "http://shop.pay.example/")),
        ("http://www.pay.example/", PAGE, (1, None, None, "")),
        ("http://bank.example/pay/1", PAGE, (1, None, None, "")),
        ("http://bank.example/other", PAGE, (3, "bank.example", None, "http://bank.example/other")),
        ("http://p.example/", PAGE + "?ignore_referrer=1", (1, "", "", "")),
        ("http://p.example/", PAGE + "?mtm_campaign=Sum%20mer", (6, "sum mer", "p.example", "http://p.example/")),
        ("http://find.example/?q=W", PAGE + "?mtm_campaign=S", (6, "s", "w", "http://find.example/?q=W")),
        ("", PAGE + "?mtm_campaign=S", (6, "s", "", "")),
        ("http://l.facebook.com/l.php?u=1&amp;h=2", PAGE, (3, "l.facebook.com", None, "http://l.facebook.com/l.php?u=1")),
    ],
)  # fmt: skip
def test_tells_how_a_visit_began(
    urlref: str, url: str, expected: tuple[int, str | None, str | None, str | None]
) -> None:
    """Campaign, own page, search engine, social network and website are asked in this order."""
    assert tuple(detection().for_new_visit(**hit(urlref, url)).values()) == expected


def test_keeps_to_the_columns_lengths() -> None:
    """Names and keywords are cut to 255 characters, addresses to 1500."""
    detect = detection(page_maximum_length="5000")
    row = detect.for_new_visit(
        **hit("http://p.example/" + "r" * 2000, PAGE + f"?mtm_campaign={'ü' * 300}&mtm_kwd={'k' * 300}")
    )
    assert (row["referer_name"], row["referer_keyword"]) == ("ü" * 255, "k" * 255)
    assert len(str(row["referer_url"])) == 1500


def test_a_campaign_of_the_request_wins() -> None:
    """A campaign that came as a parameter of the request overrides the page's name, and its keyword if it has one."""
    row = detection().for_new_visit(**hit(url=PAGE + "?mtm_campaign=page&mtm_kwd=k", utm_source="Request"))
    assert row == visit(6, "request", "k")


def test_anonymises_new_visits() -> None:
    """What may not be kept of the referrer is not in the row, but the kind was recognised from all of it."""
    found = detection(anonymize_referrer="exclude_path").for_new_visit(**hit("http://find.example/x?q=w"))
    assert tuple(found.values()) == (2, "Find", "", "http://find.example/")


@pytest.mark.parametrize(
    ("row", "request_hit", "forced"),
    [
        (visit(6, "s", "k"), hit(url=PAGE + "?mtm_campaign=S&mtm_kwd=K"), False),
        (visit(6, "s", "k"), hit(url=PAGE + "?mtm_campaign=S"), False),
        (visit(6, "s", "k"), hit(url=PAGE + "?mtm_campaign=S&mtm_kwd=other"), True),
        (visit(6, "t", "k"), hit(url=PAGE + "?mtm_campaign=S"), True),
        (visit(6, "010", "k"), hit(url=PAGE + "?mtm_campaign=10"), False),
        (visit(3, "p.example"), hit(url=PAGE + "?mtm_campaign=S"), True),
        (visit(1), hit(url=PAGE + "?mtm_campaign=S"), False),
        (visit(3, "p.example"), hit("http://q.example/"), False),
    ],
)
def test_a_new_campaign_begins_a_new_visit(
    row: dict[str, Any],
    request_hit: dict[str, Any],
    forced: bool,  # noqa: FBT001 - a table
) -> None:
    """Another campaign splits the visit, unless that was direct; the same one without keyword does not."""
    assert detection().forces_new_visit(**request_hit, row=row) is forced
    off = detection(create_new_visit_when_campaign_changes="0")
    assert off.forces_new_visit(**request_hit, row=row) is False


def test_a_new_website_begins_a_new_visit_where_asked_for() -> None:
    """With the setting for websites another website splits the visit, a direct one too, and a site may differ."""
    on = detection(create_new_visit_when_website_referrer_changes="1")
    assert on.forces_new_visit(**hit("http://q.example/"), row=visit(1))
    assert on.forces_new_visit(**hit("http://q.example/"), row=visit(3, "p.example"))
    assert not on.forces_new_visit(**hit("http://q.example/"), row=visit(3, "q.example"))
    assert not on.forces_new_visit(**hit("http://find.example/?q=a"), row=visit(3, "p.example"))
    own = Site(idsite=1, urls=SITE.urls, tracker={"create_new_visit_when_website_referrer_changes": "0"})
    assert not on.forces_new_visit(**{**hit("http://q.example/"), "site": own}, row=visit(1))


def test_a_direct_visit_takes_the_first_referrer() -> None:
    """Only direct visits change; what the search engine hides leaves the keyword alone."""
    detect = detection()
    assert detect.for_existing_visit(**hit("http://q.example/"), row=visit(3, "p.example")) == {}
    assert detect.for_existing_visit(**hit("http://example.org/"), row=visit(1)) == {}
    assert detect.for_existing_visit(**hit("http://q.example/x"), row=visit(1)) == {
        "referer_type": 3,
        "referer_name": "q.example",
        "referer_keyword": None,
        "referer_url": "http://q.example/x",
    }
    changes = detect.for_existing_visit(**hit("http://find.example/"), row=visit(1))
    assert changes == {"referer_type": 2, "referer_name": "Find", "referer_url": "http://find.example/"}
    broken = hit("http://x:99999/", PAGE + "?mtm_campaign=S")
    assert "referer_url" not in detect.for_existing_visit(**broken, row=visit(1))


def test_anonymises_changes_but_not_for_credit() -> None:
    """The stored change is anonymised; a conversion of the same request is credited before that."""
    detect = detection(anonymize_referrer="exclude_all")
    changes = detect.for_existing_visit(**hit("http://q.example/x"), row=visit(1))
    assert changes == {"referer_type": 3, "referer_name": "", "referer_keyword": None, "referer_url": ""}
    plain = detect.for_existing_visit(**hit("http://q.example/x"), row=visit(1), anonymize=False)
    assert plain["referer_name"] == "q.example"


@pytest.mark.parametrize(
    ("ref", "name", "keyword", "row", "expected"),
    [
        ("", "", "", visit(3, "p.example"), (3, "p.example", None)),
        ("http://q.example/", "", "", visit(3, "p.example"), (3, "q.example", None)),
        ("http://find.example/?q=W", "", "", visit(1), (2, "Find", "w")),
        ("http://face.example/", "", "", visit(1), (7, "Face", "")),
        ("http://example.org/", "", "", visit(3, "p.example"), (3, "p.example", None)),
        ("nonsense", "", "", visit(3, "p.example"), (3, "p.example", None)),
        ("http://q.example/", "", "", visit(6, "s", "k"), (6, "s", "k")),
        ("http://q.example/", "", "", visit(6, "", ""), (3, "q.example", None)),
        ("http://q.example/", "Sum%20Mer+", "K%C3%84", visit(6, "s", "k"), (6, "sum mer", "kä")),
        ("", "0", "", visit(1), (1, None, None)),
        ("", "C", "", visit(3, "p.example"), (6, "c", "")),
        (
            "https://googleads.example/?url=http%3A%2F%2Fa.b%2F",
            "",
            "",
            visit(3, "p.example"),
            (3, "p.example", None),
        ),
    ],
)
def test_credits_conversions(
    ref: str, name: str, keyword: str, row: dict[str, Any], expected: tuple[int, str | None, str | None]
) -> None:
    """The cookie's campaign, the visit's campaign, the cookie's referrer and the visit's referrer, in this order."""
    credit = detection().for_conversion(
        ref=ref, campaign_name=name, campaign_keyword=keyword, url=PAGE, raw={}, site=SITE, row=row
    )
    assert tuple(credit.values()) == expected
