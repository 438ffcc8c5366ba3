from __future__ import annotations

from dataclasses import replace

import pytest

from qtd.demo.balance import Balance, requests_in
from qtd.wire.request_set import RequestSet, encode

BALANCE = Balance(accepted=10, recorded=5, excluded=2, dead=1, waiting=2)


def test_balance_adds_up() -> None:
    """What was accepted is recorded, excluded, dead or waiting."""
    assert BALANCE.adds_up
    assert BALANCE.difference == 0


@pytest.mark.parametrize("name", ["accepted", "recorded", "excluded", "dead", "waiting"])
@pytest.mark.parametrize("change", [-1, 1])
def test_one_too_many_or_too_few_is_seen(name: str, change: int) -> None:
    """A single request that is missing or there twice is enough."""
    assert not replace(BALANCE, **{name: getattr(BALANCE, name) + change}).adds_up


def test_what_got_no_answer_may_have_been_accepted() -> None:
    """A request without an answer may be in the database; but none may be missing."""
    assert replace(BALANCE, recorded=6, unanswered=1).adds_up
    assert not replace(BALANCE, recorded=4, unanswered=1).adds_up


def test_as_json_it_has_the_five_numbers_and_the_time() -> None:
    """The interface of `--json`."""
    assert BALANCE.as_dict(seconds=1.234) == {
        "accepted": 10,
        "recorded": 5,
        "excluded": 2,
        "dead": 1,
        "waiting": 2,
        "seconds": 1.2,
    }


def test_requests_in_entries_are_counted() -> None:
    """An entry counts with all its requests, one that can not be read as one."""
    three = RequestSet(
        requests=[{"a": "1"}, {"b": "2"}, {"c": "3"}], server={}, cookies={}, token_auth=False, time=1
    )
    assert requests_in([encode(three), b"damaged", encode(three)]) == 7
