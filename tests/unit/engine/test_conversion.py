from __future__ import annotations

from typing import Any

import pytest

from qtd.engine.action import EVENT, Action, ActionType
from qtd.engine.conversion import Conversion, Conversions, reported_conversion
from qtd.engine.conversion_row import Converting
from qtd.engine.ecommerce import Ecommerce
from qtd.engine.goal import ConvertedGoal
from qtd.engine.invalid import InvalidRequest
from qtd.engine.lookup import Known
from qtd.engine.order_number import order_buster
from qtd.engine.plan import LinkAction, Plan
from qtd.engine.site import CustomDimension, Goal, Site
from qtd.engine.visit import Visit
from tests.tracking import NOW, page_view, request, urls, visit

ONCE = Goal(idgoal=1, match_attribute="manually", revenue=10.5)
OFTEN = Goal(
    idgoal=2, match_attribute="event_action", allow_multiple=True, event_value_as_revenue=True, revenue=3
)
SITE = Site(
    idsite=1,
    urls=("http://example.org",),
    goals=(ONCE, OFTEN),
    dimensions=(
        CustomDimension(idcustomdimension=5, index=1, scope="visit"),
        CustomDimension(idcustomdimension=6, index=2, scope="action"),
    ),
)
CREDIT = {"referer_type": 6, "referer_name": "camp", "referer_keyword": None}


class Batch:
    """A batch that plans conversions."""

    def __init__(self, known: Known | None = None) -> None:
        self.plan = Plan()
        self.known = known or Known()
        self.conversions = Conversions(self.plan, self.known)

    def send(
        self,
        visit: Visit,
        *,
        goals: list[Goal] | None = None,
        before: dict[str, Any] | None = None,
        action: Action | None = None,
        at: int = NOW,
        **params: Any,
    ) -> None:
        """Plan a request that converts these goals, or that reports something by itself; invalid: undo it."""
        asked = request(SITE, at=at, **params)
        found: list[Conversion] = [ConvertedGoal(goal, "http://example.org/a") for goal in goals or ()]
        if goals is None:
            reported = reported_conversion(asked, urls(SITE))
            assert reported is not None
            found = [reported]
        mark = self.plan.mark()
        try:
            self.conversions.record(
                found,
                Converting(
                    request=asked,
                    visit=visit,
                    before=before,
                    action=action,
                    link_action=LinkAction({}) if action else None,
                    credit=CREDIT,
                ),
            )
        except InvalidRequest:
            self.plan.undo(mark)
            raise
        if isinstance(found[0], Ecommerce):
            visit.row["visit_goal_buyer"] = 1 if found[0].is_order else 2

    def order(self, visit: Visit, number: str, **params: Any) -> None:
        """Order in a visit that has gone on until now."""
        self.send(visit, before=dict(visit.row), idgoal="0", ec_id=number, **params)

    def cart(self, visit: Visit, **params: Any) -> None:
        """Change the cart of a visit that has gone on until now."""
        self.send(visit, before=dict(visit.row), idgoal="0", **params)


def test_a_goals_row() -> None:
    """A conversion takes its visit's columns, the action that converted and what it is credited with."""
    batch, there = Batch(), visit(custom_dimension_1="gold", custom_dimension_2="x", visitor_count_visits=4)
    action = page_view()
    batch.send(there, goals=[ONCE], action=action)
    [row] = batch.plan.conversions
    assert row["idvisit"] is there
    assert isinstance(row["idlink_va"], LinkAction)
    assert row["idaction_url"] == (1, "example.org/a")
    expected = {
        "idgoal": 1,
        "buster": 0,
        "url": "http://example.org/a",
        "revenue": 10.5,
        "server_time": NOW,
        "idvisitor": b"visitor1",
        "visitor_count_visits": 4,
        "custom_dimension_1": "gold",
        "idorder": None,
        "items": None,
        "pageviews_before": 1,
        **CREDIT,
    }
    assert row == row | expected
    assert "custom_dimension_2" not in row


@pytest.mark.parametrize(
    ("kind", "idaction_url", "views"),
    [
        (ActionType.PAGE_URL, 0, 4),
        (ActionType.SITE_SEARCH, None, 3),
        (EVENT, 0, 3),
        (None, None, 3),
    ],
)
def test_page_views_before(kind: ActionType | None, idaction_url: int | None, views: int) -> None:
    """Searches are no page views; the page view that converts counts, and no other action does."""
    batch = Batch()
    action = None if kind is None else Action(type=kind)
    before = {"visit_total_interactions": 5, "visit_total_searches": 2}
    batch.send(visit(), goals=[ONCE], before=before, action=action)
    [row] = batch.plan.conversions
    assert (row["pageviews_before"], row["idaction_url"]) == (views, idaction_url)


