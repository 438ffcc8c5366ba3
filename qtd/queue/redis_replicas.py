"""How many replicas must have a push before it counts as durable, asked for with WAIT."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from qtd.errors import BrokerUnavailable

if TYPE_CHECKING:
    from qtd.config.redis import Redis as RedisSection
    from qtd.queue.redis_exchange import Answer, Words


@dataclass(frozen=True, kw_only=True, slots=True)
class Replicas:
    """`redis.wait_replicas` and its time; see https://redis.io/docs/latest/commands/wait/."""

    #: At least 1.
    count: int
    #: Seconds the server may wait for them; less than the connection's timeout.
    seconds: float

    @classmethod
    def of(cls, section: RedisSection) -> Replicas | None:
        """Return what the configuration asks for; None: the master alone decides."""
        if not section.wait_replicas:
            return None
        return cls(count=section.wait_replicas, seconds=section.wait_timeout_seconds)

    @property
    def command(self) -> Words:
        """What follows the writes on their connection."""
        return ("WAIT", self.count, max(round(self.seconds * 1000), 1))

    def check(self, acknowledged: Answer) -> None:
        """Take WAIT's answer.

        Raises:
            BrokerUnavailable: fewer have the writes than there should be. The master has them, so they will
                be read; but its end would take them along.
        """
        if acknowledged < self.count:
            raise BrokerUnavailable(
                f"Redis: {acknowledged} of {self.count} replicas (redis.wait_replicas) acknowledged"
                f" within {self.seconds:g} s"
            )
