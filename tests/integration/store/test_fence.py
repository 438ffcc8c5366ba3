"""Two workers that both believe they have the same queue."""

from __future__ import annotations

import pytest
from sqlalchemy import Engine

from qtd.config.keep import Keep
from qtd.errors import DatabaseConflict, LockLost
from qtd.store.native import NativeRecorder
from tests.integration.store.rows import rows
from tests.integration.store.test_native import entry, native, pages


def forgetful(engine: Engine) -> NativeRecorder:
    """A worker whose ledger remembers no more than the last batch, so that nothing but the fence is left."""
    return native(engine, keep=Keep.model_construct(identities=1))


def test_a_worker_that_was_frozen_too_long_does_not_record(engine: Engine) -> None:
    """Another one took over and recorded so much since that the ledger has forgotten what the first one had read."""
    frozen, other = forgetful(engine), forgetful(engine)
    batch = [entry(1), entry(2)]
    old = frozen.fence(0)
    new = other.fence(0)
    other.record(0, batch, fence=new)
    for number in range(3, 40):
        other.record(0, [entry(number)], fence=new)
    wanted = [str(number) for number in range(1, 40)]
    with pytest.raises(LockLost, match="has taken queue 0"):
        frozen.record(0, batch, fence=old)
    assert pages(engine) == wanted
    assert other.record(0, [entry(40)], fence=new).recorded == 1


def test_the_newest_fence_counts_whoever_recorded_last(engine: Engine) -> None:
    """A fence is enough: from the moment it is taken the former one is void, though nothing was recorded since."""
    first, second = native(engine), native(engine)
    old = first.fence(0)
    assert first.record(0, [entry(1)], fence=old).recorded == 1
    new = second.fence(0)
    assert new > old
    with pytest.raises(LockLost):
        first.record(0, [entry(2)], fence=old)
    assert pages(engine) == ["1"]
    assert second.record(0, [entry(1), entry(2)], fence=new).recorded == 1
    again = first.fence(0)
    assert first.record(0, [entry(3)], fence=again).recorded == 1
    assert pages(engine) == ["1", "2", "3"]


def test_an_old_fence_buries_nothing_and_halves_nothing(engine: Engine) -> None:
    """That the lock is lost is nobody's fault: no entry is looked for, none goes to the dead letters."""
    first, second = native(engine), native(engine)
    old = first.fence(0)
    second.fence(0)
    with pytest.raises(LockLost):
        first.record(0, [entry(1), b"{broken", entry(2, agent="bug")], fence=old)
    assert rows(engine, "SELECT COUNT(*) FROM m_qtd_dead_letter") == [(0,)]
    assert rows(engine, "SELECT fence, batches FROM m_qtd_ledger") == [(2, 0)]


def test_queues_have_fences_of_their_own(engine: Engine) -> None:
    """Taking one queue takes nobody another."""
    first, second = native(engine), native(engine)
    mine = first.fence(0)
    second.fence(1)
    assert first.record(0, [entry(1)], fence=mine).recorded == 1


def test_what_comes_from_no_queue_has_no_fence(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    """Several processes may record at once; who looked before the other's commit starts over."""
    first, second = native(engine), native(engine)
    assert first.record(7, [entry(1)], fence=None).recorded == 1
    assert second.record(7, [entry(2)], fence=None).recorded == 1
    monkeypatch.setattr(second._ledger, "applied", lambda *_: set())
    first.record(7, [entry(3)], fence=None)
    with pytest.raises(DatabaseConflict):
        second.record(7, [entry(4)], fence=None)
