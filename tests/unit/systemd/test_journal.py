"""The journal's protocol, against a socket of our own."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from qtd.systemd.journal import LARGEST_ENTRY, Journal, encode, goes_to_journal


@pytest.fixture
def journald(tmp_path: Path) -> Iterator[socket.socket]:
    """Give a socket that receives as journald's does."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as receiver:
        receiver.bind(str(tmp_path / "socket"))
        receiver.settimeout(10)
        yield receiver


def test_values_of_one_line_and_of_several() -> None:
    """`NAME=value`; with a line break inside, the length as 64 bits, little-endian, then the bytes."""
    assert encode([("MESSAGE", "a=b"), ("QTD_X", "ä")]) == "MESSAGE=a=b\nQTD_X=ä\n".encode()
    assert encode([("MESSAGE", "a\nb")]) == b"MESSAGE\n\x03\0\0\0\0\0\0\0a\nb\n"
    assert encode([("M", "\udc80")]) == b"M=\\udc80\n"


def test_entries_arrive(journald: socket.socket, tmp_path: Path) -> None:
    """One datagram for each, also after journald was started anew."""
    journal = Journal(str(tmp_path / "socket"))
    assert journal.send([("MESSAGE", "one")])
    assert journald.recv(1000) == b"MESSAGE=one\n"
    journald.close()
    assert not journal.send([("MESSAGE", "nobody hears it")])
    (tmp_path / "socket").unlink()
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as again:
        again.bind(str(tmp_path / "socket"))
        assert journal.send([("MESSAGE", "two")])
        assert again.recv(1000) == b"MESSAGE=two\n"
    journal.close()


def test_what_is_too_long_is_cut(journald: socket.socket, tmp_path: Path) -> None:
    """An entry that no datagram can hold arrives with its long values cut and its short ones whole."""
    journal = Journal(str(tmp_path / "socket"))
    assert journal.send([("MESSAGE", "ä" * 10**6), ("QTD_EVENT", "x")])
    received = journald.recv(10**7)
    assert received.startswith("MESSAGE=ää".encode())
    assert received.endswith(b"...\nQTD_EVENT=x\n")
    assert len(received) <= LARGEST_ENTRY
    journal.close()


def test_the_journals_stream_is_recognised(tmp_path: Path) -> None:
    """JOURNAL_STREAM names device and inode; a redirected stream, or nonsense, is not the journal."""
    with (tmp_path / "stream").open("w") as stream, (tmp_path / "other").open("w") as other:
        status = os.fstat(stream.fileno())
        environ = {"JOURNAL_STREAM": f"{status.st_dev}:{status.st_ino}"}
        assert goes_to_journal(stream.fileno(), environ)
        assert not goes_to_journal(other.fileno(), environ)
        for nonsense in ("", "x", "1:", ":", "1:y"):
            assert not goes_to_journal(stream.fileno(), {"JOURNAL_STREAM": nonsense})
        assert not goes_to_journal(stream.fileno(), {})
