"""Generated page views: as many visitors and user agents as a measurement asks for, several visits at a time."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from random import Random

from qtd.demo.choice import Choice
from qtd.demo.device import Device, load_devices, load_languages
from qtd.demo.site import Page, Site, load_sites
from qtd.demo.visitor import headers, some_address

#: Visits that go on at the same time, so that one visitor's requests do not follow each other directly.
_AT_A_TIME = 200

_VERSION = re.compile(r"(Chrome|Version|Firefox|CriOS|FxiOS|SamsungBrowser|rv)([/:]\d+)[\d.]*")


@dataclass(frozen=True, kw_only=True, slots=True)
class PageView:
    """One tracking request."""

    params: dict[str, str]
    #: the browser's header lines, each ended by CRLF
    headers: str


@dataclass(kw_only=True, slots=True)
class _Visit:
    site: Site
    visitor_id: str
    headers: str
    screen: str
    hits: int
    url: str


def page_views(
    count: int, *, hits_per_visit: int, agents: int | None = None, seed: int = 1
) -> Iterator[PageView]:
    """`count` page views of new visitors with `hits_per_visit` each; another `seed` has others.

    `agents`: that many different user agents, of which another seed has none; null: a few dozen common ones.
    """
    random = Random(seed)
    visits = _visits(random, hits_per_visit, agents, seed)
    running = [next(visits) for _ in range(min(_AT_A_TIME, max(count // hits_per_visit, 1)))]
    for _ in range(count):
        place = random.randrange(len(running))
        visit = running[place]
        yield _page_view(random, visit)
        visit.hits -= 1
        if not visit.hits:
            running[place] = next(visits)


def different_agents(devices: Sequence[Device], count: int, *, first: int = 0) -> list[Device]:
    """Devices with `count` user agents that are all different, by their versions; those from `first` on."""
    return [_with_version(devices[number % len(devices)], number) for number in range(first, first + count)]


def _visits(random: Random, hits: int, agents: int | None, seed: int) -> Iterator[_Visit]:
    sites = load_sites()
    chosen = Choice(sites, [site.share for site in sites])
    languages, devices = load_languages(), load_devices()
    if agents is not None:
        new = different_agents(devices.items, agents, first=seed * agents)
        devices = Choice(new, [1.0] * agents)
    number = 0
    while True:
        # With at least as many visits as agents each agent comes.
        device = devices.draw(random) if agents is None else devices.items[number % agents]
        number += 1
        yield _Visit(
            site=chosen.draw(random),
            visitor_id=f"{random.getrandbits(64):016x}",
            headers=headers(device, address=some_address(random), language=languages.draw(random)),
            screen=random.choice(device.screens),
            hits=hits,
            url="https://www.google.com/",
        )


def _page_view(random: Random, visit: _Visit) -> PageView:
    page: Page = visit.site.pages.draw(random)
    referrer, visit.url = visit.url, page.url
    return PageView(
        params={
            "action_name": page.title,
            "idsite": str(visit.site.idsite),
            "rec": "1",
            "r": f"{random.randrange(10**6):06d}",
            "h": "12",
            "m": "30",
            "s": "15",
            "url": page.url,
            "urlref": referrer,
            "_id": visit.visitor_id,
            "send_image": "0",
            "cookie": "1",
            "res": visit.screen,
            "pv_id": f"{random.getrandbits(24):06x}",
            "pf_net": "12",
            "pf_srv": str(random.randrange(40, 400)),
            "pf_tfr": "8",
            "pf_dm1": str(random.randrange(80, 900)),
        },
        headers=visit.headers,
    )


def _with_version(device: Device, number: int) -> Device:
    version = rf"\g<1>\g<2>.0.{number // 1000}.{number % 1000}"
    agent, changed = _VERSION.subn(version, device.agent, count=1)
    if not changed:
        agent = f"{device.agent} Build/{number}"
    return Device(agent=agent, screens=device.screens)
