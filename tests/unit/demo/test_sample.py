from __future__ import annotations

import os
from pathlib import Path

import pytest

from qtd.demo.clients import Promises
from qtd.demo.log_tail import LogTail
from qtd.demo.sample import Sampler
from qtd.queue.memory import MemoryQueues
from qtd.wire.request_set import RequestSet, encode
from tests.fake_clock import FakeClock


class Ground:
    """A sampler and all it looks at."""

    def __init__(self, folder: Path) -> None:
        self.clock = FakeClock()
        self.queues = MemoryQueues(count=2, clock=self.clock)
        self.promises = Promises()
        (folder / "log").touch()
        self.log = LogTail(folder / "log")
        self.sampler = Sampler(
            promises=self.promises,
            queues=self.queues,
            log=self.log,
            group=os.getpgid(0),
            clock=self.clock,
        )

    def entry(self) -> bytes:
        """An entry of now."""
        return encode(
            RequestSet(requests=[{}], server={}, cookies={}, token_auth=False, time=self.clock.now())
        )


@pytest.fixture
def ground(tmp_path: Path) -> Ground:
    """Nothing has happened yet."""
    return Ground(tmp_path)


def test_rates_are_those_of_the_last_seconds(ground: Ground) -> None:
    """Accepted and applied requests per second, over about three seconds and not over all the time."""
    for second in range(1, 11):
        ground.clock.advance(1)
        ground.promises.accepted += 100 if second <= 5 else 20
        ground.log.totals["recorded"] += 50
        ground.sampler.look("visitors")
    sample = ground.sampler.look("visitors")
    assert sample.rate_in == pytest.approx(20)
    assert sample.rate_out == pytest.approx(50)
    assert sample.elapsed == pytest.approx(10)


def test_nothing_is_divided_by_no_time(ground: Ground) -> None:
    """At the very first look there is no rate yet."""
    sample = ground.sampler.look("visitors")
    assert (sample.rate_in, sample.rate_out) == (0.0, 0.0)


def test_queues_tell_length_lag_and_holder(ground: Ground) -> None:
    """The lag is the age of the oldest entry; an entry that can not be read has none."""
    ground.queues.push([(0, ground.entry())])
    ground.clock.advance(2.5)
    ground.queues.push([(0, ground.entry()), (1, b"damaged")])
    assert ground.queues.acquire(1, 60)
    sample = ground.sampler.look("visitors")
    assert [(queue.waiting, queue.lag, queue.locked) for queue in sample.queues] == [
        (2, pytest.approx(2.5), False),
        (1, 0.0, True),
    ]
    assert sample.waiting == 3
    assert sample.lag == pytest.approx(2.5)


def test_a_broker_that_is_away_does_not_end_the_demo(ground: Ground) -> None:
    """While the broker does not answer there are no queues to see."""
    ground.queues.become("away")
    sample = ground.sampler.look("visitors")
    assert sample.queues == ()
    assert sample.lag == 0.0


def test_memory_is_that_of_the_process_group(ground: Ground) -> None:
    """This process alone has some megabytes."""
    assert ground.sampler.look("visitors").memory > 10_000_000
