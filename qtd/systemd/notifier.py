"""What a service tells its service manager: ready, status, reloading, stopping, more time; sd_notify(3)."""

from __future__ import annotations

import os
from collections.abc import Callable, MutableMapping
from typing import Self

from sdnotify import SystemdNotifier

#: Where systemd says that, and how often, it wants to hear of us; sd_notify(3), sd_watchdog_enabled(3).
_VARIABLES = ("NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID")


def _to_nobody(_message: str) -> None:
    """Nobody listens: not started by a service manager."""


class Notifier:
    """Speaks to the service manager; without one, says nothing."""

    def __init__(
        self,
        send: Callable[[str], None] = _to_nobody,
        *,
        watchdog_seconds: float | None = None,
        close: Callable[[], None] = lambda: None,
    ) -> None:
        self._send = send
        #: Gives the socket back; nothing is said afterwards.
        self.close = close
        #: The longest silence that the manager bears; None: it does not watch.
        self.watchdog_seconds = watchdog_seconds
        self._is_ready = False

    @classmethod
    def from_environment(cls, environ: MutableMapping[str, str] = os.environ) -> Self:
        """Return the notifier of this process, for `environ` is this process' (sdnotify knows no other).

        The variables are taken out of `environ`: they are for this process and not for those it starts.
        """
        if not environ.get("NOTIFY_SOCKET"):
            return cls()
        system = SystemdNotifier()
        watchdog = _watchdog_seconds(environ)
        for name in _VARIABLES:
            environ.pop(name, None)
        close = system.socket.close if system.socket is not None else lambda: None
        return cls(system.notify, watchdog_seconds=watchdog, close=close)

    def ready(self, status: str) -> None:
        """Say that the service is up, or that its reload is over."""
        self._is_ready = True
        self._send(f"READY=1\nSTATUS={_line(status)}")

    def status(self, text: str) -> None:
        """Set the line that `systemctl status` shows."""
        self._send(f"STATUS={_line(text)}")

    def alive(self) -> None:
        """Say that the work goes on; not before it is ready: systemd watches from the first such message on."""
        if self._is_ready:
            self._send("WATCHDOG=1")

    def reloading(self, monotonic: float) -> None:
        """Say that a reload begins; `monotonic` is the time of CLOCK_MONOTONIC in seconds. `ready` ends it."""
        self._send(f"RELOADING=1\nMONOTONIC_USEC={int(monotonic * 1e6)}")

    def stopping(self, status: str, *, seconds: float) -> None:
        """Say that the end has begun and needs at most `seconds` from now."""
        self._send(f"STOPPING=1\nSTATUS={_line(status)}\nEXTEND_TIMEOUT_USEC={int(seconds * 1e6)}")

    def extend(self, seconds: float, status: str) -> None:
        """Ask for `seconds` from now, to start or to stop, and say what for; once ready, it is a sign of life."""
        self.alive()
        self._send(f"EXTEND_TIMEOUT_USEC={int(seconds * 1e6)}\nSTATUS={_line(status)}")


def _line(text: str) -> str:
    """One line of ASCII, which is all that sdnotify sends."""
    return " ".join(text.split()).encode("ascii", "replace").decode()


def _watchdog_seconds(environ: MutableMapping[str, str]) -> float | None:
    if environ.get("WATCHDOG_PID", str(os.getpid())) != str(os.getpid()):
        return None
    microseconds = environ.get("WATCHDOG_USEC", "")
    return int(microseconds) / 1e6 if microseconds.isdigit() and int(microseconds) else None
