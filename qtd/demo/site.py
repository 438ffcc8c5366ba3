"""The sites that the synthetic visitors visit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from qtd.demo.choice import Choice
from qtd.demo.data_file import data_file


@dataclass(frozen=True, kw_only=True, slots=True)
class Page:
    """An address and the title it is shown with."""

    url: str
    title: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Product:
    """Something that a shop sells, and its page."""

    page: Page
    sku: str
    name: str
    category: str
    #: in the site's currency
    price: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Site:
    """A site, its content, and what its owner set up for it."""

    idsite: int
    name: str
    address: str
    timezone: str
    currency: str
    #: how many visits it gets, relative to the others
    share: float
    pages: Choice[Page]
    #: empty where nothing is sold
    products: tuple[Product, ...]
    searches: Choice[str]
    downloads: tuple[str, ...]
    outlinks: tuple[str, ...]
    #: category, action, name (may be empty)
    events: tuple[tuple[str, str, str], ...]
    #: columns of the goal table, without `idsite` and `idgoal`
    goals: tuple[Mapping[str, Any], ...]


def load_sites() -> tuple[Site, ...]:
    """The sites of `data/sites.yaml`, numbered from 1."""
    return tuple(_site(idsite, entry) for idsite, entry in enumerate(data_file("sites")["sites"], start=1))


def _site(idsite: int, entry: Mapping[str, Any]) -> Site:
    address = entry["address"]
    return Site(
        idsite=idsite,
        name=entry["name"],
        address=address,
        timezone=entry["timezone"],
        currency=entry["currency"],
        share=entry["share"],
        pages=Choice.falling([Page(url=address + path, title=title) for path, title in entry["pages"]]),
        products=tuple(_product(entry["name"], address, product) for product in entry.get("products", ())),
        searches=Choice.falling(entry["searches"]),
        downloads=tuple(entry["downloads"]),
        outlinks=tuple(entry["outlinks"]),
        events=tuple((category, action, name) for category, action, name in entry["events"]),
        goals=tuple(entry["goals"]),
    )


def _product(shop: str, address: str, entry: Mapping[str, Any]) -> Product:
    page = Page(url=address + entry["path"], title=f"{entry['name']} | {shop.partition(' (')[0]}")
    return Product(
        page=page, sku=entry["sku"], name=entry["name"], category=entry["category"], price=entry["price"]
    )
