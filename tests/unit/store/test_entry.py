"""Entries as recording reads them."""

from __future__ import annotations

import pytest

from qtd.store import entry
from qtd.store.entry import read_entry
from qtd.wire.request_set import RequestSet, encode, identity

STORED = encode(RequestSet(requests=[{}, {}], server={}, cookies={}, token_auth=False, time=1, id="a"))


def test_an_entry_has_its_own_identity() -> None:
    """Its id where it has one; what can not be decoded has a cause, and counts as one request."""
    good, bad = read_entry(STORED), read_entry(b"{")
    assert (good.identity, good.requests, good.cause) == ("a", 2, "")
    assert (bad.identity, bad.requests, bad.request_set) == (identity(b"{"), 1, None)
    assert bad.cause.startswith("the entry is not JSON")


def test_a_bug_in_decoding_costs_one_entry_and_not_its_queue(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is given up like any that can not be decoded, under the same identity each time it is read."""

    def broken(_stored: bytes) -> RequestSet:
        raise ValueError("secret")

    monkeypatch.setattr(entry, "decode", broken)
    first, second = read_entry(STORED), read_entry(STORED)
    assert first.cause.startswith("ValueError at qtd/store/entry.py:")
    assert "secret" not in first.cause
    assert first.identity == second.identity
    assert first.request_set is None
