"""Reads a segment file piece by piece; what it returns is positions in the spool, not offsets in the file."""

from __future__ import annotations

import os
from typing import Final

from qtd.ingest.spool.record import Reading, read_records

#: Bytes read at a time.
BLOCK_BYTES: Final = 4 * 1024 * 1024


def read_segment(descriptor: int, base: int, start: int, stop: int, *, limit: int | None = None) -> Reading:
    """Return records between two positions of the segment that begins at `base`: at least one, if there is one.

    The ending says something only where there is none. Raises OSError.
    """
    data = _bytes(descriptor, start - base, min(BLOCK_BYTES, stop - start))
    reading = read_records(data, origin=start, limit=limit)
    if not reading.records and len(data) < reading.needed <= stop - start:  # one record larger than a block
        data = _bytes(descriptor, start - base, reading.needed)
        reading = read_records(data, origin=start, limit=limit)
    return reading


def _bytes(descriptor: int, offset: int, size: int) -> bytes:
    """Read so many bytes, fewer only at the file's end."""
    parts: list[bytes] = []
    while size > 0 and (part := os.pread(descriptor, size, offset)):
        parts.append(part)
        size -= len(part)
        offset += len(part)
    return b"".join(parts)
