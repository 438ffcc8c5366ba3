from __future__ import annotations

from tests.tracker import Batch, outcomes, request_set
from tests.tracking import NOW

YESTERDAY = NOW - 86400
BAD_EVENT = {"e_c": " ", "e_a": "a"}


def test_what_follows_an_invalid_request_goes_with_it() -> None:
    """Also where it turns out only when its action is looked up; what came before in its set stays."""
    plan = Batch().plan(request_set({}, BAD_EVENT, {}, {}), request_set({}))
    assert outcomes(plan) == {"recorded": 2, "empty_event": 1, "follows_invalid_request": 2}
    assert len(plan.link_actions) == 2


def test_other_requests_that_are_kept_out_stop_nothing() -> None:
    """Each is counted under its rule."""
    plan = Batch().plan(request_set({"rec": "0"}, {"idsite": "99"}, {"ping": "1", "_id": "b" * 16}, {}))
    assert outcomes(plan) == {"not_recorded": 1, "unknown_site": 1, "ping_without_visit": 1, "recorded": 1}
    assert list(plan.failures) == [(99, 1)]


def test_the_first_failure_of_a_site_is_kept() -> None:
    """One is enough to tell its owner."""
    plan = Batch().plan(request_set({"idsite": "99", "url": "first"}, {"idsite": "99", "url": "second"}))
    assert "url=first" in plan.failures[99, 1]


def test_reports_of_past_days_are_remembered() -> None:
    """Once for a site and day, and not for a set with an invalid request: Matomo forgets them when it rolls back."""
    late = request_set({}, {}, at=YESTERDAY)
    spoilt = request_set({}, BAD_EVENT, at=YESTERDAY - 86400)
    plan = Batch().plan(late, spoilt, request_set({}))
    assert plan.reports == {(1, "2026-11-09")}


def test_pings_without_visit_make_no_report_old() -> None:
    """Only what is recorded does."""
    assert Batch().plan(request_set({"ping": "1"}, at=YESTERDAY)).reports == set()
