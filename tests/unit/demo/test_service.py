from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from qtd.demo.process_group import cpu_seconds, memory_bytes
from qtd.demo.service import Service, ServiceFailed

#: Says when it is ready, ends when it is asked to, and has a child that does not listen.
_POLITE = """
import signal, subprocess, sys
signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
child = subprocess.Popen(["sleep", "60"])
print(child.pid, flush=True)
signal.sigwait({signal.SIGTERM})
print("goodbye", flush=True)
"""


def first_line(log: Path) -> str:
    """Wait for it."""
    while "\n" not in (text := log.read_text(encoding="utf-8")):
        pass
    return text.splitlines()[0]


def is_running(pid: int) -> bool:
    """Whether a process is there and not a zombie."""
    try:
        return Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def test_stopping_asks_and_leaves_nothing_behind(tmp_path: Path) -> None:
    """The process ends in its own way, and what it left in its group is ended too."""
    log = tmp_path / "log"
    service = Service([sys.executable, "-c", _POLITE], log=log)
    child = int(first_line(log))
    service.check()
    assert memory_bytes(service.group) > 1_000_000
    assert cpu_seconds(service.group) >= 0
    assert os.getpgid(child) == service.group != os.getpgid(0)
    service.stop()
    assert "goodbye" in log.read_text(encoding="utf-8")
    while is_running(child):  # it was killed, and is gone as soon as it gets processor time
        pass


def test_an_end_of_its_own_accord_is_an_error(tmp_path: Path) -> None:
    """A process that ended is told with its exit code; stopping it afterwards does no harm."""
    service = Service([sys.executable, "-c", "raise SystemExit(3)"], log=tmp_path / "log")
    while is_running(service.group):
        pass
    with pytest.raises(ServiceFailed, match="exit code 3"):
        service.check()
    service.stop()
    service.kill()


def test_a_group_that_is_gone_takes_nothing() -> None:
    """No memory and no time for a group without processes."""
    assert memory_bytes(2**30) == 0
    assert cpu_seconds(2**30) == 0.0
