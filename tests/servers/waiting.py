"""Waits until servers have settled something among themselves, asking them again and again."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from tests.servers.process import PATIENCE, ServerError

if TYPE_CHECKING:
    from collections.abc import Callable


def until(settled: Callable[[], bool], what: str, *, seconds: float = PATIENCE) -> None:
    """Return when `settled` says so.

    Raises:
        ServerError: it never does; the text names `what` was waited for.
    """
    deadline = time.monotonic() + seconds
    while not settled():
        if time.monotonic() > deadline:
            raise ServerError(f"waited {seconds:g} s in vain until {what}")
        time.sleep(0.02)  # between two questions, not instead of them
