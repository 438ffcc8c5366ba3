"""A processor that treats a queue in Redis as the plugin's does: its lock, whole batches, trimmed by number."""

from __future__ import annotations

import zlib
from typing import Any

import orjson
from redis import Redis

from qtd.queue.redis_keys import list_key, lock_key

TOKEN = b"0123456789ab"


def plugin_entry(entry: dict[str, Any]) -> bytes:
    """A request set as the plugin stores it."""
    return zlib.compress(orjson.dumps(entry))


def process(client: Redis, queue: int, batch: int, taken: list[dict[str, Any]]) -> bool:
    """Take whole batches off a queue and add them to `taken`; False where its lock is somebody else's.

    Raises:
        TypeError: as PHP 8 does where an entry is a text. The lock is given back, and of this batch nothing removed.
    """
    if not client.set(lock_key(queue), TOKEN, nx=True, ex=60):
        return False
    try:
        while client.llen(list_key(queue)) >= batch:
            entries: Any = client.lrange(list_key(queue), 0, batch - 1)
            taken += [_decoded(entry) for entry in entries]
            client.ltrim(list_key(queue), batch, -1)
    finally:
        assert client.get(lock_key(queue)) == TOKEN
        client.delete(lock_key(queue))
    return True


def _decoded(stored: bytes) -> dict[str, Any]:
    inflator = zlib.decompressobj()  # what is behind the stream's end is not looked at, as in PHP
    try:
        text = inflator.decompress(stored)
    except zlib.error:
        text = stored
    entry = orjson.loads(text)
    if isinstance(entry, str):
        raise TypeError("Cannot access offset of type string on string")
    assert isinstance(entry, dict), "PHP would have taken this for an entry without requests, and removed it"
    return entry
