"""A tracker over batches in memory: what it plans, with devices and salts that tests can foretell."""

from __future__ import annotations

from collections.abc import Mapping
from random import Random
from typing import Any

import orjson

from qtd.engine.device import Device
from qtd.engine.hit import Hit
from qtd.engine.location_provider import NoLocations
from qtd.engine.lookup import Known
from qtd.engine.outside import Outside
from qtd.engine.plan import Plan
from qtd.engine.referrer_recognition import ReferrerLists
from qtd.engine.settings import TRACKER_DEFAULTS, Settings
from qtd.engine.site import Site
from qtd.engine.tracker import Tracker
from qtd.wire.request_set import RequestSet, decode
from tests.tracking import NOW

SITE = Site(idsite=1, urls=("http://example.org",))


class Devices:
    """Takes agents that are called Bot for bots, and all others for an unknown device."""

    def detect(self, user_agent: str, _hints: object = None) -> Device:
        """The device of an agent."""
        return Device(is_bot=user_agent == "Bot")


class Salts:
    """The salt of a site and day tells both."""

    def salt(self, idsite: int, date: str) -> str:
        """A text that differs by site and day."""
        return f"salt of {idsite} on {date}"


def outside() -> Outside:
    """Lists that are empty, and chance that always falls the same."""
    return Outside(
        devices=Devices(),  # type: ignore[arg-type]
        referrer_lists=ReferrerLists(),
        locate=NoLocations(),
        salts=Salts(),
        random=Random(1),
    )


def settings(*sites: Site, tracker: Mapping[str, str] | None = None, **more: Any) -> Settings:
    """Settings with these sites (default: site 1) and [Tracker] values."""
    return Settings(
        sites={site.idsite: site for site in sites or (SITE,)},
        tracker={**TRACKER_DEFAULTS, **(tracker or {})},
        **more,
    )


def request_set(
    *requests: Mapping[str, Any], at: int = NOW, server: Mapping[str, str] | None = None, token: str = ""
) -> RequestSet:
    """A set of requests, each a page view of site 1 as far as it does not say otherwise."""
    given = [
        {"idsite": "1", "rec": "1", "url": "http://example.org/a", "_id": "a" * 16, **one} for one in requests
    ]
    client = {"REMOTE_ADDR": "198.51.100.7", "HTTP_USER_AGENT": "Agent", **(server or {})}
    return decode(
        orjson.dumps(
            {
                "requests": given,
                "env": {"server": client, "cookie": []},
                "tokenAuth": token or False,
                "time": at,
            }
        )
    )


class Batch:
    """Plans a batch from request sets."""

    def __init__(self, with_settings: Settings | None = None, known: Known | None = None) -> None:
        self.tracker = Tracker(with_settings or settings(), outside())
        self.known = known or Known()

    def read(self, *sets: RequestSet) -> list[Hit]:
        """The hits of the sets."""
        return self.tracker.read(sets)

    def plan(self, *sets: RequestSet, now: float = NOW) -> Plan:
        """The plan for the sets."""
        return self.tracker.plan(self.read(*sets), self.known, now=now)


def plan_of(*requests: Mapping[str, Any], at: int = NOW, **tracker: str) -> Plan:
    """The plan for requests that come one by one, all at the same time, with these [Tracker] values."""
    return Batch(settings(tracker=tracker)).plan(*(request_set(one, at=at) for one in requests))


def outcomes(plan: Plan) -> dict[str, int]:
    """How the requests of a plan ended."""
    return {name: count for (*_, name), count in plan.outcomes.items()}
