from __future__ import annotations

from typing import Any

from qtd.engine.late_times import LateTimes
from qtd.engine.lookup import Known
from qtd.engine.params import Params
from qtd.engine.plan import LinkAction, Plan
from qtd.engine.visit import Visit
from tests.tracker import Batch, outcomes, request_set
from tests.tracking import NOW, visit

PING = {"ping": "1"}


def page(pv_id: str = "abc123", **params: Any) -> dict[str, Any]:
    """A page view with an identifier."""
    return {"pv_id": pv_id, **params}


def times(*requests: dict[str, Any]) -> list[Any]:
    """`time_network` of each action that these requests make, one after the other in one batch."""
    plan = Batch().plan(*(request_set(one) for one in requests))
    return [action.row.get("time_network") for action in plan.link_actions]


def test_times_go_to_the_page_view_of_the_batch() -> None:
    """The one with the same identifier, in any case as the database compares."""
    assert times(page("one"), page("Two"), {**PING, "pv_id": "tWO", "pf_net": "5"}) == [None, 5]


def test_of_two_with_the_same_identifier_the_first_is_meant() -> None:
    """But one with an address goes before one with a title only, and one with neither is none."""
    late = {**PING, **page(), "pf_net": "5"}
    assert times(page(), page(), late) == [5, None]
    titled = page(url="", action_name="A")
    assert times(titled, page(), late) == [None, 5]
    assert times(titled, late) == [5]
    assert times(page(url=""), late) == [None]


def test_a_long_identifier_finds_nothing() -> None:
    """Six characters are stored, and Matomo compares with all that were sent."""
    assert times(page("abcdefg"), {**PING, **page("abcdefg"), "pf_net": "5"}) == [None]
    assert times(page("abcdefg"), {**PING, **page("abcdef"), "pf_net": "5"}) == [5]


def test_another_page_view_adds_nothing() -> None:
    """Its times are its own."""
    assert times(page(), page(pf_net="5")) == [None, 5]


def test_a_page_view_that_is_undone_is_forgotten() -> None:
    """And the one before it is found again."""
    plan, someone = Plan(), visit()
    late = LateTimes(plan, Known())
    titled = LinkAction({"idpageview": "abc", "idaction_url": 0, "idaction_name": (4, "A")})
    with_address = LinkAction({"idpageview": "abc", "idaction_url": (1, "a"), "idaction_name": 0})
    late.remember(someone, titled)
    mark = plan.mark()
    late.remember(someone, with_address)
    plan.undo(mark)
    mark = plan.mark()
    late.add(someone, Params({"pv_id": "abc", "pf_net": "5"}))
    assert (titled.row.get("time_network"), with_address.row.get("time_network")) == (5, None)
    other = visit()
    late.remember(other, with_address)
    plan.undo(mark)
    late.add(other, Params({"pv_id": "abc", "pf_net": "5"}))
    assert "time_network" not in with_address.row


def test_stored_page_views_come_first() -> None:
    """They are changed by their key; of several requests the last one counts."""
    stored: Visit = visit(
        7, idvisitor=b"\xaa" * 8, config_id=b"", profilable=1, user_id=None, visit_total_actions=1,
        visit_total_events=0, visit_exit_idaction_url=1, visit_exit_idaction_name=1, referer_type=1,
        referer_name=None, referer_keyword=None, visit_entry_idaction_url=1, visit_total_time=0,
    )  # fmt: skip
    known = Known(page_views={(7, "abc123"): 70})
    known.visits.add(stored)
    late = [request_set({**PING, **page("ABC123"), "pf_net": time}, at=NOW + 5) for time in ("5", "6")]
    plan = Batch(known=known).plan(*late)
    assert plan.updates == [("log_link_visit_action", {"idlink_va": 70}, {"time_network": 6})]


def test_a_time_that_is_too_long_spoils_the_request() -> None:
    """If there is a page view that it belongs to; Matomo's statement fails on it."""
    late = {**PING, **page(), "pf_net": "99999999"}
    plan = Batch().plan(request_set(page()), request_set(late), request_set({**late, "pv_id": "zzz"}))
    assert outcomes(plan) == {"recorded": 2, "page_performance_range": 1}
