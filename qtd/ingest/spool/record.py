"""A spooled entry as bytes and back: its length, its queue, and a checksum over both and the entry.

A process may be killed, or a machine lose its power, in the middle of a record. What is read is then a
beginning of what was written, never something else: whatever does not have its checksum ends the reading.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from struct import Struct
from typing import Final, NamedTuple
from zlib import crc32

_WHAT: Final = Struct("<IH")
#: Length of the entry in bytes, its queue, CRC-32 of these two fields and the entry.
_HEAD: Final = Struct("<IHI")

HEAD_BYTES: Final = _HEAD.size


class Record(NamedTuple):
    """An entry in the spool."""

    queue: int
    stored: bytes
    #: where it ends
    end: int


class Ending(Enum):
    """Why a reading ended."""

    #: all was read, or as many as were asked for
    WHOLE = "whole"
    #: in the middle of a record: more bytes may complete it
    CUT = "cut"
    #: at something that is no record
    BAD = "bad"


@dataclass(frozen=True, kw_only=True, slots=True)
class Reading:
    """What a piece of a segment holds."""

    records: list[Record]
    #: behind the last whole record
    end: int
    ending: Ending
    #: with `CUT`: so many bytes from `end` on would complete the next record, as far as can be told
    needed: int = 0


def encode_record(queue: int, stored: bytes) -> bytes:
    """Return the record of an entry; `queue` is below 65,536, the entry shorter than 4 GiB."""
    check = crc32(stored, crc32(_WHAT.pack(len(stored), queue)))
    return _HEAD.pack(len(stored), queue, check) + stored


def read_records(data: bytes, *, origin: int = 0, limit: int | None = None) -> Reading:
    """Return the whole records that `data` begins with, at most `limit`; `origin` is where its first byte lies."""
    records: list[Record] = []
    at, size = 0, len(data)
    ending, needed = Ending.WHOLE, 0
    while at < size and (limit is None or len(records) < limit):
        if size - at < HEAD_BYTES:
            ending, needed = Ending.CUT, HEAD_BYTES
            break
        length, queue, check = _HEAD.unpack_from(data, at)
        end = at + HEAD_BYTES + length
        if end > size:
            ending, needed = Ending.CUT, end - at
            break
        stored = data[at + HEAD_BYTES : end]
        if crc32(stored, crc32(_WHAT.pack(length, queue))) != check:
            ending = Ending.BAD
            break
        records.append(Record(queue, stored, origin + end))
        at = end
    return Reading(records=records, end=origin + at, ending=ending, needed=needed)
