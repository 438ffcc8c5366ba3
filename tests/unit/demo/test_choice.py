from __future__ import annotations

from collections import Counter
from random import Random

import pytest

from qtd.demo.choice import Choice


def test_items_come_as_often_as_their_shares_say() -> None:
    """Of a thousand draws each item gets about its share."""
    choice = Choice(["often", "seldom"], [9, 1])
    random = Random(7)
    drawn = Counter(choice.draw(random) for _ in range(1000))
    assert 870 <= drawn["often"] <= 930


def test_falling_shares_keep_the_order() -> None:
    """The first of the items is the most frequent one, the last the rarest."""
    choice = Choice.falling("abcd")
    random = Random(7)
    drawn = Counter(choice.draw(random) for _ in range(4000))
    assert [item for item, _ in drawn.most_common()] == ["a", "b", "c", "d"]


@pytest.mark.parametrize(("items", "shares"), [([], []), (["a"], [1, 2]), (["a"], [0])])
def test_a_choice_that_can_not_be_made_is_refused(items: list[str], shares: list[float]) -> None:
    """No items, another number of shares, or a share of nothing is an error."""
    with pytest.raises(ValueError, match="share above zero"):
        Choice(items, shares)
