"""The sockets to listen on: the configured address, or those that systemd opened for us."""

from __future__ import annotations

import errno
import os
import socket
import stat
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from qtd.config.ingest import Ingest
from qtd.errors import ConfigurationError

BACKLOG = 4096
"""Connections the kernel holds for us while we are busy (at most net.core.somaxconn)."""

#: sd_listen_fds(3): the first inherited descriptor.
_FIRST_INHERITED = 3


@dataclass(frozen=True, kw_only=True, slots=True)
class Listening:
    """Listening sockets, at least one, not blocking."""

    sockets: tuple[socket.socket, ...]
    #: The unix socket that we made, and so remove.
    path: Path | None = None

    @property
    def addresses(self) -> tuple[str, ...]:
        """Of each `host:port`, or the path of a unix socket."""
        return tuple(map(_address, self.sockets))

    def close(self) -> None:
        """Stop listening; whoever has the sockets too still does."""
        for one in self.sockets:
            one.close()
        if self.path is not None:
            self.path.unlink(missing_ok=True)


def listen(config: Ingest) -> Listening:
    """Listen on the configured address, or on all of systemd's sockets if it opened any for us.

    Raises ConfigurationError where the address can not be listened on, or a socket of systemd's is none to listen on.
    """
    if inherited := _inherited():
        return Listening(sockets=inherited)
    if config.unix_socket is not None:
        return Listening(sockets=(_unix(config.unix_socket),), path=config.unix_socket)
    return Listening(sockets=(_tcp(config.host, config.port),))


def _address(listening: socket.socket) -> str:
    address = listening.getsockname()
    if not isinstance(address, tuple):
        return os.fsdecode(address)
    host = f"[{address[0]}]" if ":" in address[0] else address[0]
    return f"{host}:{address[1]}"


def _inherited() -> tuple[socket.socket, ...]:
    """Take the sockets of systemd's socket activation, if they are meant for this process."""
    count = os.environ.get("LISTEN_FDS", "")
    if os.environ.get("LISTEN_PID") != str(os.getpid()) or not count.isdigit():
        return ()
    return tuple(_inherit(_FIRST_INHERITED + number) for number in range(int(count)))


def _inherit(descriptor: int) -> socket.socket:
    inherited = socket.socket(fileno=descriptor)
    if not inherited.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN):
        inherited.close()
        raise ConfigurationError(
            f"descriptor {descriptor} of the socket unit is not one to take connections from: only ListenStream= is"
        )
    inherited.setblocking(False)
    return inherited


def _tcp(host: str, port: int) -> socket.socket:
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
    except OSError as error:
        raise ConfigurationError(f"ingest.host: {host}: {error.strerror}") from error
    listening = socket.socket(family, kind, protocol)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            listening.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        listening.bind(address)
        listening.listen(BACKLOG)
    except OSError as error:
        listening.close()
        key = "ingest.port" if error.errno in (errno.EADDRINUSE, errno.EACCES) else "ingest.host"
        raise ConfigurationError(f"{key}: cannot listen on {host}:{port}: {error.strerror}") from error
    listening.setblocking(False)
    return listening


def _unix(path: Path) -> socket.socket:
    listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        if _is_dead_socket(path):
            path.unlink()
        # Whoever may enter the directory may connect: the web server runs as another user.
        listening.bind(os.fspath(path))
        path.chmod(0o666)
        listening.listen(BACKLOG)
    except OSError as error:
        listening.close()
        raise ConfigurationError(
            f"ingest.unix_socket: cannot listen on {path}: {error.strerror or error}"
        ) from error
    listening.setblocking(False)
    return listening


def _is_dead_socket(path: Path) -> bool:
    """Say whether a socket lies there that nobody listens on any more."""
    with suppress(OSError):
        if not stat.S_ISSOCK(path.stat().st_mode):
            return False
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
            return probe.connect_ex(os.fspath(path)) == errno.ECONNREFUSED
    return False
