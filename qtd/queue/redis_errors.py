"""Errors of redis-py become ours, here and nowhere else."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from redis import exceptions

from qtd.errors import BrokerUnavailable

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def translated() -> Iterator[None]:
    """Raise what the server or the connection raises inside as BrokerUnavailable, with its reason.

    That covers no connection, timeouts, a wrong password, and every refusal of a server: OOM, READONLY,
    LOADING, MISCONF, NOREPLICAS, NOPERM, WRONGTYPE; that no Sentinel knows a master, that no server of a
    cluster answers or has a queue's slot. None of them is an entry's fault, and each is over once somebody
    has put the server right, or a failover has ended. redis-py's DataError is a mistake of ours and passes
    unchanged.
    """
    try:
        yield
    except exceptions.DataError:
        raise
    except (exceptions.RedisError, exceptions.RedisClusterException) as error:
        raise BrokerUnavailable(f"Redis: {error}") from error
