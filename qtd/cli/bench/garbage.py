"""Entries that nobody can decode, in the place of good ones: what a queue may hold after an accident."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from random import Random


def spoil(entries: Sequence[bytes], *, percent: float, random: Random) -> tuple[list[bytes], int]:
    """Replace that share of the entries, anywhere among them; also returns how many that is, at least one."""
    count = max(round(len(entries) * percent / 100), 1)
    spoilt = list(entries)
    for place in random.sample(range(len(spoilt)), count):
        spoilt[place] = _garbage(spoilt[place], random)
    return spoilt, count


def _garbage(entry: bytes, random: Random) -> bytes:
    """What may have become of an entry, or never was one; never twice the same."""
    noise = random.randbytes(64)
    return random.choice(
        (
            b"\xff" + noise,
            entry[: len(entry) // 2],
            zlib.compress(b"no JSON: " + noise),
            b'["' + noise.hex().encode() + b'"]',
            zlib.compress(b'{"requests": [], "without a time": "' + noise.hex().encode() + b'"}'),
        )
    )
