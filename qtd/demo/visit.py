"""One visit of a synthetic visitor: pages with pauses between them, and what he does on them."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random
from string import ascii_letters, digits

from qtd.demo.referral import Referral
from qtd.demo.shopping import Cart, product_view
from qtd.demo.site import Page, Site
from qtd.demo.visitor import Visitor

Params = dict[str, str]

#: When (Unix seconds), and the tracking request's parameters.
Step = tuple[float, Params]

#: How likely each thing is on a page.
_GO_ON, _EVENT, _SEARCH, _DOWNLOAD, _OUTLINK, _PING = 0.72, 0.12, 0.06, 0.04, 0.05, 0.08
_LOOK_AT_PRODUCT, _ADD_TO_CART, _ORDER, _GOAL = 0.45, 0.3, 0.4, 0.03
_MOST_PAGES = 30
#: Between two heart beats, in seconds.
_PING_SECONDS = 15.0
_PAGE_VIEW_ID = ascii_letters + digits


class Visit:
    """Goes from page to page; the same random numbers give the same visit."""

    def __init__(
        self, random: Random, site: Site, visitor: Visitor, referral: Referral, start: float
    ) -> None:
        self._random = random
        self._site = site
        self._common = {
            "idsite": str(site.idsite),
            "rec": "1",
            "_id": visitor.visitor_id,
            "res": visitor.screen,
            "cookie": "1",
            "send_image": "0",
        }
        self._referral = referral
        self._now = start
        self._cart = Cart()
        self._at_hand: Params = {}

    def steps(self) -> Iterator[Step]:
        """What the visitor does, in order; ends when he leaves."""
        words = self._site.searches.draw(self._random)
        page, more = self._next_page()
        url = self._referral.landing(page.url, words)
        referrer = self._referral.referrer(self._random, words)
        for _ in range(_MOST_PAGES):
            yield self._page_view(url, page.title, referrer, more)
            yield from self._on_page(page)
            if not self._happens(_GO_ON):
                break
            self._pause()
            page, more = self._next_page()
            referrer, url = url, page.url
        if self._cart and self._happens(_ORDER):
            yield self._later(self._cart.order(self._random))

    def _next_page(self) -> tuple[Page, Params]:
        if self._site.products and self._happens(_LOOK_AT_PRODUCT):
            product = self._random.choice(self._site.products)
            return product.page, product_view(product)
        return self._site.pages.draw(self._random), {}

    def _page_view(self, url: str, title: str, referrer: str, more: Params) -> Step:
        random = self._random
        self._at_hand = {"url": url, "pv_id": "".join(random.choices(_PAGE_VIEW_ID, k=6))}
        if referrer:
            self._at_hand["urlref"] = referrer
        performance = {
            "pf_net": str(random.randrange(80)),
            "pf_srv": str(random.randrange(40, 400)),
            "pf_tfr": str(random.randrange(60)),
            "pf_dm1": str(random.randrange(80, 900)),
        }
        return self._step({"action_name": title} | performance | more)

    def _on_page(self, page: Page) -> Iterator[Step]:
        """What may happen before the next page."""
        site, random = self._site, self._random
        yield from self._stay()
        if self._happens(_EVENT):
            category, action, name = random.choice(site.events)
            yield self._later({"e_c": category, "e_a": action} | ({"e_n": name} if name else {}))
        if self._happens(_SEARCH):
            found = str(random.randrange(30))
            yield self._later({"search": site.searches.draw(random), "search_count": found})
        if self._happens(_DOWNLOAD):
            file = random.choice(site.downloads)
            yield self._later({"download": file, "url": file})
        yield from self._want(page)
        if self._happens(_OUTLINK):
            address = random.choice(site.outlinks)
            yield self._later({"link": address, "url": address})

    def _stay(self) -> Iterator[Step]:
        """Heart beats of somebody who reads on."""
        if self._happens(_PING):
            for _ in range(self._random.randint(1, 3)):
                self._now += _PING_SECONDS
                yield self._step({"ping": "1"})

    def _want(self, page: Page) -> Iterator[Step]:
        """Into the cart with it; or what else the site's owner hopes for."""
        for product in self._site.products:
            if product.page is page and self._happens(_ADD_TO_CART):
                yield self._later(self._cart.add(product))
        for idgoal, goal in enumerate(self._site.goals, start=1):
            if goal["match_attribute"] == "manually" and self._happens(_GOAL):
                yield self._later({"idgoal": str(idgoal)})

    def _later(self, params: Params) -> Step:
        self._pause()
        return self._step(params)

    def _step(self, params: Params) -> Step:
        seconds = int(self._now)
        clock = {
            "h": str(seconds // 3600 % 24),
            "m": str(seconds // 60 % 60),
            "s": str(seconds % 60),
            "r": f"{self._random.randrange(10**6):06d}",
        }
        return self._now, self._common | self._at_hand | params | clock

    def _pause(self) -> None:
        # Reading times: most are short, a few are long, none is as long as a visit may rest.
        self._now += min(self._random.lognormvariate(3.0, 1.0), 1200.0)

    def _happens(self, probability: float) -> bool:
        return self._random.random() < probability
