from __future__ import annotations

import pytest

from qtd.config.redis import Redis
from qtd.errors import BrokerUnavailable
from qtd.queue.redis_replicas import Replicas


def test_by_default_nobody_is_waited_for() -> None:
    """The master alone decides, and no command is added."""
    assert Replicas.of(Redis()) is None


def test_the_server_is_given_milliseconds() -> None:
    """Zero would be for ever."""
    section = Redis(wait_replicas=2, wait_timeout_seconds=1.5)
    replicas = Replicas.of(section)
    assert replicas is not None
    assert replicas.command == ("WAIT", 2, 1500)
    assert Replicas(count=1, seconds=0.0001).command == ("WAIT", 1, 1)


def test_enough_is_enough_and_too_few_is_an_outage() -> None:
    """More than asked for is fine; fewer is told with both numbers and the time."""
    replicas = Replicas(count=2, seconds=0.5)
    replicas.check(2)
    replicas.check(3)
    with pytest.raises(BrokerUnavailable, match=r"1 of 2 replicas .* within 0\.5 s"):
        replicas.check(1)
