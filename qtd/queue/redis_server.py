"""Redis as one server: a fixed one, or whichever is the master at the moment."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from qtd.queue.redis_exchange import exchange, first_refusal

if TYPE_CHECKING:
    from collections.abc import Sequence

    from redis import Redis

    from qtd.queue.redis_exchange import Answer, Words
    from qtd.queue.redis_replicas import Replicas
    from qtd.queue.redis_servers import Command


class RedisServer:
    """`qtd.queue.redis_servers.Servers` over the client's pool, which knows whom to connect to."""

    together: Final = True

    def __init__(self, client: Redis, *, replicas: Replicas | None = None) -> None:
        self._client = client
        self._replicas = replicas

    def run(self, commands: Sequence[Command], *, replicated: bool = False) -> list[Answer]:
        """See `Servers.run`."""
        if not commands:
            return []
        words = [command.words for command in commands]
        wait = self._replicas if replicated else None
        if wait:
            words.append(wait.command)
        [answers] = exchange([(self._client.connection_pool, words)])
        if refusal := first_refusal(answers):
            raise refusal
        if wait:
            wait.check(answers.pop())
        return answers

    def each(self, words: Words) -> list[Answer]:
        """See `Servers.each`."""
        [answers] = exchange([(self._client.connection_pool, [words])])
        return answers

    def close(self) -> None:
        """See `Servers.close`."""
        self._client.close()
