"""What one Redis server tells of itself, as far as our account may ask."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from redis import Redis, exceptions

from qtd.clock import Clock
from qtd.queue.redis_errors import translated
from qtd.queue.redis_keys import list_key

#: Settings that INFO does not tell.
_SETTINGS = ("appendfsync", "min-replicas-to-write")

T = TypeVar("T")


@dataclass(frozen=True, kw_only=True, slots=True)
class RedisFacts:
    """A server that answers."""

    #: `10.0.0.11:6379`
    address: str
    #: from question to answer
    seconds: float
    #: INFO; null: our account may not ask for it
    info: Mapping[str, Any] | None
    #: CONFIG GET, those that INFO does not tell; null as above, which managed servers do
    settings: Mapping[str, str] | None
    #: seconds that its clock is ahead of ours, and by how much that may be wrong; null: TIME is forbidden
    ahead: tuple[float, float] | None


def look_at_redis(address: str, client: Redis, clock: Clock) -> RedisFacts:
    """Ask a server.

    Raises:
        BrokerUnavailable: it does not answer, or does not let us in.
    """
    with translated():
        begin = clock.monotonic()
        _answer(client)  # connects, with TLS and the account
        seconds = clock.monotonic() - begin
        return RedisFacts(
            address=address,
            seconds=seconds,
            info=_permitted(client.info),
            settings=_permitted(lambda: _settings(client)),
            ahead=_permitted(lambda: _ahead(client, clock)),
        )


def _answer(client: Redis) -> None:
    """Ask for what the least of our accounts may have; a refusal is an answer too."""
    try:
        client.llen(list_key(0))
    except (exceptions.BusyLoadingError, exceptions.AuthenticationError):
        raise
    except exceptions.ResponseError as refusal:
        if str(refusal).startswith("NOAUTH"):
            raise


def _settings(client: Redis) -> dict[str, str]:
    found: dict[str, str] = {}
    for name in _SETTINGS:  # one by one: servers before 7.0 take one at a time
        answer: Any = client.config_get(name)
        found.update(answer)
    return found


def _ahead(client: Redis, clock: Clock) -> tuple[float, float]:
    before = clock.now()
    answer: Any = client.time()
    after = clock.now()
    seconds, microseconds = answer
    return seconds + microseconds / 1_000_000 - (before + after) / 2, (after - before) / 2


def _permitted(ask: Callable[[], T]) -> T | None:
    """Return the answer; null where the server refuses the command or does not know it."""
    try:
        return ask()
    except exceptions.ResponseError:
        return None
