"""A process that accepts, while the number of queues changes."""

from __future__ import annotations

import pytest

from qtd.engine.settings import Settings
from qtd.errors import BrokerUnavailable, QueuesRenumbered
from qtd.queue.contract import Numbering
from qtd.queue.following import FollowingQueues
from qtd.queue.memory import MemoryQueues
from qtd.wire.request_set import RequestSet, encode
from tests.fake_clock import FakeClock


def entry(visitor: str) -> bytes:
    """A visitor's entry."""
    return encode(
        RequestSet(
            requests=[{"_id": visitor}],
            server={"REMOTE_ADDR": "192.0.2.1"},
            cookies={},
            token_auth=False,
            time=1,
        )
    )


SIX = (2, entry("0060000000000000"))


@pytest.fixture
def queues() -> MemoryQueues:
    """Queues whose number nobody has said."""
    return MemoryQueues(count=4, clock=FakeClock())


def following(queues: MemoryQueues) -> FollowingQueues:
    """What follows them."""
    return FollowingQueues(queues, wanted=4, settings=Settings, zero_ids_by_address=True, clock=FakeClock())


def test_the_first_push_puts_a_number_into_force(queues: MemoryQueues) -> None:
    """It is refused as all by a wrong number are; the second one goes through."""
    process = following(queues)
    with pytest.raises(QueuesRenumbered) as refused:
        process.push([SIX], 4)
    assert process.number(refused.value) == 4
    process.push(refused.value.entries, 4)
    assert queues.read(2, 9) == [SIX[1]]


def test_entries_go_where_they_belong_by_the_new_number(queues: MemoryQueues) -> None:
    """Nothing is pushed by an old one."""
    process = following(queues)
    queues.renumber(Numbering(count=8, target=8))
    with pytest.raises(QueuesRenumbered) as refused:
        process.push([SIX], 4)
    count = process.number(refused.value)
    routed = process.routed(refused.value.entries, count)
    assert (count, routed) == (8, [(6, SIX[1])])
    process.push(routed, count)
    assert queues.with_count(8).lengths() == [0, 0, 0, 0, 0, 0, 1, 0]


def test_a_change_that_does_not_go_on_is_an_outage(queues: MemoryQueues) -> None:
    """For the moment in which a cluster is told another number it waits, but not for ever."""
    process = following(queues)
    queues.renumber(Numbering(count=0, target=8))
    with pytest.raises(QueuesRenumbered) as refused:
        process.push([SIX], 4)
    assert refused.value.count == 0
    with pytest.raises(BrokerUnavailable, match="changed to 8"):
        process.number(refused.value)
