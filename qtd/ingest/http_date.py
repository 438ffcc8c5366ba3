"""The Date header's value, formatted once a second."""

from __future__ import annotations

from collections.abc import Callable
from email.utils import formatdate


class HttpDate:
    """Gives the current date for HTTP; `now` gives Unix seconds."""

    __slots__ = ("_now", "_second", "_text")

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._second = -1
        self._text = b""

    def __call__(self) -> bytes:
        """Return `Sun, 06 Nov 1994 08:49:37 GMT`."""
        second = int(self._now())
        if second != self._second:
            self._second = second
            self._text = formatdate(second, usegmt=True).encode("ascii")
        return self._text