@pytest.mark.parametrize(("known", "stored"), [("fr", "fr"), ("xx", "xx"), (None, "de")])
def test_country(known: str | None, stored: str) -> None:
    """A conversion has its visit's country; only where the visit has none at all the language is asked."""
    batch = Batch()
    batch.send(visit(location_country=known), goals=[ONCE], lang="de-de")
    assert [row["location_country"] for row in batch.plan.conversions] == [stored]


@pytest.mark.parametrize(
    ("goal", "params", "revenue"),
    [
        (ONCE, {}, 10.5),
        (ONCE, {"revenue": ""}, 10.5),
        (ONCE, {"revenue": "abc"}, 10.5),
        (ONCE, {"revenue": "0"}, 0.0),
        (ONCE, {"revenue": "-5.555"}, -5.56),
        (ONCE, {"e_v": "4"}, 10.5),
        (OFTEN, {"revenue": "1", "e_v": "4.125"}, 4.125),
        (OFTEN, {"e_v": "x"}, 0.0),
        (OFTEN, {}, 3.0),
    ],
)
def test_revenue_of_goals(goal: Goal, params: dict[str, Any], revenue: float) -> None:
    """What was sent, rounded; else the goal's own; an event's value, not rounded, where the goal says so."""
    batch = Batch()
    batch.send(visit(), goals=[goal], **params)
    assert [row["revenue"] for row in batch.plan.conversions] == [revenue]


@pytest.mark.parametrize("idvisit", [None, 7])
def test_a_goal_converts_once_a_visit(idvisit: int | None) -> None:
    """In the same batch, whether or not the visit is in the database."""
    batch, there = Batch(), visit(idvisit)
    batch.send(there, goals=[ONCE])
    batch.send(there, goals=[ONCE], at=NOW + 5)
    batch.send(visit(8), goals=[ONCE])
    assert [row["server_time"] for row in batch.plan.conversions] == [NOW, NOW]


def test_a_goal_that_was_converted_before_the_batch() -> None:
    """What the database has is not planned again."""
    batch = Batch(Known(conversions={(7, 1, 0)}))
    batch.send(visit(7), goals=[ONCE])
    assert batch.plan.conversions == []


def test_busters_of_goals_that_convert_often() -> None:
    """Two digits from 10 to 39, the first that are free, then the time without its first two."""
    taken = {(7, 2, int(f"{prefix}94304800")) for prefix in range(10, 38)}
    batch, there = Batch(Known(conversions=taken)), visit(7)
    for _ in range(3):
        batch.send(there, goals=[OFTEN])
    assert [row["buster"] for row in batch.plan.conversions] == [38_94304800, 39_94304800]


def test_a_conversion_again_with_an_order_number_is_invalid() -> None:
    """Matomo takes it for a repeated order, and the whole request is undone: also the goals that were new."""
    batch, there = Batch(), visit()
    batch.send(there, goals=[ONCE])
    with pytest.raises(InvalidRequest):
        batch.send(there, goals=[OFTEN, ONCE], ec_id="O")
    assert [row["idgoal"] for row in batch.plan.conversions] == [1]


def test_an_orders_row() -> None:
    """An order has goal 0, its number and the number of pieces; its address stays empty."""
    batch = Batch()
    batch.order(visit(), "O-1", revenue="30.48", ec_tx="3", ec_items='[["a","",[],1,2],["b","",[],1,3]]')
    [row] = batch.plan.conversions
    expected = {
        "idgoal": 0,
        "idorder": "O-1",
        "buster": order_buster("O-1"),
        "items": 5,
        "url": "",
        "revenue": 30.48,
        "revenue_tax": 3.0,
        "revenue_shipping": None,
        "pageviews_before": 0,
        "idaction_url": None,
    }
    assert row == row | expected
    assert batch.plan.actions.keys() == {(5, "a"), (5, "b")}


@pytest.mark.parametrize("known", [None, Known(orders={(1, "o-1")})])
def test_a_repeated_order_is_invalid(known: Known | None) -> None:
    """In the batch or in the database, by any visitor, in any case; what it would have planned is taken back."""
    batch = Batch(known)
    if known is None:
        batch.order(visit(), "O-1")
    planned = len(batch.plan.conversions)
    with pytest.raises(InvalidRequest) as error:
        batch.order(visit(), "O-1", ec_items='[["new"]]')
    assert error.value.reason == "repeated_order"
    assert len(batch.plan.conversions) == planned
    assert batch.plan.items == []
    assert (5, "new") not in batch.plan.actions


def test_an_undone_order_may_be_sent_again() -> None:
    """Undoing gives the order number back."""
    batch, there = Batch(), visit()
    mark = batch.plan.mark()
    batch.order(there, "O-1")
    batch.plan.undo(mark)
    batch.order(there, "O-1")
    assert len(batch.plan.conversions) == 1


