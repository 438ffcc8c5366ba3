"""Opens the queues that the configuration names."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtd.clock import SystemClock
from qtd.config.secret import revealed
from qtd.db.engine import Timeouts, open_engine
from qtd.errors import ConfigurationError
from qtd.queue import standalone
from qtd.queue.memory import MemoryQueues
from qtd.queue.redis import RedisQueues
from qtd.queue.sql import SqlQueues

if TYPE_CHECKING:
    from qtd.config.root import Config
    from qtd.queue.contract import Queues


def open_queues(config: Config) -> Queues:
    """Return the queues of `config`, connected to nothing yet (see `Queues.ping`).

    Raises:
        ConfigurationError: this version has no such backend or mode.
    """
    backend, count = config.queue.backend, config.queue.count
    if backend == "redis":
        if config.redis.mode != "standalone":
            raise ConfigurationError(
                f"redis.mode: {config.redis.mode!r} is not supported yet by this version"
            )
        return RedisQueues(standalone.connect(config.redis), count=count)
    if backend == "sql":
        database = config.queue_database
        timeouts = Timeouts(
            connect=database.connect_timeout_seconds,
            command=database.command_timeout_seconds,
            lock=database.lock_timeout_seconds,
        )
        engine = open_engine(
            config.queue_database_url, password=revealed(database.password), timeouts=timeouts
        )
        return SqlQueues(engine, count=count, prefix=config.database.tables_prefix)
    return MemoryQueues(count=count, clock=SystemClock())
