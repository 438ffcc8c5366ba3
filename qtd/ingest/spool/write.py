"""Writing that is whole or fails."""

from __future__ import annotations

import os


def write_all(descriptor: int, data: bytes, offset: int) -> None:
    """Write all of `data`; a disk that becomes full takes a part before it fails with OSError."""
    view = memoryview(data)
    while view:
        written = os.pwrite(descriptor, view, offset)
        view, offset = view[written:], offset + written
