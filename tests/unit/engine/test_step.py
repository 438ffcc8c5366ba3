from __future__ import annotations

from ipaddress import ip_address
from typing import Any

from qtd.engine.plan import Plan
from qtd.engine.site import CustomDimension, Goal, Site
from tests.tracker import SITE, Batch, outcomes, plan_of, request_set, settings
from tests.tracking import NOW

SHOP = Site(
    idsite=1,
    urls=("http://example.org",),
    ts_created="2026-11-12 00:00:00",
    goals=(Goal(idgoal=3, match_attribute="url", pattern="thanks", pattern_type="contains", revenue=5.0),),
    dimensions=(
        CustomDimension(idcustomdimension=1, index=1, scope="visit"),
        CustomDimension(idcustomdimension=2, index=1, scope="action"),
    ),
)


def planned(*requests: dict[str, Any], site: Site = SITE, **tracker: str) -> Plan:
    """The plan for requests that come one after the other, a minute apart."""
    sets = (request_set(one, at=NOW + 60 * number) for number, one in enumerate(requests))
    return Batch(settings(site, tracker=tracker)).plan(*sets)


def visits(*requests: dict[str, Any], **tracker: Any) -> list[dict[str, Any]]:
    """The rows of the visits that these requests make."""
    return [visit.row for visit in planned(*requests, **tracker).new_visits]


def test_requests_of_a_visitor_make_one_visit() -> None:
    """Its row is as the last one leaves it, and is written once."""
    (row,) = visits({}, {"url": "http://example.org/b"}, {"url": "http://example.org/c"})
    assert row["visit_total_actions"] == 3
    assert row["visit_total_time"] == 121
    assert row["visit_last_action_time"] == NOW + 120
    assert row["visit_entry_idaction_url"] == (1, "example.org/a")
    assert row["visit_exit_idaction_url"] == (1, "example.org/c")


def test_a_visitor_without_identifier_gets_a_random_one() -> None:
    """And is found again by his device."""
    (row,) = visits({"_id": ""}, {"_id": ""})
    assert len(row["idvisitor"]) == 8
    assert row["visit_total_actions"] == 2


def test_a_new_visit_of_a_known_visitor_keeps_his_identifier() -> None:
    """Also where the request carries another one, as he is known by his device."""
    first, second = visits({}, {"_id": "b" * 16, "new_visit": "1"})
    assert second["idvisitor"] == first["idvisitor"]
    assert (second["visitor_returning"], second["visitor_count_visits"]) == (1, 2)


def test_a_new_campaign_begins_a_visit() -> None:
    """Unless the settings let it go on; a visit without any referrer takes it over."""
    one, other = ({"url": f"http://example.org/?mtm_campaign={name}"} for name in ("one", "other"))
    assert [row["referer_name"] for row in visits(one, other)] == ["one", "other"]
    assert [row["referer_name"] for row in visits({}, other)] == ["other"]
    assert len(visits(one, other, create_new_visit_when_campaign_changes="0")) == 1


def test_a_visit_that_a_new_campaign_begins_keeps_the_address_of_the_one_it_ends() -> None:
    """Whatever address the request comes from; a visit that begins for another reason has the request's."""
    campaign, forced = {"url": "http://example.org/?mtm_campaign=one"}, {"new_visit": "1"}
    for last, address in ((campaign, "198.51.0.0"), (forced, "192.0.0.0")):
        sets = (
            request_set({"urlref": "http://site.example/"}),
            request_set(last, at=NOW + 60, server={"REMOTE_ADDR": "192.0.2.1"}),
        )
        _, second = (visit.row for visit in Batch(settings()).plan(*sets).new_visits)
        assert ip_address(second["location_ip"]) == ip_address(address)


def test_a_ping_prolongs_a_visit_and_begins_none() -> None:
    """It is recorded only where there is one; the page it names is looked up all the same."""
    (row,) = visits({}, {"ping": "1", "url": "http://example.org/other"})
    assert (row["visit_total_time"], row["visit_total_actions"]) == (61, 1)
    alone = plan_of({"ping": "1"})
    assert outcomes(alone) == {"ping_without_visit": 1}
    assert alone.new_visits == []
    assert list(alone.actions) == [(1, "example.org/a")]


def test_an_invalid_request_leaves_nothing() -> None:
    """Whatever it would have changed: the visit it continues, or the one it begins."""
    negative = {"pf_net": "-5"}
    (row,) = visits({}, negative, {})
    assert row["visit_total_actions"] == 2
    assert visits(negative) == []
    plan = plan_of({}, {**negative, "url": "http://example.org/other"})
    assert list(plan.actions) == [(1, "example.org/a")]
    assert outcomes(plan) == {"recorded": 1, "negative_page_performance": 1}


def test_an_objection_matters_only_where_the_action_is_looked_up() -> None:
    """A goal that is reported by hand has no action, so nobody objects to its event."""
    bad_event = {"e_c": " ", "e_a": "a"}
    assert outcomes(plan_of(bad_event)) == {"empty_event": 1}
    assert outcomes(planned({**bad_event, "idgoal": "3"}, site=SHOP)) == {"recorded": 1}


def test_a_goal_is_converted_by_its_page() -> None:
    """The visit says so, lasts a second longer, and the conversion knows its action."""
    plan = planned({}, {"url": "http://example.org/thanks"}, site=SHOP)
    (row,) = (visit.row for visit in plan.new_visits)
    assert (row["visit_goal_converted"], row["visit_total_time"]) == (1, 62)
    (conversion,) = plan.conversions
    assert conversion["idgoal"] == 3
    assert conversion["revenue"] == 5.0
    assert conversion["idlink_va"] is plan.link_actions[1]
    assert conversion["idaction_url"] == (1, "example.org/thanks")


def test_dimensions_of_visit_and_action() -> None:
    """Each in its own row."""
    plan = planned({"dimension1": "v", "dimension2": "a"}, site=SHOP)
    assert plan.new_visits[0].row["custom_dimension_1"] == "v"
    assert plan.link_actions[0].row["custom_dimension_1"] == "a"


def test_a_site_that_is_younger_than_its_requests_gets_older() -> None:
    """So that its reports reach them."""
    assert planned({}, site=SHOP).site_created == {1: "2026-11-09 00:00:00"}


def test_two_sites_have_visits_of_their_own() -> None:
    """The same visitor is another one there."""
    other = Site(idsite=2, urls=("http://other.example",))
    plan = Batch(settings(SITE, other)).plan(request_set({}), request_set({"idsite": "2"}), request_set({}))
    assert [(visit.row["idsite"], visit.row["visit_total_actions"]) for visit in plan.new_visits] == [
        (1, 2),
        (2, 1),
    ]
