"""A stream for the log that never fails its writer: what nobody takes any more is dropped."""

from __future__ import annotations

from contextlib import suppress
from typing import TextIO


class Unbreakable:
    """Writes to a stream as long as that goes.

    A reader who has gone (EPIPE), a terminal that was closed (EIO) or a full disk (ENOSPC) cost the lines that they
    do not take, and nothing else: an event that could not be told must not end a batch, or keep a signal from being
    heard.
    """

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        """Write, or drop, this text; return its length."""
        with suppress(OSError):
            self._stream.write(text)
        return len(text)

    def flush(self) -> None:
        """Pass on what was written."""
        with suppress(OSError):
            self._stream.flush()
