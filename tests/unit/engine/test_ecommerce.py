from __future__ import annotations

from typing import Any

import orjson
import pytest

from qtd.engine.ecommerce import Ecommerce, Item, buyer_state, ecommerce_of
from qtd.engine.params import Params


def read(**params: object) -> Ecommerce:
    """The order or cart of these parameters."""
    ecommerce = ecommerce_of(Params({"idgoal": "0", **params}))
    assert ecommerce is not None
    return ecommerce


def items(value: object) -> tuple[Item, ...]:
    """The items of a JSON value."""
    found = read(ec_items=orjson.dumps(value).decode()).items
    assert found is not None
    return found


def texts(item: Item) -> tuple[Any, ...]:
    """An item with its names as plain texts and without the categories it does not have."""
    names = [name and name[1] for name in (item.sku, item.name, *item.categories)]
    while names and names[-1] is None:
        names.pop()
    return (*names, item.price, item.quantity)


@pytest.mark.parametrize("idgoal", [None, "", "1", "-1", "x"])
def test_only_goal_0_is_ecommerce(idgoal: str | None) -> None:
    """Other requests report neither order nor cart, even with an order number."""
    assert ecommerce_of(Params({"idgoal": idgoal, "ec_id": "O"})) is None


@pytest.mark.parametrize(("ec_id", "order"), [("O-1", "O-1"), ("", ""), ("0", ""), ("<1>", "&lt;1&gt;")])
def test_an_order_has_a_number(ec_id: str, order: str) -> None:
    """Without a number, or with "0", it is a cart; the number is sanitized like all text."""
    ecommerce = read(ec_id=ec_id)
    assert ecommerce.order == order
    assert ecommerce.is_order is ecommerce.converts is bool(order)


def test_amounts_of_an_order() -> None:
    """What was not sent is not set, what is no number is 0, the rest is rounded to cents."""
    order = read(ec_id="O", revenue="1.005", ec_st="", ec_tx="x", ec_sh="2")
    assert order.amounts == {"revenue": 1.01, "revenue_tax": 0.0, "revenue_shipping": 2.0}


def test_a_cart_has_only_a_revenue() -> None:
    """Tax, shipping, subtotal and discount are an order's; without revenue it is 0."""
    assert read(ec_tx="1").amounts == {"revenue": 0.0}


def test_items_in_full() -> None:
    """SKU, name, one category, price and quantity."""
    assert [texts(item) for item in items([["S", "N", "C", 9.999, 2]])] == [("S", "N", "C", 10.0, 2)]


@pytest.mark.parametrize(
    ("item", "read_as"),
    [
        (["S"], ("S", 0.0, 1)),
        (["S", "", "", "", ""], ("S", 0.0, 1)),
        (["S", "n", "0", "1,5", "2.7"], ("S", "n", 0.0, 2)),
        (["S", "n", "c", -5, -2], ("S", "n", "c", -5.0, -2)),
        ([1, 2.0, 3.5], ("1", "2", "3.5", 0.0, 1)),
        ([" S ", " n "], ("S", "n", 0.0, 1)),
        (["<a>", "b & c"], ("<a>", "b & c", 0.0, 1)),
        ([["a", "b"], ["c", "d"]], ("a,b", "c,d", 0.0, 1)),
        ("S12", ("S", "1", "2", 0.0, 1)),
        ({"0": "S", "3": "4", "4": "0"}, ("S", 4.0, 1)),
    ],
)
def test_items_in_part(item: object, read_as: tuple[Any, ...]) -> None:
    """What is missing or wrong takes its default, one column apart from the others, as PHP would read it."""
    assert [texts(found) for found in items([item])] == [read_as]


@pytest.mark.parametrize("item", [[], [None], [""], ["0"], {"sku": "A"}, None, False, ""])
def test_an_item_without_sku_is_left_out(item: object) -> None:
    """Nothing else makes an item."""
    assert items([item]) == ()


def test_categories() -> None:
    """At most five, without the empty ones and without lists within the list."""
    [item] = items([["S", "n", ["a", "", " ", "b", ["x"], "0", "c", "d", "e", "f"]]])
    assert texts(item)[2:7] == ("a", "b", "c", "d", "e")


def test_blank_and_endless_names_are_none() -> None:
    """A SKU of spaces counts as an item, but has no name in log_action; neither has one that does not fit."""
    assert [texts(item) for item in items([[" "], ["x" * 4097]])] == [(0.0, 1), (0.0, 1)]


@pytest.mark.parametrize("value", ["", "notjson", "[]", "{}", "null", "0", "false", '""'])
def test_no_items(value: str) -> None:
    """Nothing, and what can not be read, is an order without items."""
    assert read(ec_items=value).items == ()


@pytest.mark.parametrize("value", ["5", '"text"', "true", "1.5"])
def test_unreadable_items(value: str) -> None:
    """JSON that is neither a list nor an object is null: such an order is not recorded."""
    assert read(ec_items=value).items is None


def test_items_as_a_php_array() -> None:
    """`ec_items[0][0]=S` is as good as JSON."""
    found = read(ec_items={"5": ["S", "n"]}).items
    assert found is not None
    assert [texts(item) for item in found] == [("S", "n", 0.0, 1)]


@pytest.mark.parametrize(
    ("before", "after_cart", "after_order"), [(0, 2, 1), (None, 2, 1), (1, 3, 1), (2, 2, 1), (3, 3, 1)]
)
def test_buyers(before: int | None, after_cart: int, after_order: int) -> None:
    """A cart is remembered beside an earlier order; an order closes it; other requests change nothing."""
    assert buyer_state(read(), before) == after_cart
    assert buyer_state(read(ec_id="O"), before) == after_order
    assert buyer_state(None, before) == before
