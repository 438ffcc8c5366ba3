"""Signs of life of several processes, in memory that they share with the one that looks after them."""

from __future__ import annotations

import mmap
import struct
from collections.abc import Callable
from dataclasses import astuple, fields

from qtd.ingest.counters import Counters

#: Time of the last beat (monotonic, in seconds), number of beats, then the counters in their order.
_SLOT = struct.Struct(f"@dQ{len(fields(Counters))}Q")


class SharedPulse:
    """A place for each of `count` processes; made before they are forked."""

    def __init__(self, count: int, monotonic: Callable[[], float]) -> None:
        self._count = count
        self._monotonic = monotonic
        self._memory = mmap.mmap(-1, _SLOT.size * count)
        self._gone = [0] * len(fields(Counters))

    def begin(self, slot: int) -> None:
        """Give a place to a process that is about to be forked; what was counted there is kept."""
        self._gone = [a + b for a, b in zip(self._gone, self._read(slot)[2], strict=True)]
        _SLOT.pack_into(self._memory, slot * _SLOT.size, self._monotonic(), 0, *[0] * len(self._gone))

    def of(self, slot: int) -> SlotPulse:
        """Return the pulse of the process in a place, for that process."""
        return SlotPulse(self._memory, slot, self._monotonic)

    def silent_seconds(self, slot: int) -> float:
        """Return the time since a process' last beat, or since its beginning."""
        return self._monotonic() - self._read(slot)[0]

    def all_beat(self) -> bool:
        """Say whether every process has beaten at least once."""
        return all(self._read(slot)[1] for slot in range(self._count))

    def totals(self) -> Counters:
        """Return the counts of all processes, those that are gone included."""
        rows = [self._read(slot)[2] for slot in range(self._count)]
        return Counters(*map(sum, zip(self._gone, *rows, strict=True)))

    def _read(self, slot: int) -> tuple[float, int, list[int]]:
        """Time of the last beat, number of beats, counts."""
        beat, beats, *counts = _SLOT.unpack_from(self._memory, slot * _SLOT.size)
        return beat, beats, counts


class SlotPulse:
    """One process' pulse (`qtd.ingest.pulse.Pulse`)."""

    def __init__(self, memory: mmap.mmap, slot: int, monotonic: Callable[[], float]) -> None:
        self._memory = memory
        self._offset = slot * _SLOT.size
        self._monotonic = monotonic
        self._beats = 0

    def beat(self, counters: Counters) -> None:
        """See `Pulse.beat`."""
        self._beats += 1
        _SLOT.pack_into(self._memory, self._offset, self._monotonic(), self._beats, *astuple(counters))

    def stopping(self) -> None:
        """Nothing to say: whoever looks after us asked for it."""
