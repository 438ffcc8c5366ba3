"""What is told to the service manager, and by the watchdog how often."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from qtd.systemd.notifier import Notifier
from qtd.systemd.notify_socket import NotifySocket
from qtd.systemd.watchdog import Watchdog
from tests.fake_clock import FakeClock


def test_messages_are_those_of_sd_notify() -> None:
    """Times in microseconds, one line for each variable, a status always of one line of ASCII."""
    sent: list[str] = []
    notifier = Notifier(sent.append)
    notifier.ready("up\nand ä")
    notifier.alive()
    notifier.reloading(12.5)
    notifier.stopping("finishing", seconds=30)
    assert sent == [
        "READY=1\nSTATUS=up and ?",
        "WATCHDOG=1",
        "RELOADING=1\nMONOTONIC_USEC=12500000",
        "STOPPING=1\nSTATUS=finishing\nEXTEND_TIMEOUT_USEC=30000000",
    ]


def test_signs_of_life_come_when_it_is_ready() -> None:
    """Systemd begins to watch with the first of them, and a start may be longer than the watchdog's patience."""
    sent: list[str] = []
    notifier = Notifier(sent.append)
    notifier.alive()
    notifier.extend(2.5, "reaching redis")
    assert sent == ["EXTEND_TIMEOUT_USEC=2500000\nSTATUS=reaching redis"]
    notifier.ready("up")
    notifier.extend(2.5, "reaching redis")
    assert sent[2:] == ["WATCHDOG=1", sent[0]]


def test_the_sockets_messages_arrive_with_their_sender(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A notifier made of the environment reaches the socket there; the variables are not passed on."""
    notify_socket = NotifySocket(tmp_path / "notify")
    monkeypatch.setenv("NOTIFY_SOCKET", str(notify_socket.path))
    monkeypatch.setenv("WATCHDOG_USEC", "3000000")
    notifier = Notifier.from_environment()
    assert notifier.watchdog_seconds == 3
    assert not {"NOTIFY_SOCKET", "WATCHDOG_USEC"} & set(os.environ)
    assert list(notify_socket.received()) == []
    notifier.ready("a=b")
    notifier.alive()
    first, second = notify_socket.received()
    assert (first.pid, first.values) == (os.getpid(), {"READY": "1", "STATUS": "a=b"})
    assert second.values == {"WATCHDOG": "1"}
    notify_socket.close()
    assert not notify_socket.path.exists()
    notifier.alive()  # nobody there is no reason to fail
    notifier.close()


@pytest.mark.parametrize(
    ("variables", "seconds"),
    [
        ({"WATCHDOG_USEC": "3000000"}, 3.0),
        ({"WATCHDOG_USEC": "3000000", "WATCHDOG_PID": str(os.getpid())}, 3.0),
        ({"WATCHDOG_USEC": "3000000", "WATCHDOG_PID": "1"}, None),
        ({"WATCHDOG_USEC": "0"}, None),
        ({"WATCHDOG_USEC": "soon"}, None),
        ({}, None),
    ],
)
def test_the_watchdog_may_not_be_meant_for_us(
    variables: dict[str, str], seconds: float | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Meant for another process, switched off, or nonsense: nobody watches."""
    notify_socket = NotifySocket(tmp_path / "notify")
    monkeypatch.setenv("NOTIFY_SOCKET", str(notify_socket.path))
    for name in ("WATCHDOG_USEC", "WATCHDOG_PID"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    notifier = Notifier.from_environment()
    assert notifier.watchdog_seconds == seconds
    notifier.close()
    notify_socket.close()


def test_without_a_manager_nothing_is_said() -> None:
    """Started by hand: there is nobody to tell, and nobody who watches."""
    notifier = Notifier.from_environment({"WATCHDOG_USEC": "3000000"})
    notifier.ready("up")
    assert notifier.watchdog_seconds is None


def test_the_watchdog_is_fed_four_times_in_its_patience() -> None:
    """However often the loop turns; and not at all where nobody watches."""
    sent: list[str] = []
    clock = FakeClock()
    notifier = Notifier(sent.append, watchdog_seconds=4)
    notifier.ready("up")
    sent.clear()
    watchdog = Watchdog(notifier, clock)
    for _ in range(1000):
        watchdog.feed()
        clock.advance(0.01)
    assert sent == ["WATCHDOG=1"] * 10
    unwatched = Watchdog(Notifier(sent.append), clock)
    unwatched.feed()
    assert len(sent) == 10
