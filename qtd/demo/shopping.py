"""Buying something: product pages, the cart, the order."""

from __future__ import annotations

from collections import Counter
from random import Random

import orjson

from qtd.demo.site import Product

Params = dict[str, str]

#: What sending costs, and from which sum on it costs nothing; the tax is in the prices.
_SHIPPING, _FREE_FROM, _TAX = 4.9, 100.0, 0.19


def product_view(product: Product) -> Params:
    """What a product's page tells in addition."""
    return {
        "_pkp": f"{product.price}",
        "_pks": product.sku,
        "_pkn": product.name,
        "_pkc": product.category,
    }


class Cart:
    """What a visitor has put in during one visit."""

    def __init__(self) -> None:
        self._items: Counter[Product] = Counter()

    def __bool__(self) -> bool:
        return bool(self._items)

    def add(self, product: Product) -> Params:
        """Put one more in; returns the request that tells of it."""
        self._items[product] += 1
        return {"idgoal": "0", "revenue": f"{self._total():.2f}", "ec_items": self._as_json()}

    def order(self, random: Random) -> Params:
        """Order everything; returns the request that tells of it, and the cart is empty."""
        total = self._total()
        shipping = 0.0 if total >= _FREE_FROM else _SHIPPING
        told = {
            "idgoal": "0",
            "ec_id": f"A{random.randrange(10**9):09d}",
            "revenue": f"{total + shipping:.2f}",
            "ec_st": f"{total:.2f}",
            "ec_tx": f"{total - total / (1 + _TAX):.2f}",
            "ec_sh": f"{shipping:.2f}",
            "ec_items": self._as_json(),
        }
        self._items.clear()
        return told

    def _total(self) -> float:
        return sum(product.price * count for product, count in self._items.items())

    def _as_json(self) -> str:
        items = [
            [product.sku, product.name, product.category, product.price, count]
            for product, count in self._items.items()
        ]
        return orjson.dumps(items).decode()
