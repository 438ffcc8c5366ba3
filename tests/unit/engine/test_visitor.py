from __future__ import annotations

from typing import Any

from qtd.engine.visit import Visit
from qtd.engine.visitor import KnownVisits
from tests.tracking import NOW, visit

ONE, TWO = b"visitor1", b"visitor2"
LATER = NOW + 10**6


def seen(idvisit: int | None = None, *, at: int = NOW, **columns: Any) -> Visit:
    """A visit of visitor 1 with the device `device`."""
    row = {"idvisitor": ONE, "config_id": b"device", "user_id": None, "visit_last_action_time": at}
    return visit(idvisit, **{**row, **columns})


def test_a_visitors_newest_visit_counts() -> None:
    """However long ago, but not later than the window's end; of the same second the older row."""
    old, new, future = seen(1, at=NOW - 10**7), seen(2, at=NOW), seen(3, at=NOW + 100)
    known = KnownVisits([new, old, future])
    assert known.by_visitor(1, ONE, until=NOW) is new
    assert known.by_visitor(1, ONE, until=NOW - 1) is old
    assert known.by_visitor(1, TWO, until=LATER) is None
    assert known.by_visitor(2, ONE, until=LATER) is None
    known.add(seen(4, at=NOW))
    assert known.by_visitor(1, ONE, until=NOW) is new


def test_of_a_devices_visits_in_the_same_second_the_newer_row_counts() -> None:
    """Its index has the moments in rising order, the visitors' index in falling order."""
    twin = seen(4)
    known = KnownVisits([twin, seen(2)])
    assert known.by_config(1, b"device", since=NOW, until=NOW) is twin


def test_visits_of_this_batch_are_newer_than_stored_ones() -> None:
    """They will get greater numbers, in their order."""
    stored, first, second = seen(9), seen(), seen()
    known = KnownVisits([first, stored, second])
    assert known.by_config(1, b"device", since=NOW, until=NOW) is second
    assert known.by_visitor(1, ONE, until=NOW) is stored
    known.remove(stored)
    assert known.by_visitor(1, ONE, until=NOW) is first


def test_a_device_is_looked_for_in_its_window() -> None:
    """Both ends belong to it."""
    found = seen(1)
    known = KnownVisits([found])
    assert known.by_config(1, b"device", since=NOW, until=NOW) is found
    assert known.by_config(1, b"device", since=NOW + 1, until=LATER) is None
    assert known.by_config(1, b"device", since=0, until=NOW - 1) is None


def test_a_device_with_a_user_is_his_or_nobodys() -> None:
    """As the database compares users; without a user in the request anybody's will do."""
    bob = seen(1, user_id="Bob")
    known = KnownVisits([bob])
    assert known.by_config(1, b"device", since=0, until=LATER) is bob
    assert known.by_config(1, b"device", since=0, until=LATER, user_id="bob") is bob
    assert known.by_config(1, b"device", since=0, until=LATER, user_id="eve") is None
    nobody = seen(2, at=NOW - 5)
    known.add(nobody)
    assert known.by_config(1, b"device", since=0, until=LATER, user_id="eve") is nobody


def test_a_visit_that_moves_is_found_under_its_new_visitor_only() -> None:
    """And by its device as before."""
    moved = seen(1)
    known = KnownVisits([moved])
    moved.row["idvisitor"] = TWO
    known.moved(moved, ONE)
    assert known.by_visitor(1, ONE, until=LATER) is None
    assert known.by_visitor(1, TWO, until=LATER) is moved
    known.moved(moved, TWO)
    assert known.by_config(1, b"device", since=0, until=LATER) is moved


def test_a_visit_that_is_undone_is_forgotten() -> None:
    """In both ways."""
    gone = seen()
    known = KnownVisits([gone])
    known.remove(gone)
    assert known.by_visitor(1, ONE, until=LATER) is None
    assert known.by_config(1, b"device", since=0, until=LATER) is None
