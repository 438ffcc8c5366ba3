"""The spool's folder: its segment files in their order, its locks, its file of positions."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

from qtd.ingest.spool.disk import write_all
from qtd.ingest.spool.file_lock import FileLock
from qtd.ingest.spool.positions import Positions
from qtd.ingest.spool.segment import HEAD_BYTES, base_of, encode_head, read_head, segment_name

#: Ending of the names of segments that can not be read to their end.
DAMAGED: Final = ".damaged"


class SpoolFolder:
    """The open folder, shared by all endpoint processes of a machine; every call may raise OSError.

    Only its owner may look inside: entries are requests as they came, with addresses and tokens.
    """

    def __init__(self, path: Path, *, queues: int) -> None:
        """Open it, made where it is missing; connected to nothing else."""
        missing = [folder for folder in (path, *path.parents) if not folder.exists()]
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        for folder in missing:
            _sync(folder.parent)
        self.path = path
        #: to be held by who writes entries, and by who opens queues again
        self.append_lock = FileLock(path / "append.lock")
        #: to be held by who pushes what is in the spool
        self.drain_lock = FileLock(path / "drain.lock")
        self._use_lock = FileLock(path / "use.lock")
        with self.append_lock.held():
            #: nobody else uses it: what is noted may be from before the machine failed
            self.first = self._use_lock.share()
            self.positions = Positions.to_write(path / "positions", queues)

    def bases(self) -> list[int]:
        """Return where each segment begins, oldest first."""
        return sorted(base for file in self.path.iterdir() if (base := base_of(file.name)) is not None)

    def segment(self, base: int) -> Path:
        """Return the segment that begins there."""
        return self.path / segment_name(base)

    def create(self, base: int, queues: int) -> int:
        """Make a segment with its head and return its descriptor; on disk only after it and `sync`.

        Raises FileExistsError where there is one already.
        """
        descriptor = os.open(self.segment(base), os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        try:
            write_all(descriptor, encode_head(base, queues), 0)
        except OSError:
            os.close(descriptor)
            self.segment(base).unlink()
            raise
        return descriptor

    def queues_of(self, base: int) -> int | None:
        """Return how many queues a segment's entries were given to; None: its head is damaged."""
        with self.segment(base).open("rb") as file:
            return read_head(file.read(HEAD_BYTES), base)

    def size(self, base: int) -> int:
        """Return the length of the segment's file, in bytes."""
        return self.segment(base).stat().st_size

    def set_aside(self, base: int) -> Path:
        """Rename a segment of which nothing can be read, so that nobody looks into it but people."""
        aside = self.segment(base).with_suffix(DAMAGED)
        self.segment(base).rename(aside)
        return aside

    def keep_copy(self, base: int) -> Path | None:
        """Let a segment that is damaged somewhere outlive its removal, under another name; None: it does already."""
        aside = self.segment(base).with_suffix(DAMAGED)
        try:
            aside.hardlink_to(self.segment(base))
        except FileExistsError:
            return None
        return aside

    def sync(self) -> None:
        """Bring the folder itself to disk: which files there are."""
        _sync(self.path)

    def close(self) -> None:
        """Close everything."""
        self.positions.close()
        self.append_lock.close()
        self.drain_lock.close()
        self._use_lock.close()


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
