"""A visitor's queue follows the plugin's rule."""

from __future__ import annotations

import pytest

from qtd.queue.partitioner import queue_of, split, visitor_key


@pytest.mark.parametrize(
    ("text", "of_four", "of_seven"),
    [
        # what the rule gives in PHP 8.2 (strtolower, ctype_xdigit, hexdec, ord)
        ("", 0, 0),
        ("a", 2, 3),
        ("ab", 3, 3),
        ("1", 1, 1),
        ("z", 2, 2),
        ("zz", 2, 2),
        ("xyz", 3, 6),
        ("012345", 2, 4),
        ("FFF", 3, 0),
        ("g00", 3, 3),
        ("é", 1, 1),
        ("0x1", 1, 0),
        ("1_0", 0, 3),
        ("+1f", 2, 5),
        (" 1f", 3, 1),
    ],
)
def test_first_three_characters_choose(text: str, of_four: int, of_seven: int) -> None:
    """As a hexadecimal number where they are one, else by their sum."""
    assert (queue_of(text, 4), queue_of(text, 7)) == (of_four, of_seven)


def test_a_visitor_without_identifier_is_placed_by_address() -> None:
    """By the address' MD5, so that neighbours spread."""
    assert queue_of(visitor_key(None, "127.0.0.1"), 4) == queue_of("f528764d624db129b32c21fbca0cb8d6", 4)
    assert queue_of(visitor_key(bytes.fromhex("0123456789abcdef"), ""), 4) == 2
    assert len({queue_of(visitor_key(None, f"10.0.0.{n}"), 16) for n in range(100)}) == 16


def test_split_keeps_the_order_within_a_queue() -> None:
    """Items come together by queue and stay in their order."""
    assert split([(3, "a"), (1, "b"), (3, "c"), (1, "d")]) == [(3, ["a", "c"]), (1, ["b", "d"])]
