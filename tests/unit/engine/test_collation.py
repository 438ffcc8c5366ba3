from __future__ import annotations

import pytest

from qtd.engine.collation import collation_key


@pytest.mark.parametrize(("one", "other"), [("Bob", "bOB"), ("bob  ", "bob"), ("\u00c9cole", "ecole")])
def test_what_is_the_same_to_the_database(one: str, other: str) -> None:
    """Case, accents and trailing spaces make no difference."""
    assert collation_key(one) == collation_key(other)


@pytest.mark.parametrize(("one", "other"), [("bob", " bob"), ("bob", "bob\t"), ("a", "b")])
def test_what_is_not(one: str, other: str) -> None:
    """Leading and other white space do."""
    assert collation_key(one) != collation_key(other)
