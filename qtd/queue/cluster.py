"""Redis Cluster: each command goes to the server that has its key's slot, and follows when the slot moves."""

from __future__ import annotations

from collections import defaultdict
from threading import Lock
from typing import TYPE_CHECKING, Final

from redis import exceptions
from redis.cluster import ClusterNode, NodesManager
from redis.cluster import RedisCluster as Client
from redis.crc import key_slot

from qtd.errors import BrokerUnavailable
from qtd.queue.redis_connection import account, common, once
from qtd.queue.redis_exchange import exchange, first_refusal

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from redis import ConnectionPool

    from qtd.config.redis import Redis as RedisSection
    from qtd.queue.redis_exchange import Answer, Words
    from qtd.queue.redis_replicas import Replicas
    from qtd.queue.redis_servers import Command

#: How often a command is sent after its slot; more is a cluster whose servers do not agree.
MAX_REDIRECTIONS: Final = 5


class RedisCluster:
    """`qtd.queue.redis_servers.Servers` over a cluster; redis-py knows the slots and keeps the connections.

    Whenever a server was away, refused because the cluster is down, or sent a command elsewhere, the slots
    are asked for again before the next call: from any server known, or from those of the configuration.
    """

    together: Final = False

    def __init__(self, section: RedisSection, *, replicas: Replicas | None = None) -> None:
        self._configured = [(address.host, address.port) for address in section.hosts]
        self._arguments = {**common(section), **account(section.username, section.password)}
        self._replicas = replicas
        self._client: Client | None = None
        self._outdated = False
        self._importing: dict[str, ClusterNode] = {}  # servers that get their first slot just now
        self._mutex = Lock()

    def run(self, commands: Sequence[Command], *, replicated: bool = False) -> list[Answer]:
        """See `Servers.run`."""
        answers: list[Answer] = [None] * len(commands)
        wait = self._replicas if replicated else None
        client = self._connected()
        open_ = [(number, None) for number in range(len(commands))]
        for _ in range(MAX_REDIRECTIONS + 1):
            self._round(client, commands, open_, answers, wait)
            open_ = [(number, answers[number]) for number, _ in open_ if _redirected(answers[number])]
            if not open_:
                break
        else:
            raise BrokerUnavailable(f"Redis: a command was redirected more than {MAX_REDIRECTIONS} times")
        if refusal := first_refusal(answers):
            if isinstance(refusal, exceptions.ClusterError | exceptions.ReadOnlyError):
                self._outdated = True
            raise refusal
        return answers

    def each(self, words: Words) -> list[Answer]:
        """See `Servers.each`: all masters that have slots."""
        client = self._connected()
        primaries: list[ClusterNode] = client.get_primaries()  # type: ignore[no-untyped-call]
        masters = {node.name: node for node in primaries}
        talked = self._talk(client, masters, {name: [words] for name in masters})
        return [answer for [answer] in talked.values()]

    def close(self) -> None:
        """See `Servers.close`."""
        with self._mutex:
            client, self._client = self._client, None
        if client is None:
            return
        client.close()
        for node in self._importing.values():
            client.get_redis_connection(node).close()

    def _round(
        self,
        client: Client,
        commands: Sequence[Command],
        open_: Iterable[tuple[int, Answer]],
        answers: list[Answer],
        wait: Replicas | None,
    ) -> None:
        """Send the `open_` commands, after a redirection where they have one, and fill in their answers."""
        words: dict[str, list[Words]] = defaultdict(list)
        asked: dict[str, list[int | None]] = defaultdict(list)  # whose answer is the next; None: nobody's
        nodes: dict[str, ClusterNode] = {}
        for number, redirection in open_:
            node = self._node(client, commands[number].key, redirection)
            nodes[node.name] = node
            if _asks(redirection):
                words[node.name].append(("ASKING",))
                asked[node.name].append(None)
            words[node.name].append(commands[number].words)
            asked[node.name].append(number)
        if wait:
            for name in nodes:
                words[name].append(wait.command)
        for name, got in self._talk(client, nodes, words).items():
            acknowledged = got.pop() if wait else None
            for place, answer in zip(asked[name], got, strict=True):
                if place is not None:
                    answers[place] = answer
            if wait:
                _check(wait, acknowledged, got)

    def _node(self, client: Client, key: str, redirection: Answer) -> ClusterNode:
        manager: NodesManager = client.nodes_manager
        if redirection is None:
            return manager.get_node_from_slot(_slot(key))
        if _asks(redirection):
            node = manager.get_node(redirection.host, redirection.port)
            return node or self._importing.setdefault(
                redirection.node_addr, _server(redirection.host, redirection.port)
            )
        self._outdated = True
        manager.move_slot(redirection)
        return manager.get_node_from_slot(_slot(key))

    def _talk(
        self, client: Client, nodes: dict[str, ClusterNode], words: dict[str, list[Words]]
    ) -> dict[str, list[Answer]]:
        pools: list[ConnectionPool] = [
            client.get_redis_connection(node).connection_pool for node in nodes.values()
        ]
        try:
            answers = exchange(list(zip(pools, words.values(), strict=True)))
        except exceptions.RedisError:
            self._outdated = True
            raise
        return dict(zip(nodes, answers, strict=True))

    def _connected(self) -> Client:
        """Return the client, its slots asked for anew where they have proved wrong."""
        with self._mutex:
            if self._client is None:
                self._client = Client(
                    startup_nodes=[_server(host, port) for host, port in self._configured],
                    require_full_coverage=False,  # a slot that nobody serves may be none of ours
                    retry=once(),
                    **self._arguments,
                )
            elif self._outdated:
                self._client.nodes_manager.initialize(additional_startup_nodes_info=self._configured)
            self._outdated = False
            return self._client


def _server(host: str, port: int) -> ClusterNode:
    return ClusterNode(host, port)  # type: ignore[no-untyped-call]


def _check(wait: Replicas, acknowledged: Answer, answers: Sequence[Answer]) -> None:
    """Take one server's answer to WAIT, unless it carried out nothing."""
    if isinstance(acknowledged, exceptions.ResponseError):
        raise acknowledged
    if not all(isinstance(answer, exceptions.ResponseError) for answer in answers):
        wait.check(acknowledged)


def _slot(key: str) -> int:
    return key_slot(key.encode())


def _redirected(answer: Answer) -> bool:
    return isinstance(answer, exceptions.AskError)  # MovedError is one of them


def _asks(answer: Answer) -> bool:
    """Tell ASK, good for this one command, from MOVED."""
    return isinstance(answer, exceptions.AskError) and not isinstance(answer, exceptions.MovedError)
