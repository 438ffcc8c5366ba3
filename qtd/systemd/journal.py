"""The journal's own protocol: entries with fields, over its socket; systemd.io/JOURNAL_NATIVE_PROTOCOL."""

from __future__ import annotations

import errno
import os
import socket
from collections.abc import Iterable, Mapping

#: Where journald listens.
SOCKET_PATH = "/run/systemd/journal/socket"

#: In bytes; a datagram can not be larger than the socket's buffer (about 200 kB by default).
LARGEST_ENTRY = 128 * 1024


def goes_to_journal(descriptor: int, environ: Mapping[str, str] = os.environ) -> bool:
    """Say whether what is written to `descriptor` ends in the journal: JOURNAL_STREAM in systemd.exec(5)."""
    device, colon, inode = environ.get("JOURNAL_STREAM", "").partition(":")
    if not (colon and device.isdigit() and inode.isdigit()):
        return False
    try:
        status = os.fstat(descriptor)
    except OSError:
        return False
    return (status.st_dev, status.st_ino) == (int(device), int(inode))


class Journal:
    """Sends entries to journald; safe in all threads, and after a fork."""

    def __init__(self, path: str = SOCKET_PATH) -> None:
        self._path = path
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC)

    def send(self, fields: Iterable[tuple[str, str]]) -> bool:
        """Send one entry; a name may be there more than once. Return False where journald did not take it.

        What does not fit into a datagram is cut, from the longest field on.
        """
        entry = list(fields)
        for most in (LARGEST_ENTRY, 16 * 1024):
            try:
                # By its path each time: journald may have been started anew.
                self._socket.sendto(encode(_cut(entry, most)), self._path)
            except OSError as error:
                if error.errno not in (errno.EMSGSIZE, errno.ENOBUFS):
                    return False
            else:
                return True
        return False

    def close(self) -> None:
        """Close the socket."""
        self._socket.close()


def encode(fields: Iterable[tuple[str, str]]) -> bytes:
    """Return a datagram: `NAME=value`, or with the length in front where the value has more than one line."""
    parts: list[bytes] = []
    for name, text in fields:
        value = text.encode("utf-8", "backslashreplace")
        if b"\n" in value:
            parts.append(b"%b\n%b%b\n" % (name.encode("ascii"), len(value).to_bytes(8, "little"), value))
        else:
            parts.append(b"%b=%b\n" % (name.encode("ascii"), value))
    return b"".join(parts)


def _cut(fields: list[tuple[str, str]], most: int) -> list[tuple[str, str]]:
    """Shorten the longest values until the entry has at most `most` bytes."""
    sizes = [len(value.encode("utf-8", "backslashreplace")) for _, value in fields]
    if sum(sizes) + sum(len(name) + 10 for name, _ in fields) <= most:
        return fields
    share = max(most // (2 * len(fields)), 64)
    # A character has at most six bytes: backslashreplace makes \udc80 of half a surrogate pair.
    return [
        (name, value if size <= share else value[: share // 6] + "...")
        for (name, value), size in zip(fields, sizes, strict=True)
    ]
