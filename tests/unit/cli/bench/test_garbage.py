from __future__ import annotations

from random import Random

import pytest

from qtd.cli.bench.garbage import spoil
from qtd.errors import UndecodableEntry
from qtd.wire.request_set import RequestSet, decode, encode, identity


def entries(count: int) -> list[bytes]:
    """So many different entries."""
    return [
        encode(RequestSet(requests=[{}], server={}, cookies={}, token_auth=False, time=1, id=str(number)))
        for number in range(count)
    ]


def test_a_share_of_the_entries_becomes_garbage() -> None:
    """Just so many, anywhere among them, each undecodable and with an identity of its own; the rest is as it was."""
    good = entries(2000)
    spoilt, count = spoil(good, percent=5, random=Random(1))
    bad = [entry for entry, before in zip(spoilt, good, strict=True) if entry != before]
    assert count == len(bad) == 100
    for entry in bad:
        with pytest.raises(UndecodableEntry):
            decode(entry)
    assert len({identity(entry) for entry in bad}) == 100
    assert max(map(spoilt.index, bad)) - min(map(spoilt.index, bad)) > 1000


def test_there_is_always_some() -> None:
    """A share that is less than one entry is one."""
    assert spoil(entries(10), percent=0.1, random=Random(1))[1] == 1
