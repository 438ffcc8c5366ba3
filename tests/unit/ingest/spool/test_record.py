"""What is read of a spooled file is a beginning of what was written, wherever it was cut or damaged."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qtd.ingest.spool.record import HEAD_BYTES, Ending, encode_record, read_records
from qtd.ingest.spool.segment import base_of, encode_head, read_head, segment_name

Entry = tuple[int, bytes]
ENTRIES = st.lists(st.tuples(st.integers(0, 4095), st.binary(max_size=40)), max_size=8)


def written(entries: list[Entry]) -> bytes:
    """The records of entries, one behind the other."""
    return b"".join(encode_record(queue, stored) for queue, stored in entries)


@given(ENTRIES, st.integers(0, 2**40))
def test_what_was_written_is_read(entries: list[Entry], origin: int) -> None:
    """All of it, in order, and where each ends."""
    data = written(entries)
    reading = read_records(data, origin=origin)
    assert [(record.queue, record.stored) for record in reading.records] == entries
    assert (reading.end, reading.ending) == (origin + len(data), Ending.WHOLE)
    assert [record.end for record in reading.records] == [
        origin + len(written(entries[: n + 1])) for n in range(len(entries))
    ]


@given(ENTRIES, st.data())
def test_a_file_cut_at_any_byte_gives_its_whole_records(entries: list[Entry], data: st.DataObject) -> None:
    """Just those that lie before the cut, and how many bytes the next one lacks."""
    whole = written(entries)
    cut = data.draw(st.integers(0, len(whole)))
    reading = read_records(whole[:cut])
    ends = [len(written(entries[: n + 1])) for n in range(len(entries))]
    expected = sum(end <= cut for end in ends)
    assert [(record.queue, record.stored) for record in reading.records] == entries[:expected]
    assert reading.ending is (Ending.WHOLE if cut in [0, *ends] else Ending.CUT)
    if reading.ending is Ending.CUT:
        assert reading.end + reading.needed <= ends[expected]
        assert reading.end + reading.needed > cut


@given(ENTRIES.filter(bool), st.data())
def test_a_changed_byte_ends_the_reading(entries: list[Entry], data: st.DataObject) -> None:
    """Never another entry than one that was written."""
    whole = bytearray(written(entries))
    at = data.draw(st.integers(0, len(whole) - 1))
    whole[at] ^= data.draw(st.integers(1, 255))
    reading = read_records(bytes(whole))
    before = sum(len(written(entries[: n + 1])) <= at for n in range(len(entries)))
    assert [(record.queue, record.stored) for record in reading.records] == entries[:before]
    assert reading.ending is not Ending.WHOLE


def test_zeros_are_no_record() -> None:
    """A file system that lengthened a file before its power went has zeros there."""
    good = encode_record(3, b"entry")
    assert read_records(good + bytes(HEAD_BYTES)).ending is Ending.BAD
    assert len(read_records(good + bytes(4096)).records) == 1


def test_a_limit_is_kept() -> None:
    """A piece at a time."""
    data = written([(0, b"a"), (1, b"b"), (2, b"c")])
    reading = read_records(data, limit=2)
    assert [record.stored for record in reading.records] == [b"a", b"b"]
    assert read_records(data[reading.end :], origin=reading.end).end == len(data)


@given(st.integers(0, 2**63), st.integers(1, 4096))
def test_a_segments_head_belongs_to_its_place(base: int, queues: int) -> None:
    """A file that was renamed or cut short is not taken for another."""
    assert base_of(segment_name(base)) == base
    head = encode_head(base, queues)
    assert read_head(head + b"more", base) == queues
    assert read_head(head, base + 1) is None
    assert read_head(head[:-1], base) is None
    assert read_head(bytes(len(head)), base) is None


@pytest.mark.parametrize("name", ["positions", "1.segment", "x" * 20 + ".segment", f"{5:020d}.damaged"])
def test_other_files_are_no_segments(name: str) -> None:
    """The folder holds more than segments."""
    assert base_of(name) is None
