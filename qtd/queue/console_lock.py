"""The locks that keep two workers from running the plugin for one queue at once, beside those that the plugin takes."""

from __future__ import annotations

from collections.abc import Callable

from qtd.config.root import Config
from qtd.queue.contract import Queues
from qtd.queue.open import open_servers
from qtd.queue.redis import RedisQueues


def console_lock_key(queue: int) -> str:
    """Return the key: one that the rights on the queues comprise, and not named as the locks that the plugin counts."""
    return f"trackingQueueV1Console{queue}"


def open_console_locks(config: Config, *, count: int, token: Callable[[], str]) -> Queues:
    """Return queues whose locks are these; connected to nothing yet."""
    return RedisQueues(open_servers(config.redis), count=count, token=token, lock_of=console_lock_key)
