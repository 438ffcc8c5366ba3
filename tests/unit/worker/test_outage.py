"""An outage as the log tells it."""

from __future__ import annotations

from random import Random

from qtd.errors import BrokerUnavailable, DatabaseUnavailable, MatomoUnavailable
from qtd.log.events.process import Reached, Waiting
from qtd.worker.backoff import Backoff
from qtd.worker.outage import Outage
from qtd.worker.servers import Server
from tests.fake_clock import FakeClock
from tests.kept_log import KeptLog


def test_an_outage_has_a_beginning_and_an_end() -> None:
    """Each attempt says what is waited for, why and how long; the end says how long it took; the next begins anew."""
    clock, log = FakeClock(), KeptLog()
    outage = Outage(
        Server(name="redis", address="10.0.0.1:6379"),
        backoff=Backoff(least=1, most=4, random=Random(1)),
        clock=clock,
        logger=log,
    )
    outage.over()
    assert log.events == []
    for cause in ("refused", "loading"):
        clock.advance(outage.failed(BrokerUnavailable(cause)))
        assert outage.cause == cause
    first, second = log.events
    assert isinstance(first, Waiting)
    assert isinstance(second, Waiting)
    assert (first.waits_for, first.server, first.cause) == ("redis", "10.0.0.1:6379", "refused")
    assert 0.5 <= first.pause_seconds <= 1 <= second.pause_seconds <= 2
    outage.over()
    outage.over()
    seconds = round(first.pause_seconds + second.pause_seconds, 1)
    assert log.events[2:] == [Reached(waits_for="redis", server="10.0.0.1:6379", seconds=seconds)]
    assert outage.cause is None
    assert outage.failed(BrokerUnavailable()) <= 1


def test_an_outage_behind_the_database_is_called_by_its_own_name() -> None:
    """With engine http the rows go to a Matomo; errors tell which of the two is away."""
    clock, log = FakeClock(), KeptLog()
    outage = Outage(
        Server(name="database", address="db/qtd"),
        matomo=Server(name="matomo", address="https://matomo.example/matomo.php"),
        backoff=Backoff(least=1, most=4, random=Random(1)),
        clock=clock,
        logger=log,
    )
    outage.failed(MatomoUnavailable("it answers 503"))
    outage.over()
    outage.failed(DatabaseUnavailable("refused"))
    outage.over()
    told = [(event.waits_for, event.server) for event in log.events if isinstance(event, Waiting | Reached)]
    matomo, database = ("matomo", "https://matomo.example/matomo.php"), ("database", "db/qtd")
    assert told == [matomo, matomo, database, database]
