"""Conversions: the rows of `log_conversion` that goals, orders and carts make.

Source: Matomo's GoalManager, its Goals and Ecommerce plugins. Matomo inserts with INSERT IGNORE and looks at
what the database's keys let through; here the same keys are kept in memory: (visit, goal, buster) and
(site, order number).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any, Final

from qtd.engine.action import Action
from qtd.engine.cart import CART, CartItems
from qtd.engine.custom_dimension import VISIT_SCOPE, column_of
from qtd.engine.ecommerce import Ecommerce, ecommerce_of, has_open_cart
from qtd.engine.goal import ConvertedGoal, manual_goal
from qtd.engine.invalid import InvalidRequest
from qtd.engine.language import country_of_language
from qtd.engine.lookup import Known
from qtd.engine.order_number import MAX_ORDER_LENGTH, order_buster, order_key
from qtd.engine.page_url import PageUrls
from qtd.engine.php import truthy
from qtd.engine.plan import LinkAction, Plan
from qtd.engine.request import TrackingRequest
from qtd.engine.revenue import to_cents
from qtd.engine.site import Goal
from qtd.engine.visit import Visit

TABLE: Final = "log_conversion"

#: `idgoal` of an order and of a cart that is not ordered.
ORDER_GOAL: Final = 0
CART_GOAL: Final = -1

#: What a conversion takes over from its visit as it is at that moment.
_VISIT_COLUMNS: Final = (
    "visitor_returning",
    "visitor_count_visits",
    "visitor_seconds_since_first",
    "visitor_seconds_since_order",
    "config_browser_name",
    "config_client_type",
    "config_device_brand",
    "config_device_model",
    "config_device_type",
    "location_country",
    "location_region",
    "location_city",
    "location_latitude",
    "location_longitude",
)

#: What not every kind of conversion says; a new row always has all of them.
_DEFAULTS: Final[Mapping[str, Any]] = {
    "idaction_url": None,
    "idlink_va": None,
    "idorder": None,
    "items": None,
    "url": "",
    "revenue": None,
    "revenue_discount": None,
    "revenue_shipping": None,
    "revenue_subtotal": None,
    "revenue_tax": None,
    "pageviews_before": None,
}

#: Conversions of the same goal in the same second differ by their first two digits: 10 to 39.
_BUSTER_PREFIXES: Final = range(10, 40)

#: What a request converts: a goal, an order, or (which is not yet a conversion of the visit) a cart.
Conversion = ConvertedGoal | Ecommerce


def reported_conversion(request: TrackingRequest, urls: PageUrls) -> Conversion | None:
    """The goal, order or cart that the request itself reports; it then has no action.

    Raises `InvalidRequest` for a goal that the site does not have.
    """
    return manual_goal(request, urls) or ecommerce_of(request.params)


@dataclass(frozen=True, kw_only=True, slots=True)
class Converting:
    """The request that converts, and what was planned for it already."""

    request: TrackingRequest
    #: its row as the request leaves it, custom dimensions included
    visit: Visit
    #: the visit's row before the request; null where the visit begins with it
    before: Mapping[str, Any] | None
    action: Action | None
    link_action: LinkAction | None
    #: `referer_type`, `referer_name`, `referer_keyword` that the conversion is credited with
    credit: Mapping[str, Any]


class Conversions:
    """The conversions of a batch, with those that are in the database."""

    def __init__(self, plan: Plan, known: Known, random: Random) -> None:
        self._plan = plan
        self._random = random
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
        columns = _common_columns(converting)
        request, action, link_action = converting.request, converting.action, converting.link_action
        if action is not None:
            columns["idaction_url"] = None if action.is_site_search else action.names.get("idaction_url") or 0
            columns["idlink_va"] = link_action
        columns["pageviews_before"] = _pageviews_before(converting)
        for goal, url in goals:
            one = {"idgoal": goal.idgoal, "url": url, "buster": 0, "revenue": _goal_revenue(goal, request)}
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
        columns = _common_columns(converting) | ecommerce.amounts
        columns["items"] = sum(item.quantity for item in items)
        if ecommerce.is_order:
            columns["idgoal"] = ORDER_GOAL
            columns["idorder"] = ecommerce.order[:MAX_ORDER_LENGTH]
            columns["buster"] = order_buster(ecommerce.order)
            columns["pageviews_before"] = _pageviews_before(converting)
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
        """Return a number that tells the visit's conversions of a goal apart: two random digits, the time."""
        digits = str(timestamp)[2:]
        first = self._random.randrange(len(_BUSTER_PREFIXES))
        buster = 0
        for offset in range(len(_BUSTER_PREFIXES)):
            prefix = _BUSTER_PREFIXES[(first + offset) % len(_BUSTER_PREFIXES)]
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
        row = {**_DEFAULTS, **columns, "idvisit": visit, **_custom_dimensions(converting)}
        self._plan.conversions.append(row)
        if columns["idgoal"] == CART_GOAL:
            self._carts[visit] = row
            self._plan.remember(lambda: self._carts.pop(visit))
        self._take(key, order)
        return True

    def _change_cart(self, visit: Visit, columns: Mapping[str, Any]) -> bool:
        """Change the visit's cart, which may become an order; False where a key forbids it."""
        cart_key = (_identity(visit), CART_GOAL, 0)
        if cart_key not in self._keys:
            # The visit is said to have a cart and has none: to change no row is no failure.
            return True
        key, order = _key(visit, columns), _order_of(columns)
        if key != cart_key and (key in self._keys or order in self._orders):
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


def _order_of(columns: Mapping[str, Any]) -> tuple[int, str] | None:
    order = columns.get("idorder")
    return None if order is None else (columns["idsite"], order_key(order))


def _common_columns(converting: Converting) -> dict[str, Any]:
    request, row = converting.request, converting.visit.row
    columns: dict[str, Any] = {
        "idsite": request.idsite,
        "idvisitor": row["idvisitor"],
        "server_time": request.timestamp,
    }
    for column in _VISIT_COLUMNS:
        columns[column] = row.get(column)
    if columns["location_country"] is None:  # a visit of an old version, or one that was anonymised
        guess = request.settings.tracker_flag("enable_language_to_country_guess")
        columns["location_country"] = country_of_language(request.language, guess)
    columns.update(converting.credit)
    return columns


def _custom_dimensions(converting: Converting) -> dict[str, Any]:
    columns = (column_of(d) for d in converting.request.site.dimensions if d.scope == VISIT_SCOPE)
    return {column: converting.visit.row.get(column) for column in columns}


def _pageviews_before(converting: Converting) -> int:
    """Page views of the visit, with the one that converts: Matomo counts from the visit as it was before."""
    before, action = converting.before, converting.action
    views = 0
    if before is not None:
        views = (before["visit_total_interactions"] or 0) - (before["visit_total_searches"] or 0)
    return views + 1 if action is not None and action.is_page_view else views


def _goal_revenue(goal: Goal, request: TrackingRequest) -> float:
    """Return the revenue that was sent, else the goal's own; or where the goal says so the event's value."""
    if goal.event_value_as_revenue and goal.match_attribute.startswith("event_"):
        value = request.params.number("e_v")
        if value is not None:
            return value
    sent = request.params.number("revenue", wrong=goal.revenue)
    return to_cents(float(goal.revenue if sent is None else sent))
