from __future__ import annotations

import pytest

from qtd.engine.order_number import order_buster, order_key


@pytest.mark.parametrize(
    ("one", "other"),
    [("abc", "ABC"), ("é-1", "E-1"), ("a", "a  "), ("x" * 100 + "1", "x" * 100 + "2"), ("straße", "STRASSE")],
)
def test_the_same_number(one: str, other: str) -> None:
    """Case, accents, trailing spaces and what the column cuts off make no other order."""
    assert order_key(one) == order_key(other)


@pytest.mark.parametrize(("one", "other"), [("a1", "a2"), ("a", " a"), ("a b", "ab")])
def test_another_number(one: str, other: str) -> None:
    """Everything else does."""
    assert order_key(one) != order_key(other)


def test_buster_is_the_one_matomo_stores() -> None:
    """The first 32 bits of the number's MD5 digest, as recorded for order O-1."""
    assert order_buster("O-1") == 2201858963
