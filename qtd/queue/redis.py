"""Queues in Redis, under the plugin's keys and locks, so that either side continues what the other began."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from qtd.errors import LockLost, QueueChanged, QueuesRenumbered
from qtd.queue.contract import MOST_QUEUES, HeldLock, Lock, Numbering, QueueState
from qtd.queue.grouping import by_queue, check_queue
from qtd.queue.lock_token import new_token
from qtd.queue.redis_digest import head_digest
from qtd.queue.redis_errors import translated
from qtd.queue.redis_keys import list_key, lock_key
from qtd.queue.redis_locks import RedisLocks, holder_name
from qtd.queue.redis_numbering import RedisNumbering
from qtd.queue.redis_script import Script
from qtd.queue.redis_servers import Command

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from qtd.queue.redis_servers import Servers

#: By its text: with several scripts on several servers, one that is unknown there would make the others' entries be
#: pushed twice.
_PUSH: Final = Script.named("push.lua").body
_TRIM: Final = Script.named("trim.lua")
_PREPEND: Final = Script.named("prepend.lua")


class RedisQueues:
    """The contract (`qtd.queue.contract.Queues`) over lists; locks expire by the server's clock.

    A pushed entry is as durable as the servers' settings make it: `appendonly yes`, `appendfsync`, and
    `redis.wait_replicas`. docs/redis.md says what that means in which topology. The keys are the plugin's unless
    `list_of` and `lock_of` say others for each queue, to try out servers beside the real queues.
    """

    def __init__(
        self,
        servers: Servers,
        *,
        count: int,
        token: Callable[[], str] = new_token,
        list_of: Callable[[int], str] = list_key,
        lock_of: Callable[[int], str] = lock_key,
    ) -> None:
        self.count = count
        self._servers = servers
        self._token = token
        self._numbering = RedisNumbering(servers)
        self._locks = RedisLocks(servers, lock_of)
        self._list_of = list_of
        self._lists = [list_of(queue) for queue in range(count)]

    def push(self, entries: Sequence[tuple[int, bytes]]) -> None:
        """See `Queues.push`: one RPUSH per queue; a server's refusal of one does not take back the others."""
        groups = by_queue(entries, self.count)
        if not groups:
            return
        commands = [
            Command(self._lists[queue], ("RPUSH", self._lists[queue], *stored))
            for queue, stored in groups.items()
        ]
        with translated():
            self._servers.run(commands, replicated=True)

    def push_in_force(self, entries: Sequence[tuple[int, bytes]]) -> None:
        """See `Queues.push_in_force`: a script for each queue."""
        groups = by_queue(entries, self.count)
        if not groups:
            return
        commands = [
            Command(
                self._lists[queue],
                ("EVAL", _PUSH, 2, self._lists[queue], self._numbering.key(queue), self.count, *stored),
            )
            for queue, stored in groups.items()
        ]
        with translated():
            answers = self._servers.run(commands, replicated=True)
        refused = {queue: answer for queue, answer in zip(groups, answers, strict=True) if answer != 1}
        if refused:
            found = next(iter(refused.values())).decode()
            raise QueuesRenumbered(
                Numbering.parse(found).count if found else None,
                [entry for entry in entries if entry[0] in refused],
            )

    def numbering(self) -> Numbering | None:
        """See `Queues.numbering`."""
        with translated():
            return self._numbering.get()

    def adopt(self, numbering: Numbering) -> Numbering:
        """See `Queues.adopt`."""
        with translated():
            return self._numbering.adopt(numbering, self.count)

    def renumber(self, numbering: Numbering) -> None:
        """See `Queues.renumber`."""
        with translated():
            self._numbering.put(numbering, self.count)

    def used(self) -> list[int]:
        """See `Queues.used`."""
        lengths = self.with_count(MOST_QUEUES).lengths()
        return [queue for queue, length in enumerate(lengths) if length]

    def with_count(self, count: int, token: Callable[[], str] | None = None) -> RedisQueues:
        """See `Queues.with_count`."""
        return RedisQueues(
            self._servers,
            count=count,
            token=token or self._token,
            list_of=self._list_of,
            lock_of=self._locks.key,
        )

    def read(self, queue: int, limit: int) -> list[bytes]:
        """See `Queues.read`."""
        check_queue(queue, self.count)
        if limit <= 0:
            return []  # LRANGE 0 -1 would be everything
        key = self._lists[queue]
        with translated():
            entries: list[bytes]
            [entries] = self._servers.run([Command(key, ("LRANGE", key, 0, limit - 1))])
            return entries

    def heads(self) -> list[bytes | None]:
        """See `Queues.heads`; by LRANGE, which an account needs anyway."""
        with translated():
            found = self._servers.run([Command(key, ("LRANGE", key, 0, 0)) for key in self._lists])
        return [entries[0] if entries else None for entries in found]

    def trim(self, lock: Lock, entries: Sequence[bytes]) -> None:
        """See `Queues.trim`; in a cluster the lock is checked first, see `RedisLocks.proof`."""
        check_queue(lock.queue, self.count)
        with translated():
            keys, proof = self._locks.proof(lock, self._lists[lock.queue])
            trimmed = _TRIM.run(self._servers, keys, len(entries), head_digest(entries), proof)
        if trimmed == 0:
            raise LockLost
        if trimmed < 0:
            raise QueueChanged

    def prepend(self, lock: Lock, entries: Sequence[bytes]) -> None:
        """See `Queues.prepend`; in a cluster the lock is checked first, see `RedisLocks.proof`."""
        check_queue(lock.queue, self.count)
        with translated():
            keys, proof = self._locks.proof(lock, self._lists[lock.queue])
            added = _PREPEND.run(self._servers, keys, proof, *entries)
        if not added:
            raise LockLost

    def lengths(self) -> list[int]:
        """See `Queues.lengths`."""
        with translated():
            return self._servers.run([Command(key, ("LLEN", key)) for key in self._lists])

    def acquire(self, queue: int, seconds: int) -> Lock | None:
        """See `Queues.acquire`."""
        check_queue(queue, self.count)
        lock = Lock(queue=queue, token=self._token())
        with translated():
            return lock if self._locks.acquire(lock, seconds) else None

    def extend(self, lock: Lock, seconds: int) -> None:
        """See `Queues.extend`."""
        with translated():
            if not self._locks.extend(lock, seconds):
                raise LockLost

    def release(self, lock: Lock) -> bool:
        """See `Queues.release`."""
        with translated():
            return self._locks.release(lock)

    def states(self) -> list[QueueState]:
        """See `Queues.states`."""
        commands = []
        for queue, key in enumerate(self._lists):
            lock = self._locks.key(queue)
            commands.append(Command(key, ("LLEN", key)))
            commands.append(Command(lock, ("GET", lock)))
            commands.append(Command(lock, ("PTTL", lock)))
        with translated():
            answers = iter(self._servers.run(commands))
        triples = zip(answers, answers, answers, strict=True)
        return [_state(queue, *answer) for queue, answer in enumerate(triples)]

    def locks(self) -> list[HeldLock]:
        """See `Queues.locks`."""
        with translated():
            return self._locks.held()

    def ping(self) -> None:
        """See `Queues.ping`: every server that has a queue is asked."""
        self.lengths()

    def close(self) -> None:
        """See `Queues.close`."""
        self._servers.close()


def _state(queue: int, waiting: int, holder: Any, milliseconds: int) -> QueueState:
    """Make a state of LLEN, GET and PTTL; PTTL is -2 without a key, -1 without an expiry."""
    if holder is None or milliseconds == -2:  # it may expire between GET and PTTL
        return QueueState(queue=queue, waiting=waiting, lock_holder=None, lock_seconds_left=None)
    left = None if milliseconds == -1 else milliseconds / 1000
    return QueueState(queue=queue, waiting=waiting, lock_holder=holder_name(holder), lock_seconds_left=left)
