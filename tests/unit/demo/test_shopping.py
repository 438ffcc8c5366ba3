from __future__ import annotations

from random import Random

import orjson

from qtd.demo.shopping import Cart, product_view
from qtd.demo.site import Page, Product

TENT = Product(
    page=Page(url="https://shop.example/t", title="T"), sku="T1", name="Tent", category="Tents", price=60.0
)
SOCKS = Product(
    page=Page(url="https://shop.example/s", title="S"), sku="S1", name="Socks", category="Clothes", price=9.5
)


def test_cart_tells_all_that_is_in_it() -> None:
    """Each request that changes the cart carries the whole cart and its worth."""
    cart = Cart()
    cart.add(TENT)
    told = cart.add(SOCKS)
    assert told["idgoal"] == "0"
    assert "ec_id" not in told
    assert told["revenue"] == "69.50"
    assert orjson.loads(told["ec_items"]) == [
        ["T1", "Tent", "Tents", 60.0, 1],
        ["S1", "Socks", "Clothes", 9.5, 1],
    ]


def test_the_same_thing_twice_is_one_item() -> None:
    """What is put in twice has a quantity of two."""
    cart = Cart()
    cart.add(TENT)
    assert orjson.loads(cart.add(TENT)["ec_items"]) == [["T1", "Tent", "Tents", 60.0, 2]]


def test_order_adds_shipping_and_empties_the_cart() -> None:
    """A small order pays for shipping, a large one does not, and then the cart is empty."""
    cart = Cart()
    cart.add(TENT)
    small = cart.order(Random(1))
    assert (small["revenue"], small["ec_st"], small["ec_sh"]) == ("64.90", "60.00", "4.90")
    assert not cart
    cart.add(TENT)
    cart.add(TENT)
    large = cart.order(Random(2))
    assert (large["revenue"], large["ec_sh"]) == ("120.00", "0.00")
    assert small["ec_id"] != large["ec_id"]


def test_product_page_tells_the_product() -> None:
    """A product's page names its sku, name, category and price."""
    assert product_view(TENT) == {"_pkp": "60.0", "_pks": "T1", "_pkn": "Tent", "_pkc": "Tents"}
