"""The configuration with shorter waits: a look must not take as long as work may."""

from __future__ import annotations

from typing import Final, TypeVar

from qtd.config.database import Connection
from qtd.config.root import Config

D = TypeVar("D", bound=Connection)

#: Longest time to connect, and to wait for an answer, in seconds.
_CONNECT: Final = 5
_ANSWER: Final = 10
#: For other transactions, and for replicas: less than the answer's, so that the server says what it waited for.
_OTHERS: Final = 5


def hurried(config: Config) -> Config:
    """Return the configuration with no wait longer than these."""
    redis, database, queue = config.redis, config.database, config.queue
    redis = redis.model_copy(
        update={
            "connect_timeout_seconds": min(redis.connect_timeout_seconds, _CONNECT),
            "command_timeout_seconds": min(redis.command_timeout_seconds, _ANSWER),
            "wait_timeout_seconds": min(redis.wait_timeout_seconds, _OTHERS),
        }
    )
    if queue.database is not None:
        queue = queue.model_copy(update={"database": _connection(queue.database)})
    database = _connection(database)
    http = config.http.model_copy(
        update={
            "connect_timeout_seconds": min(config.http.connect_timeout_seconds, _CONNECT),
            "timeout_seconds": min(config.http.timeout_seconds, _ANSWER),
        }
    )
    return config.model_copy(update={"redis": redis, "database": database, "queue": queue, "http": http})


def _connection(database: D) -> D:
    return database.model_copy(
        update={
            "connect_timeout_seconds": min(database.connect_timeout_seconds, _CONNECT),
            "command_timeout_seconds": min(database.command_timeout_seconds, _ANSWER),
            "lock_timeout_seconds": min(database.lock_timeout_seconds, _OTHERS),
        }
    )
