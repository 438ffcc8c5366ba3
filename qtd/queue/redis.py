"""Queues in Redis, under the plugin's keys and locks, so that either side continues what the other began."""

from __future__ import annotations

from importlib.resources import files
from typing import TYPE_CHECKING, Any, cast

from qtd.errors import LockLost
from qtd.queue.contract import Lock, QueueState
from qtd.queue.grouping import by_queue, check_queue
from qtd.queue.lock_token import new_token
from qtd.queue.redis_errors import translated
from qtd.queue.redis_keys import list_key, lock_key

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from redis import Redis


class RedisQueues:
    """The contract (`qtd.queue.contract.Queues`) over lists; locks expire by the server's clock.

    A pushed entry is as durable as the server's settings make it: `appendonly yes`, and `appendfsync`.
    """

    def __init__(self, client: Redis, *, count: int, token: Callable[[], str] = new_token) -> None:
        self.count = count
        self._client = client
        self._token = token
        self._lists = [list_key(queue) for queue in range(count)]
        self._lock_keys = [lock_key(queue) for queue in range(count)]
        self._trim = _script(client, "trim.lua")
        self._extend = _script(client, "extend.lua")
        self._release = _script(client, "release.lua")

    def push(self, entries: Sequence[tuple[int, bytes]]) -> None:
        """See `Queues.push`: one RPUSH per queue; a server's refusal of one does not take back the others."""
        groups = by_queue(entries, self.count)
        with translated():
            if len(groups) == 1:  # a pipeline of one command only costs
                [(queue, stored)] = groups.items()
                self._client.rpush(self._lists[queue], *stored)
            elif groups:
                with self._client.pipeline(transaction=False) as pipeline:
                    for queue, stored in groups.items():
                        pipeline.rpush(self._lists[queue], *stored)
                    _results(pipeline)

    def read(self, queue: int, limit: int) -> list[bytes]:
        """See `Queues.read`."""
        check_queue(queue, self.count)
        if limit <= 0:
            return []  # LRANGE 0 -1 would be everything
        with translated():
            return cast("list[bytes]", self._client.lrange(self._lists[queue], 0, limit - 1))

    def trim(self, lock: Lock, count: int) -> None:
        """See `Queues.trim`."""
        check_queue(lock.queue, self.count)
        keys = [self._lock_keys[lock.queue], self._lists[lock.queue]]
        with translated():
            trimmed = self._trim(keys=keys, args=[lock.token, max(count, 0)])
        if not trimmed:
            raise LockLost

    def lengths(self) -> list[int]:
        """See `Queues.lengths`."""
        with translated(), self._client.pipeline(transaction=False) as pipeline:
            for key in self._lists:
                pipeline.llen(key)
            return _results(pipeline)

    def acquire(self, queue: int, seconds: int) -> Lock | None:
        """See `Queues.acquire`."""
        check_queue(queue, self.count)
        lock = Lock(queue=queue, token=self._token())
        with translated():
            taken = self._client.set(self._lock_keys[queue], lock.token, nx=True, ex=seconds)
        return lock if taken else None

    def extend(self, lock: Lock, seconds: int) -> None:
        """See `Queues.extend`."""
        with translated():
            extended = self._extend(keys=[self._lock_keys[lock.queue]], args=[lock.token, seconds])
        if not extended:
            raise LockLost

    def release(self, lock: Lock) -> bool:
        """See `Queues.release`."""
        with translated():
            return bool(self._release(keys=[self._lock_keys[lock.queue]], args=[lock.token]))

    def states(self) -> list[QueueState]:
        """See `Queues.states`."""
        with translated(), self._client.pipeline(transaction=False) as pipeline:
            for queue in range(self.count):
                pipeline.llen(self._lists[queue])
                pipeline.get(self._lock_keys[queue])
                pipeline.pttl(self._lock_keys[queue])
            answers = iter(_results(pipeline))
        triples = zip(answers, answers, answers, strict=True)
        return [_state(queue, *answer) for queue, answer in enumerate(triples)]

    def ping(self) -> None:
        """See `Queues.ping`."""
        with translated():
            self._client.ping()

    def close(self) -> None:
        """See `Queues.close`."""
        self._client.close()


def _script(client: Redis, name: str) -> Callable[..., Any]:
    """Return the script as a function that sends its digest only, and its text when the server lost it."""
    return client.register_script(files("qtd.queue").joinpath("scripts", name).read_text(encoding="ascii"))


def _results(pipeline: Any) -> list[Any]:
    """Run the pipeline; raise the first error that the server answered.

    redis-py would raise it by itself, but with the command, and so an entry's content, in its text.
    """
    results: list[Any] = pipeline.execute(raise_on_error=False)
    for result in results:
        if isinstance(result, Exception):
            raise result
    return results


def _state(queue: int, waiting: int, holder: bytes | None, milliseconds: int) -> QueueState:
    """Make a state of LLEN, GET and PTTL; PTTL is -2 without a key, -1 without an expiry."""
    if holder is None or milliseconds == -2:  # it may expire between GET and PTTL
        return QueueState(queue=queue, waiting=waiting, lock_holder=None, lock_seconds_left=None)
    left = None if milliseconds == -1 else milliseconds / 1000
    name = holder.decode("utf-8", "replace")
    return QueueState(queue=queue, waiting=waiting, lock_holder=name, lock_seconds_left=left)
