"""The other end of sd_notify: hears what processes that we started ourselves tell of themselves."""

from __future__ import annotations

import socket
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

#: struct ucred of unix(7): pid, uid, gid.
_CREDENTIALS = struct.Struct("3i")
_LARGEST = 4096


@dataclass(frozen=True, kw_only=True, slots=True)
class Notification:
    """One message of one process."""

    #: The sender, as the kernel says.
    pid: int
    #: `READY`, `STATUS`, `WATCHDOG` … and their values.
    values: dict[str, str]


class NotifySocket:
    """A socket for NOTIFY_SOCKET; read whenever it suits, nothing is lost meanwhile."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC)
        self._socket.setblocking(False)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
        self._socket.bind(str(path))

    def received(self) -> Iterator[Notification]:
        """Yield what has come since, without waiting."""
        while True:
            try:
                data, ancillary, _, _ = self._socket.recvmsg(_LARGEST, socket.CMSG_SPACE(_CREDENTIALS.size))
            except BlockingIOError:
                return
            for level, kind, credentials in ancillary:
                if level == socket.SOL_SOCKET and kind == socket.SCM_CREDENTIALS:
                    pid, _, _ = _CREDENTIALS.unpack(credentials[: _CREDENTIALS.size])
                    yield Notification(pid=pid, values=_values(data))

    def close(self) -> None:
        """Hear nothing more."""
        self._socket.close()
        self.path.unlink(missing_ok=True)


def _values(data: bytes) -> dict[str, str]:
    pairs = (line.partition("=") for line in data.decode("utf-8", "replace").splitlines())
    return {name: value for name, equals, value in pairs if equals}
