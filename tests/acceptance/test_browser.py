"""Matomo's own JavaScript tracker in a real browser: what visitors do arrives as rows, exactly once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.conftest import Tracking
from tests.acceptance.tracked import Tracked
from tests.acceptance.website.server import Website, running_website

#: As Matomo keeps it.
TITLE = "Start &amp; shop: ünïcode"

pytestmark = [pytest.mark.timeout(180), pytest.mark.filterwarnings("ignore::DeprecationWarning")]


@pytest.fixture
def website(tracked: Tracked, javascript_tracker: Path) -> Iterator[Website]:
    """Give a site that tracks to qtd."""
    with running_website(tracked.url, javascript_tracker) as site:
        yield site


@pytest.fixture
def page(browser: Any) -> Iterator[Any]:
    """Give a tab of a visitor who was never here."""
    context = browser.new_context(locale="fr-CH", viewport={"width": 1234, "height": 777})
    yield context.new_page()
    context.close()


def test_clicks_and_forms(tracked: Tracked, website: Website, page: Any) -> None:
    """Pages, a download, a link out, an event, content, a search and a goal are one visit, in their order."""
    host = website.url.removeprefix("http://")
    page.route("http://elsewhere.test/**", lambda route: route.fulfill(body="elsewhere"))
    website.before.append("_paq.push(['trackVisibleContentImpressions']);")
    steps: list[Callable[[], object]] = [
        lambda: page.goto(website.url + "/"),
        lambda: None,  # the banner is seen: a second request of the same page
        lambda: page.click("#event"),
        lambda: page.click("#goal"),
        lambda: page.click("#banner"),
        lambda: page.click("#download", modifiers=["Alt"]),
        lambda: page.fill("#words", "réd shoes") or page.click("#search"),
        lambda: None,
        lambda: page.click("#outside"),
    ]
    for number, step in enumerate(steps, 1):
        step()
        tracked.until_taken(number)
    here = f"http://{host}/"
    banner = {"url": here, "type": 13, "content": "Banner"}
    assert tracked.actions() == [
        {"url": f"{host}/", "type": 1, "title": TITLE},
        banner,
        {
            "url": f"{host}/",
            "type": 10,
            "title": "Trailer",
            "category": "Videos",
            "action": "play",
            "value": 2.5,
        },
        banner | {"interaction": "click"},
        {"url": f"{here}report.pdf", "type": 3},
        {"title": "réd shoes"},
        banner | {"url": f"{here}search?q=réd+shoes"},
        {"url": "http://elsewhere.test/there?x=1#y", "type": 2},
    ]
    [conversion] = tracked.rows("SELECT idgoal, revenue, url FROM log_conversion")
    assert conversion == {"idgoal": 1, "revenue": 12.5, "url": here}
    [visit] = tracked.visits()
    assert (visit["visit_total_actions"], visit["visit_total_searches"], visit["visit_total_events"]) == (
        5,
        1,
        1,
    )
    assert (visit["config_resolution"], visit["location_browser_lang"]) == ("1234x777", "fr-ch")
    assert (visit["config_browser_name"], visit["config_os"], visit["referer_type"]) == ("HC", "LIN", 1)
    assert tracked.end() == len(steps)


def test_leaving_and_staying(tracked: Tracked, website: Website, page: Any) -> None:
    """What is sent by sendBeacon arrives, so does a heartbeat's ping, which is no action."""
    website.before.append("_paq.push(['alwaysUseSendBeacon']); _paq.push(['enableHeartBeatTimer', 5]);")
    page.clock.install()
    page.goto(website.url + "/one")
    tracked.until_taken(1)
    page.clock.fast_forward("01:00")
    page.evaluate("window.dispatchEvent(new Event('blur'))")
    tracked.until_taken(2)
    # Two requests in the moment in which the page is left.
    page.evaluate("_paq.push(['trackEvent', 'page', 'left']); location.href = '/two'")
    tracked.until_taken(4)
    assert sorted(action["url"].partition("/")[2] for action in tracked.actions()) == ["one", "one", "two"]
    assert tracked.end() == 4
    [visit] = tracked.visits()
    assert visit["visit_total_actions"] == 3


