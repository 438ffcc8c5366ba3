"""Databases in a file that is not there: SQLite would make an empty one, and who only looks makes nothing."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import URL


def missing_file(url: URL) -> str | None:
    """Return the path of a SQLite database's file where there is none; None: it is there, or a server's."""
    if url.get_backend_name() != "sqlite" or not url.database or Path(url.database).exists():
        return None
    return url.database
