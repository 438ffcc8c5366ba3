"""The compact form of entries: small, checked, and nothing that PHP could take for an empty entry."""

from __future__ import annotations

import json
import zlib
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from hashlib import sha256
from importlib.resources import files

import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from qtd.errors import UndecodableEntry
from qtd.wire.compact import MARK, is_compact, pack, unpack

MOST = 1_000_000

#: Dictionaries that were released, by number: entries in queues need them as they are.
RELEASED = {1: "5904a83a14b82c9f0836b848311b414c18e92be06c19edac41bf7006499e895f"}


def dictionary(number: int) -> bytes:
    """The file of a dictionary."""
    return (files("qtd.wire") / "data" / f"entries-{number}.dict").read_bytes()


@given(st.binary(max_size=5000))
def test_what_is_packed_is_unpacked(text: bytes) -> None:
    """Any bytes come back."""
    stored = pack(text)
    assert is_compact(stored)
    assert unpack(stored, MOST) == text


@pytest.mark.parametrize("number", RELEASED)
def test_a_released_dictionary_never_changes(number: int) -> None:
    """Its digest is that of its release, and it has the number that frames name it by."""
    raw = dictionary(number)
    assert sha256(raw).hexdigest() == RELEASED[number]
    assert zstandard.ZstdCompressionDict(raw).dict_id() == number


def test_php_finds_a_text_where_it_expects_an_object() -> None:
    """What zlib makes of a compact entry is a JSON text, which PHP 8 can not use as an array: it stops there."""
    inflator = zlib.decompressobj()
    assert json.loads(inflator.decompress(pack(b"{}"))) == "qtd"
    assert inflator.eof  # PHP does not look at what is behind


def test_the_rest_is_a_zstandard_frame() -> None:
    """Anyone's Zstandard reads what is behind the mark, with the dictionary; it checks the content."""
    frame = pack(b"some text")[len(MARK) :]
    header = zstandard.get_frame_parameters(frame)
    assert (header.content_size, header.dict_id, header.has_checksum) == (9, 1, True)
    reader = zstandard.ZstdDecompressor(dict_data=zstandard.ZstdCompressionDict(dictionary(1)))
    assert reader.decompress(frame) == b"some text"


def damaged() -> dict[str, tuple[bytes, str]]:
    """Entries that can not be read, and why."""
    stored = pack(b"some text that is not too short " * 3)
    unsaid = zstandard.ZstdCompressor(write_content_size=False).compress(b"text")
    newer = zstandard.train_dictionary(1024, [b"%d some sample" % n for n in range(500)], dict_id=4711)
    return {
        "nothing": (MARK, "is damaged"),
        "cut short": (stored[:-9], "is damaged"),
        "changed": (stored[:-6] + bytes([stored[-6] ^ 1]) + stored[-5:], "is damaged"),
        "no frame": (MARK + b"nonsense", "is damaged"),
        "too big": (pack(bytes(MOST + 1)), "holds more than 1000000 bytes"),
        "of unknown size": (MARK + unsaid, "holds more than"),
        "newer": (
            MARK + zstandard.ZstdCompressor(dict_data=newer).compress(b"text"),
            "newer version of qtd .dictionary 4711.",
        ),
    }


@pytest.mark.parametrize("case", damaged())
def test_what_can_not_be_read_says_why(case: str) -> None:
    """Damage, bombs and dictionaries of the future are told apart."""
    stored, cause = damaged()[case]
    with pytest.raises(UndecodableEntry, match=cause):
        unpack(stored, MOST)


def test_threads_do_not_disturb_each_other() -> None:
    """Each has compressors of its own, for Zstandard's are not to be shared."""
    texts = [b"%d " % number * 2000 for number in range(200)]
    with ThreadPoolExecutor(8) as executor:
        stored = list(executor.map(pack, texts * 5))
        assert list(executor.map(lambda entry: unpack(entry, MOST), stored)) == texts * 5


@given(st.binary(max_size=60), st.booleans())
def test_any_bytes_are_read_or_refused(raw: bytes, framed: bool) -> None:  # noqa: FBT001 - hypothesis gives it
    """Nothing else is raised, whatever lies in a queue."""
    with suppress(UndecodableEntry):
        unpack(MARK + (pack(b"x")[len(MARK) : -4] if framed else b"") + raw, MOST)
