"""The items of carts and orders: which rows of `log_conversion_item` are new, change, leave or are ordered.

Source: Matomo's GoalManager. Items of a cart that is not ordered have the order number "0". A request always
tells the whole cart, so what it does not name has left it; an order takes over the cart's items, the deleted
ones too.
"""

from __future__ import annotations

import sys
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any, Final

from qtd.engine.action import ActionName, ActionType
from qtd.engine.ecommerce import Item
from qtd.engine.invalid import InvalidRequest
from qtd.engine.lookup import Known
from qtd.engine.order_number import MAX_ORDER_LENGTH, order_key
from qtd.engine.plan import Plan
from qtd.engine.visit import Visit

TABLE: Final = "log_conversion_item"

#: The order number of what is not ordered.
CART: Final = "0"

#: `quantity` has four bytes without a sign.
_MOST_PIECES: Final = 2**32 - 1

_CATEGORY_COLUMNS: Final = (
    "idaction_category",
    "idaction_category2",
    "idaction_category3",
    "idaction_category4",
    "idaction_category5",
)


class _ItemRow:
    """An item's row, in the database or in the plan."""

    __slots__ = ("order", "planned", "sku", "stored")

    def __init__(
        self, *, sku: object, order: str, planned: dict[str, Any] | None, stored: Mapping[str, Any] | None
    ) -> None:
        #: what tells the product: its name in `log_action`, null for none
        self.sku = sku
        #: its order number as it is compared
        self.order = order
        #: the plan's new row, or the changes of the database's row; null while that is not changed
        self.planned = planned
        #: the database's row; null for a new one
        self.stored = stored


class CartItems:
    """The items of a batch's visits, as the batch has left them so far."""

    def __init__(self, plan: Plan, known: Known) -> None:
        self._plan = plan
        self._known = known
        self._rows: dict[Visit, list[_ItemRow]] = {}

    def record(self, visit: Visit, order: str, items: Sequence[Item], stamp: Mapping[str, Any]) -> None:
        """Plan the items of an order, or of the cart (`order` is then "0").

        `stamp` holds the columns that say whose items these are and when (`idsite`, `idvisitor`,
        `server_time`). Raises `InvalidRequest` where an item of the cart is in the order already, which the
        table can not hold, or changes to what its columns can not hold (a new row is made to fit).
        """
        rows = self._rows_of(visit)
        key = order_key(order)
        now_in_cart: dict[object, Item] = {item.sku: item for item in items}
        before = [row for row in rows if row.order in (key, CART)]
        self._check(before)
        moved = {**stamp, "idorder": order[:MAX_ORDER_LENGTH]}
        for row in before:
            item = now_in_cart.get(row.sku)
            columns = {"deleted": 1} if item is None else _fitting_columns(item)
            self._change(visit, row, moved | columns, key)
        found = {row.sku for row in before}
        for item in items:
            if item.sku not in found:
                # Of two items with the same SKU the table keeps the first.
                found.add(item.sku)
                self._insert(visit, rows, item, moved, key)

    def _rows_of(self, visit: Visit) -> list[_ItemRow]:
        rows = self._rows.get(visit)
        if rows is None:
            stored = () if visit.idvisit is None else self._known.items.get(visit.idvisit, ())
            rows = self._rows[visit] = [
                _ItemRow(sku=_sku_of(row), order=order_key(row["idorder"]), planned=None, stored=row)
                for row in stored
            ]
        return rows

    def _check(self, before: Sequence[_ItemRow]) -> None:
        orders: defaultdict[object, set[str]] = defaultdict(set)
        for row in before:
            orders[row.sku].add(row.order)
            if len(orders[row.sku]) > 1:
                raise InvalidRequest("duplicate_order_item", "an item of the cart is in the order already")

    def _change(self, visit: Visit, row: _ItemRow, columns: Mapping[str, Any], order: str) -> None:
        former = row.order, row.planned
        if row.planned is not None:
            self._plan.change_row(row.planned, columns)
        elif row.stored is not None:
            key = {
                "idvisit": visit.idvisit,
                "idorder": row.stored["idorder"],
                "idaction_sku": row.stored["idaction_sku"],
            }
            row.planned = self._plan.change_stored(TABLE, key, columns)
        row.order = order

        def restore() -> None:
            row.order, row.planned = former

        self._plan.remember(restore)

    def _insert(
        self, visit: Visit, rows: list[_ItemRow], item: Item, moved: Mapping[str, Any], order: str
    ) -> None:
        planned = {**moved, "idvisit": visit, "idaction_sku": item.sku or 0, **_columns(item)}
        self._plan.items.append(planned)
        rows.append(_ItemRow(sku=item.sku, order=order, planned=planned, stored=None))
        self._plan.remember(rows.pop)


def _fitting_columns(item: Item) -> dict[str, Any]:
    if not 0 <= item.quantity <= _MOST_PIECES or abs(item.price) >= sys.float_info.max:
        raise InvalidRequest("item_range", "an item's quantity or price is more than its column can hold")
    return _columns(item)


def _columns(item: Item) -> dict[str, Any]:
    columns: dict[str, Any] = {
        "idaction_name": item.name or 0,
        "price": item.price,
        "quantity": item.quantity,
        "deleted": 0,
    }
    for column, category in zip(_CATEGORY_COLUMNS, item.categories, strict=True):
        columns[column] = category or 0
    return columns


def _sku_of(row: Mapping[str, Any]) -> object:
    identifier, name = row["idaction_sku"], row["sku"]
    if name is not None:
        sku: ActionName = (int(ActionType.ITEM_SKU), name)
        return sku
    # A product whose name is gone from log_action is like no other.
    return None if identifier == 0 else identifier
