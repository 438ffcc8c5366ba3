"""Conversions: the rows of `log_conversion` that goals, orders and carts make.

Source: Matomo's GoalManager, its Goals and Ecommerce plugins. Matomo inserts with INSERT IGNORE and looks at
what the database's keys let through; here the same keys are kept in memory: (visit, goal, buster) and
(site, order number).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from qtd.engine.cart import CART, CartItems
from qtd.engine.conversion_row import (
    DEFAULTS,
    Converting,
    common_columns,
    dimensions_of_visit,
    pageviews_before,
    revenue_of_goal,
)
from qtd.engine.ecommerce import Ecommerce, ecommerce_of, has_open_cart
from qtd.engine.goal import ConvertedGoal, manual_goal
from qtd.engine.invalid import InvalidRequest
from qtd.engine.lookup import Known
from qtd.engine.order_number import MAX_ORDER_LENGTH, order_buster, order_key
from qtd.engine.page_url import PageUrls
from qtd.engine.php import truthy
from qtd.engine.plan import Plan
from qtd.engine.request import TrackingRequest
from qtd.engine.visit import Visit

TABLE: Final = "log_conversion"

#: `idgoal` of an order and of a cart that is not ordered.
ORDER_GOAL: Final = 0
CART_GOAL: Final = -1

#: `items` has two bytes without a sign.
_MOST_ITEMS: Final = 65535
#: `revenue` is a float of four bytes.
_GREATEST_REVENUE: Final = 3.4028234663852886e38

#: Conversions of the same goal in the same second differ by their first two digits: 10 to 39.
_BUSTER_PREFIXES: Final = range(10, 40)

#: What a request converts: a goal, an order, or (which is not yet a conversion of the visit) a cart.
Conversion = ConvertedGoal | Ecommerce


def reported_conversion(request: TrackingRequest, urls: PageUrls) -> Conversion | None:
    """The goal, order or cart that the request itself reports; it then has no action.

    Raises `InvalidRequest` for a goal that the site does not have.
    """
    return manual_goal(request, urls) or ecommerce_of(request.params)


class Conversions:
    """The conversions of a batch, with those that are in the database."""

    def __init__(self, plan: Plan, known: Known) -> None:
        self._plan = plan
        self._items = CartItems(plan, known)
        #: (idvisit, or the visit while it has none; idgoal; buster)
        self._keys: set[tuple[int | Visit, int, int]] = set(known.conversions)
        #: (idsite, order number as it is compared)
        self._orders = {(idsite, order_key(order)) for idsite, order in known.orders}
        #: carts that this batch made or changed: their new rows, or the changes of the database's rows
        self._carts: dict[Visit, dict[str, Any]] = {}

    def record(self, conversions: Sequence[Conversion], converting: Converting) -> None:
        """Plan what a request converts: goals, or one order or cart."""
        goals = []
        for conversion in conversions:
            if isinstance(conversion, Ecommerce):
                self.record_ecommerce(conversion, converting)
            else:
                goals.append(conversion)
        if goals:
            self.record_goals(goals, converting)

    def record_goals(self, goals: Sequence[ConvertedGoal], converting: Converting) -> None:
        """Plan the conversions of goals; one that may convert once a visit and did is left out.

        Raises `InvalidRequest` where such a request carries an order number, because Matomo takes it for a
        repeated order.
        """
        columns = common_columns(converting)
        request, action, link_action = converting.request, converting.action, converting.link_action
        if action is not None:
            columns["idaction_url"] = None if action.is_site_search else action.names.get("idaction_url") or 0
            columns["idlink_va"] = link_action
        columns["pageviews_before"] = pageviews_before(converting)
        for goal, url in goals:
            one = {"idgoal": goal.idgoal, "url": url, "buster": 0, "revenue": revenue_of_goal(goal, request)}
            if goal.allow_multiple:
                one["buster"] = self._buster(converting.visit, goal.idgoal, request.timestamp)
            self._insert(columns | one, converting)

    def record_ecommerce(self, ecommerce: Ecommerce, converting: Converting) -> None:
        """Plan an order or the cart, and its items; an order takes the place of the visit's open cart.

        Raises `InvalidRequest` for an order number that the site has already, unless the visit has an open
        cart: Matomo then leaves cart and items as they are.
        """
        items = ecommerce.items
        if items is None:
            return
        for item in items:
            for name in item.names:
                self._plan.need_name(name)
        columns = common_columns(converting) | ecommerce.amounts
        columns["items"] = sum(item.quantity for item in items)
        if ecommerce.is_order:
            columns["idgoal"] = ORDER_GOAL
            columns["idorder"] = ecommerce.order[:MAX_ORDER_LENGTH]
            columns["buster"] = order_buster(ecommerce.order)
            columns["pageviews_before"] = pageviews_before(converting)
        else:
            columns["idgoal"] = CART_GOAL
            columns["buster"] = 0
        before = converting.before
        if before is not None and has_open_cart(before["visit_goal_buyer"]):
            recorded = self._change_cart(converting.visit, columns)
        else:
            recorded = self._insert(columns, converting)
        if recorded:
            stamp = {column: columns[column] for column in ("idsite", "idvisitor", "server_time")}
            self._items.record(converting.visit, ecommerce.order or CART, items, stamp)

    def _buster(self, visit: Visit, idgoal: int, timestamp: int) -> int:
        """Return a number that tells the visit's conversions of a goal apart: two digits, the time.

        The digits are random in Matomo; here the first free ones, so that entries always give the same rows.
        """
        digits = str(timestamp)[2:]
        buster = 0
        for prefix in _BUSTER_PREFIXES:
            buster = int(f"{prefix}{digits}")
            if (_identity(visit), idgoal, buster) not in self._keys:
                break
        return buster

    def _insert(self, columns: Mapping[str, Any], converting: Converting) -> bool:
        """Plan a new row; False where a key says that it is there already."""
        request, visit = converting.request, converting.visit
        key = _key(visit, columns)
        order = _order_of(columns)
        if key in self._keys or (order is not None and order in self._orders):
            if truthy(request.params.text("ec_id")):
                raise InvalidRequest("repeated_order", "the order's number is recorded already")
            return False
        row = {**DEFAULTS, **columns, "idvisit": visit, **dimensions_of_visit(converting)}
        self._plan.conversions.append(row)
        if columns["idgoal"] == CART_GOAL:
            self._carts[visit] = row
            self._plan.remember(lambda: self._carts.pop(visit))
        self._take(key, order)
        return True

    def _change_cart(self, visit: Visit, columns: Mapping[str, Any]) -> bool:
        """Change the visit's cart, which may become an order; False where a key or a number forbids it.

        A new row takes as much of a number as its column holds; Matomo's statement that changes a row fails on more.
        """
        cart_key = (_identity(visit), CART_GOAL, 0)
        if cart_key not in self._keys:
            # The visit is said to have a cart and has none: to change no row is no failure.
            return True
        key, order = _key(visit, columns), _order_of(columns)
        if key != cart_key and (key in self._keys or order in self._orders):
            return False
        if not _fits(columns):
            return False
        cart = self._carts.get(visit)
        if cart is not None:
            self._plan.change_row(cart, columns)
        else:
            stored_key = {"idvisit": visit.idvisit, "idgoal": CART_GOAL, "buster": 0}
            self._carts[visit] = self._plan.change_stored(TABLE, stored_key, columns)
            self._plan.remember(lambda: self._carts.pop(visit))
        if key != cart_key:
            ordered = self._carts.pop(visit)
            self._plan.remember(lambda: self._carts.update({visit: ordered}))
            self._keys.remove(cart_key)
            self._plan.remember(lambda: self._keys.add(cart_key))
            self._take(key, order)
        return True

    def _take(self, key: tuple[int | Visit, int, int], order: tuple[int, str] | None) -> None:
        self._keys.add(key)
        self._plan.remember(lambda: self._keys.remove(key))
        if order is not None:
            self._orders.add(order)
            self._plan.remember(lambda: self._orders.remove(order))


def _identity(visit: Visit) -> int | Visit:
    return visit if visit.idvisit is None else visit.idvisit


def _key(visit: Visit, columns: Mapping[str, Any]) -> tuple[int | Visit, int, int]:
    return _identity(visit), columns["idgoal"], columns["buster"]


def _fits(columns: Mapping[str, Any]) -> bool:
    items: int = columns["items"]
    revenue: float = columns["revenue"]
    return 0 <= items <= _MOST_ITEMS and abs(revenue) <= _GREATEST_REVENUE


def _order_of(columns: Mapping[str, Any]) -> tuple[int, str] | None:
    order = columns.get("idorder")
    return None if order is None else (columns["idsite"], order_key(order))
