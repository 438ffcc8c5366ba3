"""The spool's disk: writing that is whole or fails, and its failures as ours."""

from __future__ import annotations

import os

from qtd.errors import SpoolUnavailable


def write_all(descriptor: int, data: bytes, offset: int) -> None:
    """Write all of `data`; a disk that becomes full takes a part before it fails with OSError."""
    view = memoryview(data)
    while view:
        written = os.pwrite(descriptor, view, offset)
        view, offset = view[written:], offset + written


def failed(error: OSError) -> SpoolUnavailable:
    """Return what the spool's users are told of an error of its disk."""
    return SpoolUnavailable(f"the spool's disk: {error.strerror or error}")
