"""What the Redis queues ask of the servers behind them, whatever their topology."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from qtd.queue.redis_exchange import Answer, Words


@dataclass(frozen=True, slots=True)
class Command:
    """One command, and where it belongs."""

    #: The key that decides which server it is for.
    key: str
    #: Its name and arguments.
    words: Words


class Servers(Protocol):
    """A single server, the present master of several, or a cluster; for several threads at once."""

    @property
    def together(self) -> bool:
        """Whether a script may touch a queue's list and its lock at once."""

    def run(self, commands: Sequence[Command], *, replicated: bool = False) -> list[Answer]:
        """Run the commands in one round trip; return their answers as the servers give them, in their order.

        Commands for the same key keep their order. With `replicated`, return only when as many replicas have
        the writes as the configuration asks for.

        Raises:
            redis.RedisError: a server could not be reached or refused a command; others may have been carried
                out.
            BrokerUnavailable: too few replicas have it.
        """

    def each(self, words: Words) -> list[Answer]:
        """Run a command without a key on every server that has queues; a server's refusal is an answer, too.

        Raises:
            redis.RedisError: a server could not be reached.
        """

    def close(self) -> None:
        """Close all connections."""
