"""The locks of the Redis queues: the plugin's strings, which expire by the server's clock."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from qtd.errors import LockLost
from qtd.queue.contract import MOST_QUEUES, HeldLock
from qtd.queue.redis_script import Script
from qtd.queue.redis_servers import Command

if TYPE_CHECKING:
    from collections.abc import Callable

    from qtd.queue.contract import Lock
    from qtd.queue.redis_servers import Servers

_LEASE: Final = Script.named("lease.lua")
_EXTEND: Final = Script.named("extend.lua")
_RELEASE: Final = Script.named("release.lua")
#: Later than any clock: the end of a lock that never expires.
_NEVER: Final = 2**53


class RedisLocks:
    """Takes and gives back locks, `key` says under which key; raises what `Servers.run` raises."""

    def __init__(self, servers: Servers, key: Callable[[int], str]) -> None:
        self._servers = servers
        self.key = key

    def acquire(self, lock: Lock, seconds: int) -> bool:
        """Make `lock` the holder if nobody is."""
        key = self.key(lock.queue)
        [taken] = self._servers.run([Command(key, ("SET", key, lock.token, "NX", "EX", seconds))])
        return bool(taken)

    def extend(self, lock: Lock, seconds: int) -> bool:
        """Let it expire `seconds` from now, if it is the holder."""
        return bool(_EXTEND.run(self._servers, [self.key(lock.queue)], lock.token, seconds))

    def release(self, lock: Lock) -> bool:
        """Free the queue, if it is the holder."""
        return bool(_RELEASE.run(self._servers, [self.key(lock.queue)], lock.token))

    def held(self) -> list[HeldLock]:
        """Return those that somebody holds; each is asked for by its name, so no account needs a right to list keys."""
        keys = [self.key(queue) for queue in range(MOST_QUEUES + 1)]
        holders = self._servers.run([Command(key, ("GET", key)) for key in keys])
        held = [queue for queue, holder in enumerate(holders) if holder is not None]
        left = self._servers.run([Command(keys[queue], ("PTTL", keys[queue])) for queue in held])
        return [
            HeldLock(
                queue=queue,
                token=holder_name(holders[queue]),
                seconds_left=None if time == -1 else time / 1000,
            )
            for queue, time in zip(held, left, strict=True)
            if time != -2  # it has expired meanwhile
        ]

    def proof(self, lock: Lock, list_key: str) -> tuple[list[str], str | int]:
        """Return the keys for a script that changes the lock's list, and what it makes sure by that the lock is ours.

        Where it may touch both keys, that is the token. In a cluster, list and lock lie in different slots. Instead
        the list's server is asked for the time, *then* the lock's server how long the lock is ours: so that it is
        certainly ours until that time plus that long, in milliseconds by the clock of the server with the list,
        and the change makes that its condition. It relies on the two clocks running equally fast for that moment,
        and on the lock's server not being replaced by one that has forgotten it; even then what is removed are
        `trim`'s own entries.

        Raises:
            LockLost: it is not ours.
        """
        key = self.key(lock.queue)
        if self._servers.together:
            return [list_key, key], lock.token
        [(seconds, microseconds)] = self._servers.run([Command(list_key, ("TIME",))])
        left: int = _LEASE.run(self._servers, [key], lock.token)
        if left == 0:
            raise LockLost
        until = _NEVER if left < 0 else int(seconds) * 1000 + int(microseconds) // 1000 + left
        return [list_key], until


def holder_name(holder: bytes) -> str:
    """Return a lock's value, which anybody may have set, as text."""
    return holder.decode("utf-8", "replace")
