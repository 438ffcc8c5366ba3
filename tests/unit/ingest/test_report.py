"""What the endpoint tells while it runs, alone or in several processes."""

from __future__ import annotations

import pytest

from qtd.ingest.counters import Counters
from qtd.ingest.report import IngestReport
from qtd.ingest.shared_pulse import SharedPulse
from qtd.log.events.ingest import IngestSummary
from qtd.systemd.notifier import Notifier
from tests.fake_clock import FakeClock
from tests.kept_log import KeptLog


@pytest.fixture
def clock() -> FakeClock:
    """Give a clock that stands."""
    return FakeClock()


def test_the_first_beat_says_ready_and_later_ones_how_it_goes(clock: FakeClock) -> None:
    """READY once; every five seconds a status; none any more once the end has begun, but the watchdog is fed."""
    sent: list[str] = []
    notifier = Notifier(sent.append, watchdog_seconds=8)
    report = IngestReport(notifier=notifier, clock=clock, logger=KeptLog())
    counters = Counters()
    report.beat(counters)
    assert sent == ["READY=1\nSTATUS=ready"]
    counters.accepted, counters.bad = 12_000, 3
    for _ in range(10):
        clock.advance(1)
        report.beat(counters)
    assert [text for text in sent if text.startswith("STATUS")] == [
        "STATUS=2,400/s accepted; since the start 12,000 accepted, 0 refused, 3 bad",
        "STATUS=0/s accepted; since the start 12,000 accepted, 0 refused, 3 bad",
    ]
    report.stopping()
    assert sent[-1].startswith("STOPPING=1")
    clock.advance(6)
    report.beat(counters)
    assert sent[-1] == "WATCHDOG=1"


def test_a_minute_has_one_summary(clock: FakeClock) -> None:
    """What came since the last one; none of a minute without requests."""
    logger = KeptLog()
    report = IngestReport(notifier=Notifier(), clock=clock, logger=logger)
    counters = Counters()
    for minute in range(3):
        counters.accepted += 6000 if minute != 1 else 0
        counters.refused += 1 if minute == 2 else 0
        clock.advance(60)
        report.beat(counters)
    assert logger.events == [
        IngestSummary(accepted=6000, refused=0, spooled=0, bad=0, per_second=100.0),
        IngestSummary(accepted=6000, refused=1, spooled=0, bad=0, per_second=100.0),
    ]


def test_processes_share_one_pulse(clock: FakeClock) -> None:
    """All have to beat once; counts add up, also those of processes that are gone; silence is measured for each."""
    shared = SharedPulse(2, clock.monotonic)
    shared.begin(0)
    shared.begin(1)
    first, second = shared.of(0), shared.of(1)
    first.beat(Counters(answered=5, accepted=3, refused=2, bad=1))
    assert not shared.all_beat()
    clock.advance(7)
    second.beat(Counters(answered=1, accepted=1))
    assert shared.all_beat()
    assert shared.totals() == Counters(answered=6, accepted=4, refused=2, bad=1)
    assert (shared.silent_seconds(0), shared.silent_seconds(1)) == (7, 0)
    shared.begin(0)
    assert shared.silent_seconds(0) == 0
    shared.of(0).beat(Counters(accepted=1))
    assert shared.totals() == Counters(answered=6, accepted=5, refused=2, bad=1)
