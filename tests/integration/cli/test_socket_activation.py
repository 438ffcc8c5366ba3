"""`qtd serve` with sockets that systemd has opened for it: all of them are served."""

from __future__ import annotations

import os
import signal
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.integration.cli.running import configuration, qtd
from tests.integration.ingest.serving import read_answer

pytestmark = pytest.mark.timeout(240)

HIT = (
    b"GET /matomo.php?idsite=1&rec=1&url=http://example.org/ HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
)


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[list[socket.socket]]:
    """Give sockets as a socket unit with two ListenStream= has them."""
    with socket.socket() as tcp, socket.socket(socket.AF_UNIX) as unix:
        tcp.bind(("127.0.0.1", 0))
        unix.bind(str(tmp_path / "s"))
        for one in (tcp, unix):
            one.listen(64)
        yield [tcp, unix]


def statuses(opened: list[socket.socket]) -> list[int]:
    """Send one hit to each; return the statuses."""
    found = []
    for one in opened:
        with socket.socket(one.family) as connection:
            connection.settimeout(60)
            connection.connect(one.getsockname())
            connection.sendall(HIT)
            found.append(read_answer(connection).status)
    return found


@contextmanager
def frozen(pid: int) -> Iterator[None]:
    """Stop a process for a moment."""
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)


@pytest.mark.parametrize("processes", [1, 2])
def test_all_sockets_are_served(opened: list[socket.socket], tmp_path: Path, processes: int) -> None:
    """By TCP and by a unix socket, by each process alone; the log names both, and they outlive the endpoint."""
    config = configuration(tmp_path, queue={"backend": "sql", "count": 1}, ingest={"processes": processes})
    with qtd("serve", "--config", config, sockets=opened) as running:
        started = running.until("ingest_started")
        assert started["listen"] == f"127.0.0.1:{opened[0].getsockname()[1]}, {tmp_path / 's'}"
        assert statuses(opened) == [200, 200]
        for child in running.children():
            with frozen(child):
                assert statuses(opened) == [200, 200]
        running.terminate()
        assert running.end() == 0
    assert running.noise == []
    assert (tmp_path / "s").exists()
