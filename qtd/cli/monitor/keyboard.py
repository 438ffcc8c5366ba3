"""Keys as they are pressed, without waiting for the end of a line."""

from __future__ import annotations

import os
import termios
import tty
from types import TracebackType
from typing import Final, Self

_MOST_BYTES: Final = 1024


class Keyboard:
    """A terminal that sends each key at once and does not show it; Ctrl-C and the like work as always."""

    def __init__(self, descriptor: int) -> None:
        """`descriptor` is open on a terminal."""
        #: readable when something was typed
        self.descriptor = descriptor
        self._before: list[int | list[bytes | int]] = []

    def __enter__(self) -> Self:
        """Begin."""
        self._before = termios.tcgetattr(self.descriptor)
        tty.setcbreak(self.descriptor, termios.TCSADRAIN)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Leave the terminal as it was."""
        termios.tcsetattr(self.descriptor, termios.TCSADRAIN, self._before)

    def typed(self) -> str | None:
        """Return what was typed, once the descriptor is readable; None when the terminal is gone."""
        try:
            read = os.read(self.descriptor, _MOST_BYTES)
        except OSError:  # EIO: nobody is at the other end any more
            return None
        return read.decode("utf-8", "replace") if read else None
