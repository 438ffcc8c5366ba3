"""Requests, actions and visits for the engine's tests, made from as little as a test has to say."""

from __future__ import annotations

from typing import Any

from qtd.engine.action import Action, ActionType
from qtd.engine.page_url import PageUrls, split_prefix
from qtd.engine.request import TrackingRequest
from qtd.engine.settings import Settings
from qtd.engine.site import Site
from qtd.engine.visit import Visit

NOW = 1_794_304_800


def request(site: Site | None = None, *, at: int = NOW, **params: Any) -> TrackingRequest:
    """A request with these parameters to the site (default: site 1, with nothing set)."""
    site = site or Site(idsite=1, urls=("http://example.org",))
    return TrackingRequest(
        {"idsite": str(site.idsite), "rec": "1", **params},
        server={},
        cookies={},
        token_auth="",
        entry_time=at,
        settings=Settings(sites={site.idsite: site}),
    )


def urls(site: Site) -> PageUrls:
    """The rules for page addresses of a world with one site."""
    return PageUrls(Settings(sites={site.idsite: site}))


def page_view(url: str = "http://example.org/a", title: str = "") -> Action:
    """A page view, with the address it refers to."""
    action = Action(type=ActionType.PAGE_URL, url=url, raw_url=url, title=title)
    action.refer("idaction_url", ActionType.PAGE_URL, *split_prefix(url))
    return action


def visit(idvisit: int | None = None, **columns: Any) -> Visit:
    """A visit's row with what conversions read of it."""
    row: dict[str, Any] = {
        "idsite": 1,
        "idvisitor": b"visitor1",
        "visit_first_action_time": NOW,
        "visit_last_action_time": NOW,
        "visit_goal_buyer": 0,
        "visit_total_interactions": 0,
        "visit_total_searches": 0,
        "visitor_returning": 0,
        "visitor_count_visits": 1,
        "visitor_seconds_since_first": 0,
        "visitor_seconds_since_order": None,
        "location_country": "xx",
        "last_idlink_va": None,
    }
    return Visit(row | columns, idvisit)
