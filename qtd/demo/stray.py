"""Requests that are not to be recorded, or that are broken: they belong to every site's life."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

from qtd.demo import http_form
from qtd.demo.choice import Choice
from qtd.demo.device import Device
from qtd.demo.site import Site
from qtd.demo.visitor import headers, some_address

#: Sites that advertise themselves in other sites' reports; on Matomo's list of referrer spammers.
_SPAM = "https://semalt.com/crawler"

#: A site that is not there.
_NO_SITE = "4711"


class Strays:
    """Draws such requests; the devices are those of people, except for the bots'."""

    def __init__(
        self, *, sites: Choice[Site], bots: Sequence[Device], devices: Choice[Device], host: str
    ) -> None:
        self._sites = sites
        self._bots = bots
        self._devices = devices
        self._host = host
        self._kinds = Choice(
            (
                self._bot,
                self._spam,
                self._prefetch,
                self._unknown_site,
                self._not_to_be_recorded,
                self._forbidden,
                self._not_utf8,
                self._damaged_bulk,
                self._empty,
            ),
            (60, 8, 6, 6, 4, 5, 5, 3, 3),
        )

    def draw(self, random: Random) -> bytes:
        """One HTTP request."""
        return self._kinds.draw(random)(random)

    def _bot(self, random: Random) -> bytes:
        """A search engine's crawler that runs JavaScript: excluded."""
        return self._get(self._page_view(random), random, device=random.choice(self._bots))

    def _spam(self, random: Random) -> bytes:
        """Referrer spam: excluded."""
        return self._get(self._page_view(random) | {"urlref": _SPAM}, random)

    def _prefetch(self, random: Random) -> bytes:
        """A browser that only loads the page to have it ready: excluded."""
        return self._get(self._page_view(random), random, more="X-Purpose: preview\r\n")

    def _unknown_site(self, random: Random) -> bytes:
        """A page that names the wrong site: excluded, and Matomo's owner is told of it."""
        return self._get(self._page_view(random) | {"idsite": _NO_SITE}, random)

    def _not_to_be_recorded(self, random: Random) -> bytes:
        """Without `rec=1`: excluded."""
        return self._get(self._page_view(random) | {"rec": "0"}, random)

    def _forbidden(self, random: Random) -> bytes:
        """Another visitor's address without a token: refused."""
        return self._get(self._page_view(random) | {"cip": "192.0.2.1"}, random)

    def _not_utf8(self, random: Random) -> bytes:
        """A title in ISO 8859-1: recorded, with U+FFFD for what can not be read."""
        request = self._get(self._page_view(random) | {"action_name": "QTD"}, random)
        return request.replace(b"=QTD", b"=Caf%E9")

    def _damaged_bulk(self, random: Random) -> bytes:
        """A bulk request that ends too early: nothing in it can be tracked."""
        return http_form.bulk([], host=self._host, headers=self._headers(random)).replace(b"]}", b"[ ")

    def _empty(self, random: Random) -> bytes:
        """A health check of somebody's monitoring, without any parameters: nothing to track."""
        return f"GET /matomo.php HTTP/1.1\r\nHost: {self._host}\r\n{self._headers(random)}\r\n".encode()

    def _page_view(self, random: Random) -> dict[str, str]:
        site = self._sites.draw(random)
        page = site.pages.draw(random)
        return {"idsite": str(site.idsite), "rec": "1", "url": page.url, "action_name": page.title}

    def _get(
        self, params: dict[str, str], random: Random, *, device: Device | None = None, more: str = ""
    ) -> bytes:
        lines = self._headers(random, device) + more
        return http_form.get(params, host=self._host, headers=lines)

    def _headers(self, random: Random, device: Device | None = None) -> str:
        return headers(
            device or self._devices.draw(random), address=some_address(random), language="en-US,en;q=0.8"
        )
