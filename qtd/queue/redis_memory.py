"""How much memory the Redis servers use, and how much they may."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from redis.exceptions import ResponseError

from qtd.errors import BrokerUnavailable
from qtd.queue.redis_errors import translated

if TYPE_CHECKING:
    from qtd.queue.redis_exchange import Answer
    from qtd.queue.redis_servers import Servers


@dataclass(frozen=True, kw_only=True, slots=True)
class ServerMemory:
    """Of one server, in bytes."""

    used: int
    #: The most since it started.
    peak: int
    #: `maxmemory`; None where it may take all there is.
    most: int | None


def memory_of(servers: Servers) -> list[ServerMemory]:
    """Return the memory of every server that has queues.

    Raises:
        BrokerUnavailable: a server does not answer, or its account may not use INFO.
    """
    with translated():
        return [_memory(answer) for answer in servers.each(("INFO", "memory"))]


def _memory(answer: Answer) -> ServerMemory:
    """Take the lines `name:value` of https://redis.io/docs/latest/commands/info/."""
    if isinstance(answer, ResponseError):
        raise answer
    lines = dict(line.split(":", 1) for line in answer.decode("utf-8", "replace").splitlines() if ":" in line)
    try:
        used, peak = int(lines["used_memory"]), int(lines["used_memory_peak"])
        return ServerMemory(used=used, peak=peak, most=int(lines.get("maxmemory", 0)) or None)
    except (KeyError, ValueError):
        raise BrokerUnavailable("Redis: INFO does not say how much memory is used") from None
