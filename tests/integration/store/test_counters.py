"""What recording counts, site by site and minute by minute."""

from __future__ import annotations

from collections.abc import Mapping

import orjson
import pytest
from sqlalchemy import Engine

from qtd.config.keep import Keep
from qtd.db.transaction import reading, writing
from qtd.errors import DatabaseConflict
from qtd.store.counters import Counters
from qtd.store.native import NativeRecorder
from qtd.store.remarks import RemarkWriter
from qtd.store.tally import Place, Stage
from tests.fake_clock import FakeClock
from tests.integration.store.rows import NOW, rows
from tests.integration.store.test_native import entry, native

#: `test_native.entry` numbers seconds from here.
MINUTE = NOW // 60


def counted(engine: Engine) -> Mapping[Place, Mapping[Stage, int]]:
    """What is not zero, by (idsite, minutes since `MINUTE`)."""
    with reading(engine) as connection:
        found = Counters(engine, "m_", clock=FakeClock(), days=14).read(connection, 0)
    return {
        (site, minute - MINUTE): {stage: count for stage, count in counts.items() if count}
        for (site, minute), counts in found.items()
    }


def recorder(engine: Engine) -> NativeRecorder:
    """A worker an hour after the entries."""
    return native(engine, clock=FakeClock(NOW + 3600))


def test_every_request_is_counted_where_it_was_accepted(engine: Engine) -> None:
    """Taken, and what became of it: recorded, kept out by a rule, or dead; with the rows, by their own minute."""
    several = orjson.loads(entry(61))
    old = {"idsite": "1", "rec": "1", "url": "http://example.org", "cdt": str(NOW - 5 * 86400)}
    several["requests"] += [{"idsite": "99", "rec": "1"}, old, {"idsite": "1", "rec": "1"}]
    worker = recorder(engine)
    worker.record(0, [entry(1), entry(2), orjson.dumps(several), b"{broken"], fence=None)
    worker.record(3, [entry(3), entry(4, agent="bug")], fence=None)
    worker.record(0, [entry(1)], fence=None)
    assert counted(engine) == {
        (1, 0): {"taken": 4, "recorded": 3, "dead": 1, "visits": 1, "actions": 3},
        (1, 1): {"taken": 3, "recorded": 1, "excluded": 2, "actions": 1},
        (0, 1): {"taken": 1, "excluded": 1},
        (0, 60): {"taken": 1, "dead": 1},
    }
    assert rows(engine, "SELECT DISTINCT queue FROM m_qtd_counter ORDER BY queue") == [(0,), (3,)]


def test_what_is_rolled_back_is_not_counted(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    """The counters are in the batch's transaction."""
    worker = recorder(engine)

    def deadlock(*_: object, **__: object) -> None:
        raise DatabaseConflict

    with monkeypatch.context() as patch:
        patch.setattr(RemarkWriter, "write", deadlock)
        with pytest.raises(DatabaseConflict):
            worker.record(0, [entry(1)], fence=None)
    assert counted(engine) == {}
    worker.record(0, [entry(1)], fence=None)
    assert counted(engine)[1, 0][Stage.TAKEN] == 1


def test_times_that_nobody_can_believe_count_as_now(engine: Engine) -> None:
    """An entry may say any number; the counters stay within the times that are looked at."""
    strange = []
    for number, time in enumerate((0, 10**30, -5, NOW * 3)):
        document = orjson.loads(entry(number, site=98))
        strange.append(orjson.dumps({**document, "time": float(time)}))
    recorder(engine).record(0, strange, fence=None)
    assert set(counted(engine)) == {(0, 60)}


def test_old_counters_go(engine: Engine) -> None:
    """What is older than `keep.counters_days` is removed now and then, and not counted in the first place."""
    clock = FakeClock(NOW)
    worker = native(engine, clock=clock, keep=Keep(counters_days=1))
    worker.record(0, [entry(1)], fence=None)
    clock.advance(2 * 86400)
    worker.record(0, [entry(2)], fence=None)
    counters = worker._counters
    counters._batches = 255
    with writing(engine) as connection:
        counters.add(connection, 0, worker._application.tally(now=clock.now()))
    assert rows(engine, "SELECT COUNT(*) FROM m_qtd_counter") == [(0,)]
