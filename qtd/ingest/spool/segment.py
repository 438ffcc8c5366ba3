"""A segment file's name and head: where in the spool it begins, and how many queues there were.

Places in the spool are positions: bytes since its first segment, never reset. A segment's name is the position
of its first byte, so names in their order are segments in theirs.
"""

from __future__ import annotations

from struct import Struct
from typing import Final
from zlib import crc32

SUFFIX: Final = ".segment"

_MAGIC: Final = b"qtdspool"
_VERSION: Final = 1
_FIELDS: Final = Struct("<8sHHQ")
_CHECK: Final = Struct("<I")

#: A segment's head; its first record comes right behind it.
HEAD_BYTES: Final = _FIELDS.size + _CHECK.size


def segment_name(base: int) -> str:
    """Return the name of the segment that begins at position `base`."""
    return f"{base:020d}{SUFFIX}"


def base_of(name: str) -> int | None:
    """Return where the segment of that name begins; None: this is no segment's name."""
    digits = name.removesuffix(SUFFIX)
    return int(digits) if name.endswith(SUFFIX) and len(digits) == 20 and digits.isdecimal() else None


def encode_head(base: int, queues: int) -> bytes:
    """Return the head of a segment whose entries were given to one of `queues` queues (at most 65,535)."""
    fields = _FIELDS.pack(_MAGIC, _VERSION, queues, base)
    return fields + _CHECK.pack(crc32(fields))


def read_head(data: bytes, base: int) -> int | None:
    """Return how many queues there were; None: this is not the head of the segment that begins at `base`."""
    if len(data) < HEAD_BYTES:
        return None
    magic, version, queues, found = _FIELDS.unpack_from(data)
    (check,) = _CHECK.unpack_from(data, _FIELDS.size)
    whole = (magic, version, found, check) == (_MAGIC, _VERSION, base, crc32(data[: _FIELDS.size]))
    return int(queues) if whole else None
