"""The compact form of an entry: Zstandard with a dictionary of what all tracking requests have in common.

A third of the plugin's zlib in size and half of its time, but no PHP reads it. A processor of the plugin that
meets such an entry must not take it for an empty one and remove it. So it begins with a small zlib stream, behind
which PHP does not look: that holds a JSON text where the plugin expects an object, so PHP 8 ends with a TypeError,
and nothing is removed.

    78 da … 01 8e    13 bytes: `"qtd"`, compressed with zlib
    28 b5 2f fd …    a Zstandard frame (RFC 8878) with content size, checksum and the number of its dictionary

Dictionaries are `data/entries-<number>.dict`, made by `tools/train-entry-dictionary`. One that was released stays as it
is, because entries wait that need it.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from threading import local
from typing import Final

import zstandard

from qtd.errors import UndecodableEntry

#: What every compact entry begins with; another zlib might compress the text to other bytes.
MARK: Final = bytes.fromhex("78da532a2c4951020004b9018e")

#: The dictionary that is written with.
_NEWEST: Final = 1

#: Zstandard's level: 3 takes a third of the time and makes entries a tenth larger.
_LEVEL: Final = 5


#: Compressors work for one thread at a time, so each has its own.
_of_thread: Final = local()


def is_compact(stored: bytes) -> bool:
    """Whether an entry has this form."""
    return stored.startswith(MARK)


def pack(text: bytes) -> bytes:
    """Return the compact form of an entry's text."""
    try:
        compressor: zstandard.ZstdCompressor = _of_thread.compressor
    except AttributeError:
        compressor = _of_thread.compressor = zstandard.ZstdCompressor(
            level=_LEVEL, dict_data=_dictionary(_NEWEST), write_checksum=True, write_content_size=True
        )
    return MARK + compressor.compress(text)


def unpack(stored: bytes, most: int) -> bytes:
    """Return the text of an entry in compact form, of at most so many bytes.

    Raises UndecodableEntry with the cause.
    """
    frame = stored[len(MARK) :]
    try:
        header = zstandard.get_frame_parameters(frame)
        if header.content_size > most:  # also where it is not said
            raise UndecodableEntry(f"the entry holds more than {most} bytes")
        return _decompressor(header.dict_id).decompress(frame)
    except zstandard.ZstdError as error:
        raise UndecodableEntry(f"the compact entry is damaged: {error}") from None


def _decompressor(number: int) -> zstandard.ZstdDecompressor:
    try:
        known: dict[int, zstandard.ZstdDecompressor] = _of_thread.decompressors
    except AttributeError:
        known = _of_thread.decompressors = {}
    if number not in known:
        known[number] = zstandard.ZstdDecompressor(dict_data=_dictionary(number))
    return known[number]


@cache
def _dictionary(number: int) -> zstandard.ZstdCompressionDict:
    file = files("qtd.wire") / "data" / f"entries-{number}.dict"
    try:
        dictionary = zstandard.ZstdCompressionDict(file.read_bytes(), dict_type=zstandard.DICT_TYPE_FULLDICT)
    except FileNotFoundError:
        raise UndecodableEntry(
            f"the compact entry is of a newer version of qtd (dictionary {number})"
        ) from None
    if number == _NEWEST:
        dictionary.precompute_compress(level=_LEVEL)
    return dictionary
