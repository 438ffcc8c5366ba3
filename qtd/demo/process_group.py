"""What the processes of a group take of the machine (Linux)."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path


def memory_bytes(group: int) -> int:
    """Resident memory of all its processes, in bytes; pages that they share are counted for each."""
    pages = sum(int(text.split()[1]) for text in _read(group, "statm"))
    return pages * os.sysconf("SC_PAGESIZE")


def cpu_seconds(group: int) -> float:
    """Processor time that its living processes have taken since they began, in seconds."""
    ticks = 0
    for text in _read(group, "stat"):
        fields = text.rpartition(")")[2].split()  # the name before it may hold anything
        ticks += int(fields[11]) + int(fields[12])  # utime and stime, proc(5)
    return ticks / os.sysconf("SC_CLK_TCK")


def _read(group: int, name: str) -> Iterator[str]:
    """A file of each of its processes in /proc."""
    for entry in os.scandir("/proc"):
        if not entry.name.isdigit():
            continue
        try:
            if os.getpgid(int(entry.name)) == group:
                yield Path(entry.path, name).read_text(encoding="utf-8", errors="replace")
        except OSError:
            continue  # it has just ended
