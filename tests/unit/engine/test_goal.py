from __future__ import annotations

from typing import Any

import pytest

from qtd.engine.action import EVENT, Action, ActionType
from qtd.engine.goal import goals_of, manual_goal
from qtd.engine.invalid import InvalidRequest
from qtd.engine.site import Goal, Site
from tests.tracking import NOW, page_view, request, urls


def site(*goals: Goal) -> Site:
    """A site with these goals."""
    return Site(idsite=1, urls=("http://example.org",), goals=goals)


def matches(goal: Goal, action: Action, **params: Any) -> bool:
    """Whether the action converts the goal."""
    return [converted.goal for converted in goals_of(request(site(goal), **params), action)] == [goal]


@pytest.mark.parametrize(
    ("pattern_type", "pattern", "case_sensitive", "url", "converts"),
    [
        ("contains", "/thank-you", False, "http://example.org/THANK-you?x=1", True),
        ("contains", "/thank-you", True, "http://example.org/Thank-you", False),
        ("contains", "ä", False, "http://example.org/Ä", False),
        ("exact", "http://example.org/A", False, "http://example.org/a", True),
        ("exact", "http://example.org/A", True, "http://example.org/a", False),
        ("exact", "http://example.org/a", True, "http://example.org/a?x=1", False),
        ("regex", "(.*)/product/[0-9]+", False, "http://example.org/PRODUCT/9", True),
        ("regex", "(.*)/product/[0-9]+", True, "http://example.org/PRODUCT/9", False),
        ("regex", r"org\/a/b", False, "http://example.org/a/b", False),
        ("regex", "(unclosed", False, "http://example.org/(unclosed", False),
        ("contains", "a%20b", False, "http://example.org/a b", True),
        ("contains", "x=1&amp;y", False, "http://example.org/?x=1&amp;y=2", True),
        ("sounds_like", "a", False, "http://example.org/a", False),
    ],
)
def test_patterns(pattern_type: str, pattern: str, case_sensitive: bool, url: str, converts: bool) -> None:  # noqa: FBT001
    """Each kind of pattern matches as in PHP: ASCII case only, escaped text unescaped, URL-encoding undone."""
    goal = Goal(
        idgoal=1,
        match_attribute="url",
        pattern=pattern,
        pattern_type=pattern_type,
        case_sensitive=case_sensitive,
    )
    assert matches(goal, page_view(url)) is converts


def test_the_address_before_exclusion_is_matched_and_the_other_is_stored() -> None:
    """A goal may wait for a parameter that is not part of the page's address."""
    goal = Goal(idgoal=1, match_attribute="url", pattern="gclid=", pattern_type="contains")
    action = page_view("http://example.org/a")
    action.raw_url = "http://example.org/a?gclid=1"
    assert goals_of(request(site(goal)), action)[0].url == "http://example.org/a"


@pytest.mark.parametrize(
    ("attribute", "kind"),
    [
        ("url", ActionType.PAGE_URL),
        ("file", ActionType.DOWNLOAD),
        ("external_website", ActionType.OUTLINK),
    ],
)
def test_each_attribute_belongs_to_a_kind_of_action(attribute: str, kind: ActionType) -> None:
    """An address goal is converted by its own kind of action and no other."""
    goal = Goal(idgoal=1, match_attribute=attribute, pattern="x", pattern_type="contains")
    for other in (
        ActionType.PAGE_URL,
        ActionType.DOWNLOAD,
        ActionType.OUTLINK,
        EVENT,
        ActionType.SITE_SEARCH,
    ):
        assert matches(goal, Action(type=other, url="x", raw_url="x")) is (other is kind)


def test_titles() -> None:
    """A page's title converts also where its address is not usable; the conversion's address is then empty."""
    goal = Goal(idgoal=1, match_attribute="title", pattern="a & b", pattern_type="exact")
    action = Action(type=ActionType.PAGE_URL, title="a &amp; b")
    assert [url for _, url in goals_of(request(site(goal)), action)] == [""]


@pytest.mark.parametrize("attribute", ["event_category", "event_action", "event_name"])
def test_events(attribute: str) -> None:
    """Category, action and name of an event are matched as they were sent, and only of events."""
    goal = Goal(idgoal=1, match_attribute=attribute, pattern="^ x", pattern_type="regex")
    parameter = {"event_category": "e_c", "event_action": "e_a", "event_name": "e_n"}[attribute]
    assert matches(goal, Action(type=EVENT), **{parameter: " x"})
    assert not matches(goal, Action(type=EVENT), e_x=" x")
    assert not matches(goal, page_view(), **{parameter: " x"})


@pytest.mark.parametrize(("seconds", "converts"), [(300, False), (301, True)])
def test_visit_duration(seconds: int, converts: bool) -> None:  # noqa: FBT001
    """A visit must last longer than the pattern's minutes."""
    goal = Goal(idgoal=1, match_attribute="visit_duration", pattern="5", pattern_type="greater_than")
    found = goals_of(request(site(goal), at=NOW + seconds), page_view(), NOW)
    assert bool(found) is converts


def test_a_visit_that_begins_has_no_duration() -> None:
    """The first action of a visit converts no duration, whatever the pattern."""
    goal = Goal(idgoal=1, match_attribute="visit_duration", pattern="-1", pattern_type="greater_than")
    assert goals_of(request(site(goal)), page_view(), None) == []


def test_manual_goals_are_converted_by_hand_only() -> None:
    """An action never converts a manual goal; `idgoal` converts any goal of the site."""
    by_hand = Goal(idgoal=7, match_attribute="manually")
    by_url = Goal(idgoal=8, match_attribute="url", pattern="nothing", pattern_type="exact")
    there = site(by_hand, by_url)
    assert goals_of(request(there), page_view()) == []
    for goal in (by_hand, by_url):
        asked = request(there, idgoal=str(goal.idgoal), url="http://EXAMPLE.org/a?gclid=1&x=1")
        assert manual_goal(asked, urls(there)) == (goal, "http://example.org/a?x=1")


@pytest.mark.parametrize("idgoal", ["0", "-1", "", "7x"])
def test_no_manual_goal(idgoal: str) -> None:
    """What is no positive number reports no goal."""
    there = site(Goal(idgoal=7, match_attribute="manually"))
    assert manual_goal(request(there, idgoal=idgoal), urls(there)) is None


def test_a_goal_that_is_not_there_makes_the_request_invalid() -> None:
    """Neither unknown nor deleted goals can be reported."""
    there = site(Goal(idgoal=7, match_attribute="manually"))
    with pytest.raises(InvalidRequest, match="no goal 8"):
        manual_goal(request(there, idgoal="8"), urls(there))
