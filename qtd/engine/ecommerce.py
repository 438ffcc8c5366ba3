"""Orders and carts as a request reports them: order number, amounts, items.

Source: Matomo's tracking API (`idgoal=0`, `ec_id`, `ec_items`, `revenue`, `ec_st`, `ec_tx`, `ec_sh`, `ec_dt`)
and its Ecommerce plugin. Whether the site has e-commerce enabled makes no difference.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from qtd.engine.action import MAX_NAME_LENGTH, ActionName, ActionType
from qtd.engine.params import Params
from qtd.engine.php import Param, float_text, is_numeric, to_float, to_int, trim, truthy, unsanitize
from qtd.engine.product_view import MAX_CATEGORIES
from qtd.engine.revenue import to_cents

#: Values of a visit's `visit_goal_buyer`.
NO_BUYER: Final = 0
ORDERED: Final = 1
OPEN_CART: Final = 2
ORDERED_AND_OPEN_CART: Final = 3

_ORDER_AMOUNTS: Final = {
    "ec_dt": "revenue_discount",
    "ec_sh": "revenue_shipping",
    "ec_st": "revenue_subtotal",
    "ec_tx": "revenue_tax",
}
_SKU, _NAME, _CATEGORY, _PRICE, _QUANTITY = range(5)


class Item(NamedTuple):
    """One product of an order or cart; a null name or category is none."""

    sku: ActionName | None
    name: ActionName | None
    #: always five
    categories: tuple[ActionName | None, ...]
    price: float
    #: may be negative until it is written
    quantity: int

    @property
    def names(self) -> list[ActionName]:
        """Everything of the item that is looked up in `log_action`."""
        return [name for name in (self.sku, self.name, *self.categories) if name is not None]


@dataclass(frozen=True, kw_only=True, slots=True)
class Ecommerce:
    """An order, or a change of the cart."""

    #: the order's number, not cut to the column's length; empty for a cart
    order: str
    #: `revenue` and, of an order, the `revenue_*` columns that were sent
    amounts: dict[str, float]
    #: null where `ec_items` is not a list: then neither a conversion nor items are recorded
    items: tuple[Item, ...] | None

    @property
    def is_order(self) -> bool:
        """An order; else a cart."""
        return self.order != ""

    @property
    def converts(self) -> bool:
        """Only an order makes a converted visit."""
        return self.is_order


def ecommerce_of(params: Params) -> Ecommerce | None:
    """The order or cart that the request reports, null where it reports none."""
    if params.integer("idgoal", -1) != 0:
        return None
    order = params.text("ec_id")
    if not truthy(order):
        order = ""
    amounts = {"revenue": to_cents(params.number("revenue") or 0.0)}
    if order:
        for parameter, column in _ORDER_AMOUNTS.items():
            amount = params.number(parameter)
            if amount is not None:
                amounts[column] = to_cents(amount)
    return Ecommerce(order=order, amounts=amounts, items=_items(params.json("ec_items")))


def buyer_state(conversion: object, before: int | None) -> int | None:
    """`visit_goal_buyer` after a request that reports `conversion`; `before` is its value until now.

    It also changes when the request turns out to be a ping, or its items can not be read.
    """
    if not isinstance(conversion, Ecommerce):
        return before
    if conversion.is_order:
        return ORDERED
    return ORDERED_AND_OPEN_CART if before in (ORDERED, ORDERED_AND_OPEN_CART) else OPEN_CART


def has_open_cart(buyer: int | None) -> bool:
    """Whether a visit with this `visit_goal_buyer` is taken to have a cart that is not ordered yet."""
    return buyer in (OPEN_CART, ORDERED_AND_OPEN_CART)


def _items(value: Param) -> tuple[Item, ...] | None:
    if not truthy(value):
        return ()
    if isinstance(value, dict):
        value = list(value.values())
    if not isinstance(value, list):
        return None
    return tuple(item for item in map(_item, map(_as_text, value)) if item is not None)


def _item(value: Any) -> Item | None:
    """Read `[sku, name, category or categories, price, quantity]`; null where the SKU is missing."""
    sku = _cell(value, _SKU)
    if not truthy(sku):
        return None
    price = _cell(value, _PRICE)
    quantity = _cell(value, _QUANTITY)
    return Item(
        sku=_name(ActionType.ITEM_SKU, _joined(sku)),
        name=_name(ActionType.ITEM_NAME, _joined(_cell(value, _NAME))),
        categories=_categories(_cell(value, _CATEGORY)),
        price=to_cents(to_float(price)) if is_numeric(price) else 0.0,
        quantity=to_int(quantity) if truthy(quantity) and is_numeric(quantity) else 1,
    )


def _categories(value: Any) -> tuple[ActionName | None, ...]:
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        # A list within the list is more than Matomo bears; we leave it out.
        texts = [text for text in (trim(text) for text in value if isinstance(text, str)) if truthy(text)]
    else:
        texts = [trim(value)]
    texts = (texts + [""] * MAX_CATEGORIES)[:MAX_CATEGORIES]
    return tuple(_name(ActionType.ITEM_CATEGORY, text) for text in texts)


def _cell(item: Any, position: int) -> Any:
    """Return a column of an item, empty where it is missing; a text is, as in PHP, a list of characters."""
    if isinstance(item, dict):
        return item.get(str(position), "")
    return item[position] if position < len(item) else ""


def _as_text(value: Param) -> Any:
    """Turn every leaf of a sanitized JSON value into the plain text that PHP makes of it."""
    if isinstance(value, dict):
        return {str(key): _as_text(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_as_text(inner) for inner in value]
    if isinstance(value, str):
        return unsanitize(value)
    if value is None or value is False:
        return ""
    if value is True:
        return "1"
    return float_text(value) if isinstance(value, float) else str(value)


def _joined(value: Any) -> str:
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        value = ",".join(part if isinstance(part, str) else "Array" for part in value)
    text: str = trim(value)
    return text


def _name(kind: ActionType, text: str) -> ActionName | None:
    """Return the name in `log_action`, by the same rule as for actions."""
    return (int(kind), text) if truthy(text) and len(text) <= MAX_NAME_LENGTH else None
