from __future__ import annotations

from typing import Any

import pytest

from qtd.engine.action import Action, ActionType
from qtd.engine.custom_dimension import action_dimensions, remember_last_action, visit_dimensions
from qtd.engine.invalid import InvalidRequest
from qtd.engine.plan import LinkAction, Plan
from qtd.engine.site import CustomDimension, Extraction, Site
from tests.tracking import page_view, request, visit


def site(*extractions: tuple[str, str], scope: str = "action", case_sensitive: bool = True) -> Site:
    """A site with dimension 3, which is the first of its scope."""
    dimension = CustomDimension(
        idcustomdimension=3,
        index=1,
        scope=scope,
        case_sensitive=case_sensitive,
        extractions=tuple(Extraction(dimension=where, pattern=pattern) for where, pattern in extractions),
    )
    return Site(idsite=1, urls=("http://example.org",), dimensions=(dimension,))


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("gold", "gold"),
        ("0", "0"),
        ("", ""),
        ("  ", ""),
        (" a ", "a"),
        ("<b>", "&lt;b&gt;"),
        ("x" * 300, "x" * 250),
        ("é" * 300, "é" * 250),
        (5, "5"),
    ],
)
def test_values_from_the_parameter(sent: object, kept: str) -> None:
    """The parameter has the dimension's number, the column its index; text is sanitized, trimmed and cut."""
    there = site(("url", "(.*)"))
    assert action_dimensions(request(there, dimension3=sent), page_view()) == {"custom_dimension_1": kept}


@pytest.mark.parametrize("params", [{}, {"dimension1": "x"}, {"dimension3": ["x"]}, {"dimension3": None}])
def test_no_value(params: dict[str, Any]) -> None:
    """Without a parameter that is text, and without extraction, nothing is set."""
    assert action_dimensions(request(site(), **params), page_view()) == {}


@pytest.mark.parametrize(
    ("where", "pattern", "action", "value"),
    [
        ("url", "author=(.*?)(&|$)", page_view("http://e.org/a?author=Ann&amp;x=1"), "Ann"),
        ("url", "author=(.*?)(&|$)", page_view("http://e.org/a?author=B%C3%A9n%20X"), "Bén X"),
        ("url", "author=(.*?)(&|$)", page_view("http://e.org/a?author="), None),
        ("url", "/a/(b)/", page_view("http://e.org/a/b/"), "b"),
        ("url", "http", page_view("http://e.org/"), None),
        ("url", "(unclosed", page_view("http://e.org/(unclosed"), None),
        ("url", "0", page_view("http://e.org/0"), None),
        ("url", "(x)?http", page_view("http://e.org/"), None),
        ("urlparam", "sec", page_view("http://e.org/?a=1&sec=News&b=2"), "News"),
        ("urlparam", "sec", page_view("http://e.org/?sec=1&sec=2"), "2"),
        ("urlparam", "sec", page_view("http://e.org/sec=1"), None),
        ("action_name", r"Section (\w+)", page_view(title="Section Sports &amp; more"), "Sports"),
        ("action_name", "(.*)", Action(type=ActionType.DOWNLOAD), None),
    ],
)
def test_extraction(where: str, pattern: str, action: Action, value: str | None) -> None:
    """The first group of the pattern, URL-decoded, from the address as it came or from the title."""
    found = action_dimensions(request(site((where, pattern))), action)
    assert found == ({} if value is None else {"custom_dimension_1": value})


@pytest.mark.parametrize(("case_sensitive", "value"), [(True, {}), (False, {"custom_dimension_1": "up"})])
def test_extraction_and_case(case_sensitive: bool, value: dict[str, str]) -> None:  # noqa: FBT001
    """The dimension says whether case matters."""
    there = site(("urlparam", "sec"), case_sensitive=case_sensitive)
    assert action_dimensions(request(there), page_view("http://e.org/?SEC=up")) == value


def test_an_extracted_value_that_is_not_utf_8_is_refused() -> None:
    """The column does not take it."""
    action = page_view("http://example.org/?name=%E9")
    with pytest.raises(InvalidRequest, match="character"):
        action_dimensions(request(site(("urlparam", "name"))), action)


def test_the_first_extraction_that_finds_something_counts() -> None:
    """Also an empty find is none."""
    there = site(("url", "a=(.*)"), ("action_name", "(.*)"), ("url", "(.*)"))
    action = page_view("http://e.org/?a=", title="T")
    assert action_dimensions(request(there), action) == {"custom_dimension_1": "T"}


def test_visits_and_actions_have_their_own() -> None:
    """A dimension is set on its scope only; a visit's also without an action, from the request itself."""
    there = site(("url", "a=(.*)"), ("action_name", "(.*)"), scope="visit")
    assert action_dimensions(request(there, dimension3="x"), page_view()) == {}
    assert visit_dimensions(request(there, dimension3="x"), None) == {"custom_dimension_1": "x"}
    assert visit_dimensions(request(there, url="http://e.org/?a=1"), None) == {"custom_dimension_1": "1"}
    assert visit_dimensions(request(there, action_name="T"), None) == {"custom_dimension_1": "T"}


def test_the_last_action_is_remembered() -> None:
    """The visit refers to its newest action, the one before learns how long it lasted: planned or stored."""
    plan, there, asked = Plan(), visit(7, last_idlink_va=41), request(site())
    first, second = LinkAction({}), LinkAction({})
    remember_last_action(plan, asked, there, dict(there.row), first, time_spent=5)
    remember_last_action(plan, asked, there, dict(there.row), second, time_spent=6)
    assert there.row["last_idlink_va"] is second
    assert plan.changed_visits == {7: there}
    assert plan.updates == [("log_link_visit_action", {"idlink_va": 41}, {"time_spent": 5})]
    assert (first.row, second.row) == ({"time_spent": 6}, {})


def test_a_request_without_action_prolongs_the_last_one() -> None:
    """A ping or a goal says how long the last action lasted so far, and stays no action itself."""
    plan, there, asked = Plan(), visit(7, last_idlink_va=41), request(site())
    for seconds in (5, 9, 0):
        remember_last_action(plan, asked, there, dict(there.row), None, time_spent=seconds)
    assert there.row["last_idlink_va"] == 41
    assert plan.updates == [("log_link_visit_action", {"idlink_va": 41}, {"time_spent": 9})]


def test_a_new_visit_has_no_action_before() -> None:
    """Its first action is remembered, nothing else."""
    plan, there, action = Plan(), visit(), LinkAction({})
    remember_last_action(plan, request(site()), there, None, action, time_spent=5)
    assert there.row["last_idlink_va"] is action
    assert (plan.updates, plan.changed_visits) == ([], {})


def test_only_dimensions_for_actions_need_that() -> None:
    """Sites without them remember nothing."""
    plan, there = Plan(), visit(7, last_idlink_va=41)
    asked = request(site(scope="visit"))
    remember_last_action(plan, asked, there, dict(there.row), LinkAction({}), time_spent=5)
    assert (there.row["last_idlink_va"], plan.updates) == (41, [])
