from __future__ import annotations

from typing import Any

import pytest

from qtd.engine.cart import CART, CartItems
from qtd.engine.ecommerce import Item
from qtd.engine.invalid import InvalidRequest
from qtd.engine.lookup import Known
from qtd.engine.plan import Plan
from tests.tracking import NOW, visit

STAMP = {"idsite": 1, "idvisitor": b"visitor1", "server_time": NOW}


def item(sku: str | None, *, price: float = 1.0, quantity: int = 1, name: str | None = None) -> Item:
    """An item without categories."""
    return Item(
        sku=(5, sku) if sku else None,
        name=(6, name) if name else None,
        categories=(None,) * 5,
        price=price,
        quantity=quantity,
    )


def stored(sku: str, idaction: int, order: str = CART) -> dict[str, Any]:
    """A row of the database with the name of its SKU."""
    return {"idorder": order, "idaction_sku": idaction, "sku": sku, "price": 1.0, "deleted": 0}


def short(rows: list[dict[str, Any]]) -> list[tuple[Any, ...]]:
    """Planned rows as (order, SKU, quantity, deleted)."""
    return [
        (row["idorder"], row["idaction_sku"] and row["idaction_sku"][1], row["quantity"], row["deleted"])
        for row in rows
    ]


def test_new_items() -> None:
    """A cart's items have the order number 0; of the same SKU the first is kept."""
    plan, there = Plan(), visit()
    CartItems(plan, Known()).record(
        there, CART, [item("a"), item("b"), item("a", quantity=9), item(None)], STAMP
    )
    assert short(plan.items) == [("0", "a", 1, 0), ("0", "b", 1, 0), ("0", 0, 1, 0)]
    assert all(row["idvisit"] is there and row["server_time"] == NOW for row in plan.items)


def test_a_cart_that_changes_within_a_batch() -> None:
    """Of the same SKU the last counts now; what is not named any more is deleted, and may come back."""
    plan, there = Plan(), visit()
    cart = CartItems(plan, Known())
    cart.record(there, CART, [item("a"), item("b")], STAMP)
    cart.record(there, CART, [item("b", quantity=2), item("b", quantity=3, name="n")], STAMP)
    assert short(plan.items) == [("0", "a", 1, 1), ("0", "b", 3, 0)]
    assert plan.items[1]["idaction_name"] == (6, "n")
    cart.record(there, CART, [item("a", quantity=4)], STAMP)
    assert short(plan.items) == [("0", "a", 4, 0), ("0", "b", 3, 1)]


def test_an_order_takes_over_the_cart() -> None:
    """All of the cart becomes part of the order, deleted items too; the next cart starts empty."""
    plan, there = Plan(), visit()
    cart = CartItems(plan, Known())
    cart.record(there, CART, [item("a"), item("b")], STAMP)
    cart.record(there, "O-1", [item("b"), item("c")], STAMP)
    cart.record(there, CART, [item("b", quantity=7)], STAMP)
    assert short(plan.items) == [("O-1", "a", 1, 1), ("O-1", "b", 1, 0), ("O-1", "c", 1, 0), ("0", "b", 7, 0)]


def test_items_in_the_database() -> None:
    """Stored rows are recognised by the name of their SKU and changed once each, by the key they are stored under."""
    plan, there = Plan(), visit(7)
    known = Known(items={7: [stored("a", 31), stored("b", 32), stored("a", 31, "O-0")]})
    cart = CartItems(plan, known)
    cart.record(there, CART, [item("a", quantity=2)], STAMP)
    cart.record(there, "O-1", [item("a", quantity=3)], STAMP)
    assert plan.items == []
    assert [(key, changes["idorder"], changes["deleted"]) for _, key, changes in plan.updates] == [
        ({"idvisit": 7, "idorder": "0", "idaction_sku": 31}, "O-1", 0),
        ({"idvisit": 7, "idorder": "0", "idaction_sku": 32}, "O-1", 1),
    ]
    assert plan.updates[0][2]["quantity"] == 3
    assert plan.updates[1][2].keys() == {*STAMP, "idorder", "deleted"}


def test_a_product_whose_name_is_gone() -> None:
    """It is no other product: it leaves the cart."""
    plan = Plan()
    row = {"idorder": "0", "idaction_sku": 31, "sku": None}
    CartItems(plan, Known(items={7: [row]})).record(visit(7), CART, [item(None)], STAMP)
    assert plan.updates[0][2]["deleted"] == 1
    assert short(plan.items) == [("0", 0, 1, 0)]


def test_an_order_that_has_the_carts_item_already() -> None:
    """The table can hold each SKU once an order: nothing is changed."""
    plan = Plan()
    known = Known(items={7: [stored("a", 31), stored("a", 31, "o-1")]})
    with pytest.raises(InvalidRequest):
        CartItems(plan, known).record(visit(7), "O-1", [item("a")], STAMP)
    assert plan.updates == []


def test_undo() -> None:
    """Rows, stored or planned, and what is known of them are as before."""
    known = Known(items={7: [stored("a", 31)]})
    plan, there = Plan(), visit(7)
    cart = CartItems(plan, known)
    cart.record(there, CART, [item("b")], STAMP)
    mark = plan.mark()
    cart.record(there, "O-1", [item("a"), item("c")], STAMP)
    plan.undo(mark)
    assert short(plan.items) == [("0", "b", 1, 0)]
    [(_, _, changes)] = plan.updates
    assert (changes["idorder"], changes["deleted"]) == ("0", 1)
    cart.record(there, "O-2", [item("c")], STAMP)
    assert short(plan.items) == [("O-2", "b", 1, 1), ("O-2", "c", 1, 0)]
    assert changes["idorder"] == "O-2"


@pytest.mark.parametrize(
    "changed", [item("a", quantity=-1), item("a", quantity=2**32), item("a", price=1.8e308)]
)
def test_an_item_that_changes_to_what_its_columns_do_not_hold_is_refused(changed: Item) -> None:
    """Matomo inserts items whatever they say, but its statement that changes one fails."""
    plan, there = Plan(), visit()
    carts = CartItems(plan, Known())
    carts.record(there, CART, [changed], STAMP)
    with pytest.raises(InvalidRequest, match="item"):
        carts.record(there, CART, [changed], STAMP)