def test_unreadable_items_leave_no_conversion() -> None:
    """Such an order is not there, and may be sent again."""
    batch, there = Batch(), visit()
    batch.order(there, "O-1", ec_items="5")
    assert batch.plan.conversions == []
    batch.order(there, "O-1")
    assert len(batch.plan.conversions) == 1


def test_a_cart_changes_and_becomes_an_order_in_place() -> None:
    """Within a batch the cart's new row is changed; then the visit may have a new cart."""
    batch, there = Batch(), visit()
    batch.cart(there, revenue="1", ec_items='[["a"]]')
    batch.cart(there, revenue="2", ec_items='[["a"],["b"]]')
    [row] = batch.plan.conversions
    assert (row["idgoal"], row["revenue"], row["items"], row["pageviews_before"]) == (-1, 2.0, 2, None)
    batch.order(there, "O-1", revenue="3")
    batch.cart(there, revenue="4")
    assert [(row["idgoal"], row["idorder"], row["revenue"]) for row in batch.plan.conversions] == [
        (0, "O-1", 3.0),
        (-1, None, 4.0),
    ]
    assert batch.plan.updates == []


def test_a_cart_in_the_database_is_changed_once() -> None:
    """All changes of the stored row are one; its key is free for the next cart."""
    batch, there = Batch(Known(conversions={(7, -1, 0)})), visit(7, visit_goal_buyer=2)
    batch.cart(there, revenue="2")
    batch.order(there, "O-1", revenue="3")
    batch.cart(there, revenue="4")
    [(table, key, changes)] = batch.plan.updates
    assert (table, key) == ("log_conversion", {"idvisit": 7, "idgoal": -1, "buster": 0})
    assert (changes["idgoal"], changes["idorder"], changes["revenue"]) == (0, "O-1", 3.0)
    assert "url" not in changes
    assert [(row["idgoal"], row["revenue"]) for row in batch.plan.conversions] == [(-1, 4.0)]


def test_a_repeated_order_of_an_open_cart_leaves_the_cart() -> None:
    """Matomo's update fails without a sound: neither the cart nor its items change, and the request is valid."""
    batch, there = Batch(Known(orders={(1, "O-1")})), visit()
    batch.cart(there, ec_items='[["a"]]')
    batch.order(there, "O-1", ec_items='[["b"]]')
    assert [row["idgoal"] for row in batch.plan.conversions] == [-1]
    assert [row["idaction_sku"] for row in batch.plan.items] == [(5, "a")]
    # The visit now counts as ordered, so the next cart is inserted and finds the old one in its way.
    batch.cart(there, ec_items='[["c"]]', revenue="9")
    assert [row["revenue"] for row in batch.plan.conversions] == [0.0]
    assert len(batch.plan.items) == 1


def test_a_cart_that_changes_to_more_items_than_its_column_holds_stays() -> None:
    """Matomo's update fails without a sound; a new cart of as many is stored with what fits."""
    batch, there = Batch(), visit()
    batch.cart(there, ec_items='[["a","","",1,65536]]')
    assert batch.plan.conversions[0]["items"] == 65536
    batch.cart(there, ec_items='[["a","","",1,65535]]')
    batch.cart(there, ec_items='[["b","","",1,65536]]')
    assert batch.plan.conversions[0]["items"] == 65535
    assert [item["deleted"] for item in batch.plan.items] == [0]


def test_a_cart_that_is_not_there_is_not_ordered() -> None:
    """A visit may be said to have a cart that was never recorded: the order is lost, its items are not."""
    batch = Batch()
    batch.order(visit(visit_goal_buyer=2), "O-1", ec_items='[["a"]]')
    assert batch.plan.conversions == []
    assert [row["idorder"] for row in batch.plan.items] == ["O-1"]


def test_undoing_a_cart_change_restores_the_row() -> None:
    """What was changed in place is as before, stored rows too."""
    for known in (None, Known(conversions={(7, -1, 0)})):
        batch, there = Batch(known), visit(7, visit_goal_buyer=2 if known else 0)
        batch.cart(there, revenue="1")
        before = [dict(row) for row in batch.plan.conversions], [dict(u[2]) for u in batch.plan.updates]
        mark = batch.plan.mark()
        batch.order(there, "O-1", revenue="3")
        batch.plan.undo(mark)
        assert ([*batch.plan.conversions], [u[2] for u in batch.plan.updates]) == before
        there.row["visit_goal_buyer"] = 2
        batch.order(there, "O-1", revenue="3")
        rows = [*batch.plan.conversions, *(u[2] for u in batch.plan.updates)]
        assert [row["idorder"] for row in rows] == ["O-1"]
