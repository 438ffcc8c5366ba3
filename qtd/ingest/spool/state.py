"""What waits in a spool, for its own processes and for whoever looks from outside."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from qtd.ingest.spool.positions import Positions


@dataclass(frozen=True, kw_only=True, slots=True)
class SpoolState:
    """What waits in the spool."""

    entries: int
    bytes: int
    #: Unix time of the oldest; None where nothing waits
    since: float | None


def state_of(positions: Positions) -> SpoolState:
    """Return what waits; without the append lock the numbers may be of moments that differ. Raises OSError."""
    head = positions.head()
    waits = any(positions.closed())
    return SpoolState(
        entries=max(head.appended - positions.pushed(), 0) if waits else 0,
        bytes=head.end - head.begin if waits else 0,
        since=head.since if waits else None,
    )


def look(directory: Path) -> SpoolState | None:
    """Return what waits in the spool there, and change nothing; None: there never was one.

    Raises OSError where it can not be read: it belongs to the endpoint's user.
    """
    try:
        positions = Positions.to_read(directory / "positions")
    except FileNotFoundError:
        return None
    try:
        return state_of(positions)
    finally:
        positions.close()
