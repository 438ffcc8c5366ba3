"""The very operations that accepting and recording use, tried on each Redis server on keys of their own."""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Sequence
from contextlib import suppress
from itertools import count
from typing import Final

from redis.crc import key_slot

from qtd.clock import Clock
from qtd.config.redis import Redis as RedisSection
from qtd.doctor.check import Check, fine, wrong
from qtd.doctor.redis_advice import redis_advice
from qtd.doctor.redis_reach import Reach
from qtd.errors import BrokerUnavailable, LockLost, QueueChanged
from qtd.queue.open import open_servers
from qtd.queue.redis import RedisQueues
from qtd.queue.redis_errors import translated
from qtd.queue.redis_servers import Command, Servers

#: What an account with the least rights may touch (docs/redis.md); nobody reads queues or locks of such names.
_LIST: Final = "trackingQueueV1_test_"
_LOCK: Final = "QueuedTrackingLock_test_"

#: Seconds until a server forgets what we leave behind when we are killed.
_FORGET: Final = 60

_ENTRIES: Final = [b"qtd test 1", b"qtd test 2"]
_EARLIER: Final = [b"qtd test 0"]


class Unexpected(Exception):
    """A server carried out an operation, but not as it should."""


def check_operations(
    section: RedisSection, reaches: Sequence[Reach], clock: Clock, *, token: str | None = None
) -> Iterator[Check]:
    """Try them on each server, one after the other; `token` makes the keys' names, by default a random one."""
    token = token or secrets.token_hex(6)
    lists = [_key(_LIST + token, reach) for reach in reaches]
    locks = [_key(_LOCK + token, reach) for reach in reaches]
    servers = open_servers(section)
    queues = RedisQueues(servers, count=len(reaches), list_of=lists.__getitem__, lock_of=locks.__getitem__)
    try:
        for number, reach in enumerate(reaches):
            trial = Trial(queues, servers, number, keys=(lists[number], locks[number]))
            begin = clock.monotonic()
            try:
                trial.run()
            except (BrokerUnavailable, LockLost, QueueChanged, Unexpected) as error:
                yield wrong(
                    "redis.operations",
                    f"{trial.step}: {error}",
                    redis_advice(error),
                    where=reach.address,
                )
            else:
                took = (clock.monotonic() - begin) * 1000
                wait = ", replicas" if section.wait_replicas else ""
                yield fine(
                    "redis.operations",
                    f"push{wait}, read, lock, scripts to extend, prepend, trim, release: {took:.1f} ms in all",
                    where=reach.address,
                )
            finally:
                trial.clean()
    finally:
        queues.close()


def _key(name: str, reach: Reach) -> str:
    """Return a key that begins so and lies on this server."""
    return next(key for number in count() if reach.serves(key_slot((key := f"{name}_{number}").encode())))


class Trial:
    """One server's turn."""

    def __init__(self, queues: RedisQueues, servers: Servers, number: int, *, keys: tuple[str, str]) -> None:
        self._queues = queues
        self._servers = servers
        self._number = number
        self._list, self._lock = keys
        #: what is being tried
        self.step = ""

    def run(self) -> None:
        """Do what a request and its worker do, and see that it is what comes of it.

        Raises:
            BrokerUnavailable: the server does not carry out `step`, or too few replicas have it.
            LockLost, QueueChanged, Unexpected: it does, but with another result than it should.
        """
        queues, number = self._queues, self._number
        self.step = "push"
        queues.push([(number, entry) for entry in _ENTRIES])
        self.step = "expire"
        with translated():
            self._servers.run([Command(self._list, ("EXPIRE", self._list, _FORGET))])
        self.step = "read"
        self._expect(_ENTRIES)
        self.step = "lock"
        lock = queues.acquire(number, _FORGET)
        if lock is None or queues.acquire(number, _FORGET) is not None:
            raise Unexpected("a lock that nobody has is not given, or given twice")
        self.step = "extend the lock (script)"
        queues.extend(lock, _FORGET)
        self.step = "prepend (script)"
        queues.prepend(lock, _EARLIER)
        self._expect(_EARLIER + _ENTRIES)
        self.step = "trim (script)"
        queues.trim(lock, _EARLIER + _ENTRIES)
        self._expect([])
        self.step = "release the lock (script)"
        if not queues.release(lock):
            raise Unexpected("a lock that we hold is said not to be ours")

    def _expect(self, entries: list[bytes]) -> None:
        if self._queues.read(self._number, 10) != entries:
            raise Unexpected("what is read is not what was pushed")

    def clean(self) -> None:
        """Remove what is left; where that fails, the server forgets it by itself."""
        with suppress(BrokerUnavailable), translated():
            self._servers.run([Command(key, ("DEL", key)) for key in (self._list, self._lock)])
