"""An SQLite database: its file, its folder, and whether it can be written to."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from sqlalchemy import Engine, text

from qtd.db.transaction import reading, writing
from qtd.doctor.amounts import size
from qtd.doctor.check import Check, doubtful, fine, guarded, wrong
from qtd.errors import DatabaseConflict

#: ON CONFLICT DO UPDATE, with which counters are kept.
_LEAST: Final = (3, 24)

#: Bytes that have to be free: the write-ahead log of a few batches.
_LITTLE: Final = 100 * 1024**2


def check_file(group: str, path: Path) -> Iterator[Check]:
    """Judge a file that is not there yet; without a check the file is there."""
    if path.exists():
        return
    folder = next(parent for parent in path.absolute().parents if parent.exists())
    if folder.is_dir() and os.access(folder, os.W_OK | os.X_OK):
        yield fine(f"{group}.connection", "no file yet: the first start makes it", where=str(path))
    else:
        yield wrong(
            f"{group}.connection",
            f"no file yet, and {folder} can not be written to",
            "make the folder for the user that qtd runs as, or name another one (state_directory, database.url)",
            where=str(path),
        )


def check_sqlite(group: str, engine: Engine, path: Path) -> Iterator[Check]:
    """Judge a file that is there; raises what `qtd.db.transaction.reading` names."""
    where = str(path)
    with reading(engine) as connection:
        version: str = connection.execute(text("SELECT sqlite_version()")).scalar_one()
        mode = connection.execute(text("PRAGMA journal_mode")).scalar_one()
    if tuple(map(int, version.split(".")[:2])) < _LEAST:
        wanted = ".".join(map(str, _LEAST))
        yield wrong(f"{group}.version", f"SQLite {version}", f"{wanted} or newer is needed", where=where)
    else:
        yield fine(f"{group}.version", f"SQLite {version}", where=where)
    if mode == "wal":
        yield fine(f"{group}.durability", "write-ahead log, synced at each commit", where=where)
    else:
        yield doubtful(
            f"{group}.durability",
            f"journal_mode is {mode}, not wal: readers and the writer wait for each other",
            "put the file on a local disk where SQLite can share memory between processes",
            where=where,
        )
    yield from guarded(
        f"{group}.writable",
        "let the user that qtd runs as write the file and its folder",
        lambda: _writable(group, engine, where),
        where=where,
    )
    free = shutil.disk_usage(path.parent).free
    if free < _LITTLE:
        yield doubtful(
            f"{group}.space", f"{size(free)} free", "make room: a full disk stops recording", where=where
        )
    else:
        yield fine(f"{group}.space", f"{size(free)} free", where=where)


def _writable(group: str, engine: Engine, where: str) -> Iterator[Check]:
    name = f"{group}.writable"
    try:
        with writing(engine):
            pass
    except DatabaseConflict as error:
        yield doubtful(
            name,
            f"somebody has been writing for as long as we wait: {error}",
            "see who: fuser FILE; batches wait for it meanwhile",
            where=where,
        )
    else:
        yield fine(name, "can be written to", where=where)
