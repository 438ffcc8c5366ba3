"""A cluster whose servers do not agree."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from redis import exceptions

from qtd.config.redis import Redis
from qtd.errors import BrokerUnavailable
from qtd.queue import cluster
from qtd.queue.cluster import MAX_REDIRECTIONS, RedisCluster
from qtd.queue.redis_replicas import Replicas
from qtd.queue.redis_servers import Command

if TYPE_CHECKING:
    from collections.abc import Sequence

    from qtd.queue.redis_exchange import Words

PUSH = Command("trackingQueueV1", ("RPUSH", "trackingQueueV1", b"entry"))


class Nodes:
    """As much of redis-py's client as is used: every slot is at `here`, until it is moved."""

    def __init__(self, **_: Any) -> None:
        self.nodes_manager = self
        self._owner = "here"
        self.refreshed = 0

    def get_node_from_slot(self, _slot: int) -> SimpleNamespace:
        """Return the owner."""
        return SimpleNamespace(name=self._owner)

    def get_node(self, host: str, port: int) -> SimpleNamespace:
        """Return a server by its address."""
        return SimpleNamespace(name=f"{host}:{port}")

    def move_slot(self, error: exceptions.MovedError) -> None:
        """Believe it."""
        self._owner = f"{error.host}:{error.port}"

    def get_redis_connection(self, node: SimpleNamespace) -> SimpleNamespace:
        """Return something with a pool, which is the name."""
        return SimpleNamespace(connection_pool=node.name)

    def initialize(self, **_: Any) -> None:
        """Count it."""
        self.refreshed += 1


@pytest.fixture
def nodes(monkeypatch: pytest.MonkeyPatch) -> Nodes:
    """Let the cluster be of these nodes."""
    made = Nodes()
    monkeypatch.setattr(cluster, "Client", lambda **_: made)
    return made


class Exchange:
    """Answers each round as the test says, by server."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, *rounds: dict[str, list[Any]]) -> None:
        self.sent: list[dict[str, list[Words]]] = []
        self._rounds = list(rounds)
        monkeypatch.setattr(cluster, "exchange", self)

    def __call__(self, talks: Sequence[tuple[Any, list[Words]]]) -> list[list[Any]]:
        """Take the next round's answers."""
        self.sent.append(dict(talks))
        answers = self._rounds.pop(0)
        return [answers[server] for server, _ in talks]


def opened(replicas: Replicas | None = None) -> RedisCluster:
    """Open a cluster."""
    return RedisCluster(Redis(mode="cluster"), replicas=replicas)


def test_ask_is_followed_once_and_not_remembered(nodes: Nodes, monkeypatch: pytest.MonkeyPatch) -> None:
    """The server that gets the slot wants to be told; the next command goes to the old one again."""
    exchange = Exchange(
        monkeypatch,
        {"here": [exceptions.AskError("1 there:7")]},
        {"there:7": [b"OK", 5]},
        {"here": [6]},
    )
    servers = opened()
    assert servers.run([PUSH]) == [5]
    assert exchange.sent[1] == {"there:7": [("ASKING",), PUSH.words]}
    assert servers.run([PUSH]) == [6]
    assert nodes.refreshed == 0


def test_moved_is_remembered_and_the_slots_are_asked_for_anew(
    nodes: Nodes, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where one slot has moved others may have, too."""
    exchange = Exchange(
        monkeypatch, {"here": [exceptions.MovedError("1 there:7")]}, {"there:7": [5]}, {"there:7": [6]}
    )
    servers = opened()
    assert servers.run([PUSH]) == [5]
    assert servers.run([PUSH]) == [6]
    assert [list(round_) for round_ in exchange.sent] == [["here"], ["there:7"], ["there:7"]]
    assert nodes.refreshed == 1


def test_a_command_that_was_carried_out_is_not_sent_again(
    nodes: Nodes, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only what was redirected goes out once more, and the answers keep their order."""
    del nodes
    moved = exceptions.MovedError("1 there:7")
    exchange = Exchange(monkeypatch, {"here": [1, moved, 3]}, {"there:7": [2]})
    assert opened().run([PUSH, PUSH, PUSH]) == [1, 2, 3]
    assert exchange.sent[1] == {"there:7": [PUSH.words]}


def test_redirections_end(nodes: Nodes, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two servers that send us to each other are an outage."""
    del nodes
    here, there = exceptions.MovedError("1 here:1"), exceptions.MovedError("1 there:7")
    rounds = [{"here": [there], "there:7": [here], "here:1": [there]} for _ in range(MAX_REDIRECTIONS + 1)]
    Exchange(monkeypatch, *rounds)
    with pytest.raises(BrokerUnavailable, match="redirected more than"):
        opened().run([PUSH])


@pytest.mark.parametrize(
    "error", [exceptions.ConnectionError("lost"), exceptions.ClusterDownError("CLUSTERDOWN")]
)
def test_after_an_outage_the_slots_are_asked_for_anew(
    nodes: Nodes, monkeypatch: pytest.MonkeyPatch, error: exceptions.RedisError
) -> None:
    """The next call finds the shard's new master; until then nothing is repeated behind the caller's back."""

    def fail(_talks: Any) -> list[list[Any]]:
        if isinstance(error, exceptions.ConnectionError):
            raise error
        return [[error]]

    servers = opened()
    monkeypatch.setattr(cluster, "exchange", fail)
    with pytest.raises(type(error)):
        servers.run([PUSH])
    assert nodes.refreshed == 0
    Exchange(monkeypatch, {"here": [1]}, {"here": [2]})
    assert servers.run([PUSH]) == [1]
    assert nodes.refreshed == 1
    servers.run([PUSH])
    assert nodes.refreshed == 1


@pytest.mark.parametrize(
    ("first", "acknowledged"),
    [
        (1, 0),  # carried out, but nobody else has it
        (exceptions.MovedError("1 there:7"), 1),  # the second server is asked as well
    ],
)
def test_each_server_answers_for_what_it_carried_out(
    nodes: Nodes, monkeypatch: pytest.MonkeyPatch, first: Any, acknowledged: int
) -> None:
    """A redirected command has not been written here, so its replicas do not count."""
    del nodes
    exchange = Exchange(monkeypatch, {"here": [first, acknowledged]}, {"there:7": [1, 0]})
    with pytest.raises(BrokerUnavailable, match="0 of 1 replicas"):
        opened(Replicas(count=1, seconds=1)).run([PUSH], replicated=True)
    for sent in exchange.sent:
        assert all(words[-1] == ("WAIT", 1, 1000) for words in sent.values())


def test_a_server_that_does_not_know_wait_is_an_outage(nodes: Nodes, monkeypatch: pytest.MonkeyPatch) -> None:
    """An account without the right to WAIT must not pass for acknowledged."""
    del nodes
    Exchange(monkeypatch, {"here": [1, exceptions.NoPermissionError("no permissions to run 'wait'")]})
    with pytest.raises(exceptions.NoPermissionError):
        opened(Replicas(count=1, seconds=1)).run([PUSH], replicated=True)
