"""The socket to listen on: the configured address, or one that systemd opened for us."""

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
    """A listening socket, not blocking."""

    socket: socket.socket
    #: The unix socket that we made, and so remove.
    path: Path | None = None

    @property
    def address(self) -> str:
        """`host:port`, or the path of a unix socket."""
        address = self.socket.getsockname()
        if not isinstance(address, tuple):
            return os.fsdecode(address)
        host = f"[{address[0]}]" if ":" in address[0] else address[0]
        return f"{host}:{address[1]}"

    def close(self) -> None:
        """Stop listening; whoever has the socket too still does."""
        self.socket.close()
        if self.path is not None:
            self.path.unlink(missing_ok=True)


def listen(config: Ingest) -> Listening:
    """Listen on the configured address, or on systemd's socket if it opened one for us.

    Raises ConfigurationError where the address can not be listened on.
    """
    inherited = _inherited()
    if inherited is not None:
        return Listening(socket=inherited)
    if config.unix_socket is not None:
        return Listening(socket=_unix(config.unix_socket), path=config.unix_socket)
    return Listening(socket=_tcp(config.host, config.port))


def _inherited() -> socket.socket | None:
    """Take the first socket of systemd's socket activation, if it is meant for this process."""
    if os.environ.get("LISTEN_PID") != str(os.getpid()) or not os.environ.get("LISTEN_FDS", "").isdigit():
        return None
    if int(os.environ["LISTEN_FDS"]) < 1:
        return None
    listening = socket.socket(fileno=_FIRST_INHERITED)
    listening.setblocking(False)
    return listening


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
