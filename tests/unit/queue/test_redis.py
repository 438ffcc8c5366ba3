"""What the Redis queues ask of their servers, and what they make of the answers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from redis import exceptions

from qtd.errors import BrokerUnavailable, LockLost, QueueChanged
from qtd.queue.contract import Lock
from qtd.queue.redis import RedisQueues
from qtd.queue.redis_digest import head_digest
from qtd.queue.redis_script import Script

if TYPE_CHECKING:
    from collections.abc import Sequence

    from qtd.queue.redis_exchange import Words
    from qtd.queue.redis_servers import Command

LOCK = Lock(queue=1, token="t0ken")
LIST, LOCK_KEY = "trackingQueueV1_1", "QueuedTrackingLock1"


class ScriptedServers:
    """Answers from a list, whatever is asked, and remembers the questions; an error in it is raised."""

    def __init__(self, *answers: Any, together: bool = True) -> None:
        self.together = together
        self.asked: list[Words] = []
        self.replicated: list[bool] = []
        self._answers = list(answers)

    def run(self, commands: Sequence[Command], *, replicated: bool = False) -> list[Any]:
        """Answer each command with the next answer."""
        self.asked += [command.words for command in commands]
        self.replicated.append(replicated)
        answers = [self._answers.pop(0) for _ in commands]
        for answer in answers:
            if isinstance(answer, Exception):
                raise answer
        return answers

    def each(self, words: Words) -> list[Any]:
        """Answer with all that is left, as so many servers."""
        self.asked.append(words)
        answers, self._answers = self._answers, []
        return answers

    def close(self) -> None:
        """Nothing is open."""


def digest_of(name: str) -> str:
    """Return the name under which a server knows a script."""
    return Script.named(name).digest


def test_only_a_push_waits_for_replicas() -> None:
    """Reading or locking is not what was promised to anybody."""
    servers = ScriptedServers(1, [b"entry"], b"OK", 1)
    queues = RedisQueues(servers, count=2)
    queues.push([(1, b"entry")])
    queues.read(1, 10)
    queues.acquire(1, 60)
    queues.trim(LOCK, [b"entry"])
    assert servers.replicated == [True, False, False, False]


def test_nothing_to_push_is_no_round_trip() -> None:
    """An empty push succeeds also where nobody is there."""
    servers = ScriptedServers()
    RedisQueues(servers, count=2).push([])
    assert servers.asked == []


def test_on_one_server_list_and_lock_are_one_step() -> None:
    """The script gets both keys and the token."""
    servers = ScriptedServers(1)
    RedisQueues(servers, count=2).trim(LOCK, [b"a", b"b"])
    trim = ("EVALSHA", digest_of("trim.lua"), 2, LIST, LOCK_KEY, 2, head_digest([b"a", b"b"]), "t0ken")
    assert servers.asked == [trim]


def test_on_a_cluster_the_time_is_asked_for_before_the_lock() -> None:
    """What is left of the lock is counted from before it was asked for: never too long."""
    servers = ScriptedServers([b"1795277828", b"999999"], 1500, 1, together=False)
    RedisQueues(servers, count=2).trim(LOCK, [b"a"])
    assert servers.asked == [
        ("TIME",),
        ("EVALSHA", digest_of("lease.lua"), 1, LOCK_KEY, "t0ken"),
        ("EVALSHA", digest_of("trim.lua"), 1, LIST, 1, head_digest([b"a"]), 1795277828999 + 1500),
    ]


def test_on_a_cluster_a_lost_lock_ends_it_before_the_list_is_touched() -> None:
    """There is no third question."""
    servers = ScriptedServers([b"1795277828", b"0"], 0, together=False)
    with pytest.raises(LockLost):
        RedisQueues(servers, count=2).trim(LOCK, [b"a"])
    assert len(servers.asked) == 2


def test_on_a_cluster_a_lock_without_an_expiry_is_ours_for_good() -> None:
    """Somebody made it persistent by hand; the script's condition is met at any time."""
    servers = ScriptedServers([b"1795277828", b"0"], -1, 1, together=False)
    RedisQueues(servers, count=2).trim(LOCK, [b"a"])
    assert servers.asked[2][-1] == 2**53


@pytest.mark.parametrize(("answer", "error"), [(0, LockLost), (-1, QueueChanged)])
def test_the_scripts_refusals_have_names(answer: int, error: type[Exception]) -> None:
    """Whoever called knows whether to give the queue up or to read again."""
    with pytest.raises(error):
        RedisQueues(ScriptedServers(answer), count=2).trim(LOCK, [b"a"])


def test_a_server_that_does_not_know_a_script_is_sent_it() -> None:
    """As after a failover; the text goes with the very same keys and arguments."""
    servers = ScriptedServers(exceptions.NoScriptError("NOSCRIPT No matching script."), 1)
    RedisQueues(servers, count=2).extend(LOCK, 60)
    script = Script.named("extend.lua")
    rest = (1, LOCK_KEY, "t0ken", 60)
    assert servers.asked == [("EVALSHA", script.digest, *rest), ("EVAL", script.text, *rest)]


def test_whatever_the_servers_raise_is_an_outage() -> None:
    """Redirections that lead nowhere and clusters that are down included."""
    for error in (
        exceptions.ClusterDownError("CLUSTERDOWN The cluster is down"),
        exceptions.SlotNotCoveredError("Slot not covered"),
        exceptions.RedisClusterException("Redis Cluster cannot be connected."),
    ):
        with pytest.raises(BrokerUnavailable, match=str(error)):
            RedisQueues(ScriptedServers(error), count=2).read(0, 1)
