"""Waiting as for servers, but longer: here several processes start at once, on a machine that may be busy and slow."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from tests.servers import waiting
from tests.servers.process import PATIENCE as OF_SERVERS

#: Seconds after which something is taken for stuck; nothing is decided by how soon it comes.
PATIENCE: Final = 5 * OF_SERVERS


def until(settled: Callable[[], bool], what: str) -> None:
    """Return when `settled` says so.

    Raises:
        ServerError: it never does; the text names `what` was waited for.
    """
    waiting.until(settled, what, seconds=PATIENCE)
