"""Bytes in the queues that are no entries."""

from __future__ import annotations

import zlib
from random import Random

from qtd.queue.redis_keys import list_key
from tests.faults.ground import QUEUES
from tests.faults.kinds.kind import GARBAGE, PROCESSES
from tests.faults.scene import Scene

_TEXT = b'{"requests":[{"idsite":"1","rec":"1"}],"env":{"server":[],"cookie":[]},"tokenAuth":false,"time":1}'


class Garbage:
    """Somebody else pushes what nobody can decode: each becomes a dead letter, and nothing else does."""

    heals = PROCESSES
    needs = frozenset({GARBAGE})

    def __init__(self, scene: Scene, random: Random) -> None:
        self._scene = scene
        self._entries = [(random.randrange(QUEUES), garbage(random)) for _ in range(random.randint(1, 30))]

    def __str__(self) -> str:
        return f"{len(self._entries)} entries"

    def strike(self) -> None:
        """Push them one by one, so that requests come between them."""
        with self._scene.ground.broker_client() as client:
            for queue, entry in self._entries:
                client.rpush(list_key(queue), entry)
                self._scene.crowd.allow(1)
                self._scene.garbage[entry] = self._scene.ground.replicated(client)

    def heal(self) -> None:
        """Nobody takes them back."""


def garbage(random: Random) -> bytes:
    """Bytes that are no entry, in one of the ways in which they may not be; never twice the same."""
    noise = random.randbytes(random.randint(8, 200))
    unique = noise.hex().encode()
    return random.choice(
        (
            b"\xff" + noise,
            zlib.compress(noise),
            zlib.compress(unique + _TEXT)[: -random.randrange(1, 40)],
            zlib.compress(b'{"requests":[],"no time":"' + unique + b'"}'),
            b'["a list", "' + unique + b'"]',
            b'{"requests":"' + unique + b'","time":1}',
            b'O:8:"stdClass":1:{s:4:"name";s:' + unique,
        )
    )
