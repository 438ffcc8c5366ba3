from __future__ import annotations

import orjson
import pytest

from qtd.errors import UndecodableEntry
from qtd.store.cause import cause_of
from qtd.wire.request_set import decode


def test_our_own_errors_say_why() -> None:
    """Their texts never quote an entry."""
    with pytest.raises(UndecodableEntry) as caught:
        decode(b"{")
    assert cause_of(caught.value).startswith("UndecodableEntry: the entry is not JSON")


def test_a_mistake_is_told_by_its_place() -> None:
    """Its text may quote the entry, so it is left out; the line of ours is what helps."""
    with pytest.raises(Exception, match="secret") as caught:
        decode(Broken(b"x"))
    assert caught.type is RuntimeError
    cause = cause_of(caught.value)
    assert cause.startswith("RuntimeError at qtd/wire/request_set.py:")
    assert "secret" not in cause


def test_a_mistake_far_from_our_code_is_named() -> None:
    """There is no line of ours to tell."""
    with pytest.raises(orjson.JSONDecodeError) as caught:
        orjson.loads("secret")
    assert cause_of(caught.value) == "JSONDecodeError"


class Broken(bytes):
    """Bytes that fail when looked at."""

    def __getitem__(self, _key: object) -> int:  # type: ignore[override]
        """Fail."""
        raise RuntimeError("secret")
