"""What a lock's token says."""

from __future__ import annotations

import pytest

from qtd.queue.lock_token import holder_of, new_token, resize_token, resized_to, tokens_of


def test_a_token_may_say_whose_it_is() -> None:
    """Behind what is as random as the plugin's, in no more characters than the SQL queues keep."""
    make = tokens_of("worker-1@web01")
    assert make() != make()
    assert make()[12:] == ":worker-1@web01"
    assert holder_of(make()) == "worker-1@web01"
    long = tokens_of("worker-4096@ein-sehr-länglicher-name\x1b[0m")()
    assert len(long) == 32
    assert holder_of(long) == "worker-4096@ein-seh"


@pytest.mark.parametrize("token", [new_token(), "", "by hand", "1f0c9a7be412:", "1f0c9a7be412:\x1b[2J"])
def test_whose_other_tokens_are_nobody_knows(token: str) -> None:
    """The plugin's, what somebody set by hand, and what would write over a terminal."""
    assert holder_of(token) is None
    assert resized_to(token) is None


def test_a_change_of_the_number_of_queues_is_known() -> None:
    """It holds all queues until it is brought to its end."""
    assert resized_to(resize_token(8)) == 8
    assert holder_of(resize_token(8)) == "change to 8 queues"
