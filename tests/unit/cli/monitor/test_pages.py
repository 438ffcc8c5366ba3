"""Turning pages."""

from __future__ import annotations

import pytest

from qtd.cli.monitor.pages import Pages, keys


def pressed(typed: str, page: int = 1) -> int:
    """The page after some keys, of 25 pages with 4 queues each, two on the last."""
    pages = Pages(queues=98, rows=4, page=page)
    for key in keys(typed):
        pages = pages.press(key)
    return pages.page


@pytest.mark.parametrize(
    ("typed", "page", "then"),
    [
        ("\x1b[C", 1, 2),
        ("\x1bOC", 1, 2),
        ("\x1b[D", 3, 2),
        ("\x1b[D", 1, 1),
        ("\x1b[C", 25, 25),
        ("\x1b[A", 3, 13),
        ("\x1b[B", 13, 3),
        ("\x1b[A", 20, 25),
        (".", 1, 25),
        (",", 25, 1),
        ("7", 1, 7),
        ("0", 1, 10),
        ("7", 10, 7),
        ("7", 11, 17),
        ("0", 15, 20),
        ("9", 22, 25),
        ("\x1b[C\x1b[C.\x1b[D", 1, 24),
        ("x", 3, 3),
        ("\x1b[3~\x1b[1;5C\x1b[H", 3, 3),
    ],
)
def test_keys_turn_pages_as_in_the_plugin(typed: str, page: int, then: int) -> None:
    """Arrows by one and by ten, digits within ten, comma and full stop to the ends; never beyond them."""
    assert pressed(typed, page) == then


def test_keys_that_come_at_once_are_single_keys() -> None:
    """Somebody types fast, or a look takes long; other function keys are none of ours, in whole and in part."""
    assert list(keys("12\x1b[A\x1b[5~q")) == ["1", "2", "up", "q"]


def test_a_page_shows_its_queues() -> None:
    """The last one what is left; a page that there is not is the last."""
    pages = Pages(queues=98, rows=4)
    assert (pages.count, list(pages.shown)) == (25, [0, 1, 2, 3])
    assert list(Pages(queues=98, rows=4, page=25).shown) == [96, 97]
    assert list(Pages(queues=98, rows=4, page=99).shown) == [96, 97]
    assert list(Pages(queues=2, rows=16).shown) == [0, 1]


def test_another_number_of_queues_has_other_pages() -> None:
    """What is beyond the last page is the last page; not to know the number changes nothing."""
    pages = Pages(queues=98, rows=4, page=20)
    assert list(pages.of(6).shown) == [4, 5]
    assert pages.of(6).press("left").page == 1
    assert pages.of(None) == pages


def test_a_low_terminal_has_more_pages() -> None:
    """What was shown first is still in sight, and there is at least one row."""
    pages = Pages(queues=98, rows=16, page=3)
    low = pages.fitting(5)
    assert 32 in low.shown
    assert (low.rows, low.count) == (5, 20)
    assert pages.fitting(50) == pages
    assert list(pages.fitting(-3).shown) == [32]
