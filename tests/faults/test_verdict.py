"""The verdict finds what is lost, doubled, reordered, or otherwise not as in an undisturbed run."""

from __future__ import annotations

from random import Random
from typing import Any

import pytest

from tests.faults.crowd import Answered, Told
from tests.faults.requests import (
    GOAL,
    NumberedRequest,
    Visitor,
    by_visitor,
    number_of_action,
    number_of_conversion,
)
from tests.faults.rows import Tables
from tests.faults.verdict import Verdict, buried, differences, judge, recorded

VISITOR = "0" * 15 + "1"


def answered(number: int, told: Told = Told.ACCEPTED, *, converts: bool = False) -> Answered:
    """Request `number`, and what was said about it."""
    request = NumberedRequest(visitor=VISITOR, number=number, converts=converts, params={})
    return Answered(request=request, told=told, header={})


def rows(*actions: int, goals: tuple[int, ...] = ()) -> dict[str, Tables]:
    """A visitor's rows: actions in the order in which they were recorded, and conversions."""
    links: list[dict[str, Any]] = [
        {"idlink_va": place, "idaction_url": f"1|0|example.org/r/{number}"}
        for place, number in enumerate(actions, 1)
    ]
    conversions: list[dict[str, Any]] = [{"idorder": None, "revenue": float(number)} for number in goals]
    tables = {"log_visit": [{"idvisit": 1}], "log_link_visit_action": links}
    return {VISITOR: tables | {"log_conversion": conversions, "log_conversion_item": []}}


def figures(verdict: Verdict) -> tuple[int, int, int, int]:
    """Accepted, lost, duplicated, out of order."""
    return verdict.accepted, verdict.lost, verdict.duplicated, verdict.out_of_order


def test_all_is_well() -> None:
    """Accepted requests are there; those that were refused or not answered may be, or not."""
    sent = [answered(1), answered(2, Told.REFUSED), answered(3, Told.UNANSWERED), answered(4, converts=True)]
    for found in (rows(1, goals=(4,)), rows(1, 2, goals=(4,)), rows(1, 3, 2, goals=(4,))):
        verdict = judge(sent, found)
        assert figures(verdict) == (2, 0, 0, 0)
        assert verdict.kept, verdict.wrong


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (rows(1, 3, goals=(4,)), (4, 1, 0, 0)),
        (rows(1, 2, 3), (4, 1, 0, 0)),
        ({}, (4, 4, 0, 0)),
        (rows(1, 2, 3, 2, goals=(4,)), (4, 0, 1, 0)),
        (rows(1, 2, 3, goals=(4, 4)), (4, 0, 1, 0)),
        (rows(2, 1, 3, goals=(4,)), (4, 0, 0, 1)),
        (rows(3, 2, 1, goals=(4,)), (4, 0, 0, 2)),
    ],
)
def test_what_is_missing_double_or_late_is_counted(
    found: dict[str, Tables], expected: tuple[int, int, int, int]
) -> None:
    """Each kind of broken promise has its number, and names the request."""
    verdict = judge([answered(1), answered(2), answered(3), answered(4, converts=True)], found)
    assert figures(verdict) == expected
    assert not verdict.kept
    assert VISITOR in verdict.wrong[0]


def test_a_refused_request_may_not_be_there_twice() -> None:
    """Whatever a client was told, at most once."""
    assert judge([answered(1, Told.REFUSED)], rows(1, 1)).duplicated == 1


def test_rows_that_nobody_asked_for() -> None:
    """Unknown requests, unknown visitors, a row in the wrong table."""
    assert "never sent: [2]" in judge([answered(1)], rows(1, 2)).wrong[0]
    assert "a visitor of no request" in judge([], rows(1)).wrong[0]
    assert "in the wrong table" in judge([answered(1, converts=True)], rows(1, goals=(1,))).wrong[0]


def test_the_undisturbed_run_is_given_what_is_in() -> None:
    """Requests that left no row are left out; an action's number says nothing about a conversion's."""
    sent = [answered(1), answered(2, Told.REFUSED), answered(3, Told.UNANSWERED), answered(4, converts=True)]
    assert recorded(sent, rows(1, 3)) == [sent[0], sent[2]]
    assert recorded(sent, rows(4, goals=(4,))) == [sent[3]]
    assert recorded(sent, {}) == []


def test_every_column_is_compared() -> None:
    """One that differs is named, and so is a row that is missing or too many."""
    assert list(differences(rows(1, 2), rows(1, 2))) == []
    found = rows(1, 2)
    found[VISITOR]["log_visit"][0]["idvisit"] = 2
    assert list(differences(rows(1, 2), found)) == [f"{VISITOR}: log_visit[0].idvisit: undisturbed 1, here 2"]
    [missing] = differences(rows(1, 2), rows(1))
    assert "log_link_visit_action[1]: undisturbed {" in missing
    assert "(absent)" in missing
    assert list(differences({}, rows(1)))


def test_dead_letters_are_the_garbage() -> None:
    """All that is certainly in a queue, once each, and nothing else; what may be lost may be there."""
    garbage = {b"a": True, b"b": True, b"c": False}
    assert list(buried([b"a", b"b"], garbage)) == []
    assert list(buried([b"c", b"b", b"a"], garbage)) == []
    assert "1 of 3 pieces" in next(buried([b"a", b"c"], garbage))
    assert "more than once" in next(buried([b"a", b"b", b"b"], garbage))
    assert "none of the garbage: b'x'" in next(buried([b"a", b"b", b"x"], garbage))


def test_verdicts_add_up() -> None:
    """The last line is the sum of all rounds."""
    total = Verdict()
    total.add(Verdict(accepted=3, lost=1))
    total.add(Verdict(accepted=4, duplicated=2, out_of_order=1))
    assert total.summary() == "accepted 7, lost 1, duplicated 2, out of order 1"


def test_visitors_make_the_same_requests_again() -> None:
    """The same dice make the same requests; their own times and numbers go up, and all kinds come."""
    first, second = (Visitor(5, random=Random(3), now=1_794_304_800.0) for _ in range(2))
    requests = [first.next() for _ in range(200)]
    assert requests == [second.next() for _ in range(200)]
    assert [request.number for request in requests] == list(range(1, 201))
    times = [request.params["cdt"] for request in requests]
    assert times == sorted(set(times))
    assert {"action_name", "e_c", "idgoal", "ec_id"} <= {name for one in requests for name in one.params}
    assert list(by_visitor(requests)) == [first.id]


def test_rows_tell_their_request() -> None:
    """By page address, by the order's name, by the goal's worth."""
    assert number_of_action({"idaction_url": "1|0|example.org/r/17"}) == 17
    assert number_of_conversion({"idorder": "00512-9", "revenue": 3.0}) == 9
    assert number_of_conversion({"idorder": None, "revenue": 12.0, "idgoal": GOAL}) == 12