def test_queued_requests(tracked: Tracked, website: Website, page: Any) -> None:
    """What `queueRequest` gathers comes as one bulk request, in its order; long ones come by POST."""
    page.clock.install()
    page.goto(website.url + "/")
    tracked.until_taken(1)
    page.evaluate(
        "for (const n of [1, 2, 3]) _paq.push(['queueRequest', `action_name=queued ${n}&url=${location.href}${n}`])"
    )
    page.clock.fast_forward("00:10")
    tracked.until_taken(4)
    page.evaluate("_paq.push(['trackEvent', 'long', 'x'.repeat(3000)])")
    tracked.until_taken(5)
    titles = [action.get("title") for action in tracked.actions()]
    assert titles == [TITLE, "queued 1", "queued 2", "queued 3", None]
    assert tracked.end() == 5


def test_a_shop(tracked: Tracked, website: Website, page: Any) -> None:
    """A product's page, a cart and an order with what was bought."""
    page.goto(website.url + "/")
    tracked.until_taken(1)
    page.evaluate(
        "_paq.push(['setEcommerceView', 'S1', 'Shoe', ['Shoes', 'Red'], 49.5]); _paq.push(['trackPageView', 'Shoe'])"
    )
    tracked.until_taken(2)
    page.evaluate(
        "_paq.push(['addEcommerceItem', 'S1', 'Shoe', ['Shoes', 'Red'], 49.5, 2]);"
        "_paq.push(['addEcommerceItem', 'H1', 'Hat', 'Hats', 10, 1]);"
        "_paq.push(['trackEcommerceCartUpdate', 109])"
    )
    tracked.until_taken(3)
    conversions = "SELECT idgoal, idorder, items, revenue FROM log_conversion"
    assert tracked.rows(conversions) == [{"idgoal": -1, "items": 3, "revenue": 109}]
    page.evaluate(
        "_paq.push(['removeEcommerceItem', 'H1']); _paq.push(['trackEcommerceOrder', 'A-17', 105, 99, 20, 6, false])"
    )
    tracked.until_taken(4)
    assert tracked.rows(conversions) == [{"idgoal": 0, "idorder": "A-17", "items": 2, "revenue": 105}]
    items = tracked.rows(
        "SELECT name, idorder, price, quantity FROM log_conversion_item JOIN log_action ON idaction = idaction_sku "
        "WHERE deleted = 0 AND idorder != '0' ORDER BY name"
    )
    assert items == [{"name": "S1", "idorder": "A-17", "price": 49.5, "quantity": 2}]
    [product] = tracked.rows(
        "SELECT product_price FROM log_link_visit_action WHERE product_price IS NOT NULL"
    )
    assert product == {"product_price": 49.5}
    assert tracked.end() == 4


def test_third_party_cookie_and_opt_out(tracker: Tracking, javascript_tracker: Path, browser: Any) -> None:
    """Without first-party cookies the tracker's own cookie tells who it is; who opted out leaves no trace."""
    context = browser.new_context()
    page = context.new_page()
    with (
        tracker(matomo={"tracker": {"use_third_party_id_cookie": 1}}) as tracked,
        running_website(tracked.url, javascript_tracker) as website,
    ):
        website.before.append("_paq.push(['disableCookies']);")
        page.goto(website.url + "/one")
        tracked.until_taken(1)
        [cookie] = context.cookies(tracked.url)
        assert cookie["name"] == "_pk_uid"
        page.goto(website.url + "/two")
        page.evaluate("_paq.push(['appendToTrackingUrl', 'new_visit=1']); _paq.push(['trackPageView'])")
        tracked.until_taken(3)
        visitors = [visit["idvisitor"] for visit in tracked.visits()]
        assert len(visitors) == 2
        assert len(set(visitors)) == 1
        context.add_cookies([{"name": "matomo_ignore", "value": "ignore%3DKg%3D%3D", "url": tracked.url}])
        page.goto(website.url + "/three")
        tracked.until_taken(4)
        pages = [action["url"].partition("/")[2] for action in tracked.actions()]
        assert pages == ["one", "two", "two"]
        assert tracked.end() == 4
    context.close()
