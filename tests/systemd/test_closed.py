"""An endpoint that has given up: nobody waits at its socket, nobody starts it in vain, everybody is told."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

import pytest

from tests.systemd.installed import Installed

#: What clients meet at a socket that is closed: when it was just then, and later.
REFUSED = {"ConnectionResetError", "RemoteDisconnected", "ConnectionRefusedError"}


def _state(qtd: Installed, *units: str) -> list[str]:
    return [qtd.guest.show(unit, "ActiveState") for unit in units]


@contextmanager
def _closed(qtd: Installed) -> Iterator[None]:
    """Let requests come to a socket whose endpoint can not start; then let it be able to."""
    guest = qtd.guest
    guest.run("systemctl start qtd-ingest.socket")
    qtd.configure(nonsense=1)
    with qtd.load(4, rate=50) as load:
        guest.until(
            "the socket is closed", lambda: _state(qtd, "qtd-ingest.socket") == ["inactive"], seconds=30
        )
    assert load.accepted == 0
    assert set(load.failures) <= REFUSED
    yield
    qtd.configure()


def test_its_socket_is_closed_and_it_is_started_once(qtd: Installed) -> None:
    """Who waits is told so, who comes later is refused; the journal says why, and what ends it."""
    with _closed(qtd):
        guest = qtd.guest
        assert _state(qtd, "qtd-ingest.service", "qtd-ingest.socket") == ["failed", "inactive"]
        told = [entry["MESSAGE"] for entry in guest.journal("-u", "qtd-ingest*")]
        assert len([line for line in told if line.startswith("Starting qtd-ingest.service")]) == 1
        assert any("nonsense: unknown key" in line for line in told)
        assert any("connections are refused until this is started again" in line for line in told)


@pytest.mark.parametrize(
    "command",
    ["start qtd-ingest.service", "restart qtd-ingest.service", "start qtd.target", "restart qtd.target"],
)
def test_whatever_starts_it_opens_the_socket(qtd: Installed, command: str) -> None:
    """The endpoint itself, and the target where it is enabled, once its configuration is right again."""
    qtd.guest.run("systemctl start qtd.target")
    qtd.drop_in("qtd.target", "[Unit]\nWants=qtd-ingest.service\n")
    with _closed(qtd):
        pass
    qtd.guest.run(f"systemctl {command}")
    with qtd.load(1, rate=20) as load:
        pass
    assert (load.failed, load.accepted) == (0, load.sent), load.failures


def test_one_that_is_started_again_keeps_it_open(qtd: Installed) -> None:
    """Killed under load, and again: requests wait for the next one."""
    guest, unit = qtd.guest, "qtd-ingest.service"
    guest.run("systemctl start qtd.target qtd-ingest.service")
    opened = guest.show("qtd-ingest.socket", "ActiveEnterTimestampMonotonic")
    with qtd.load(6, rate=50) as load:
        for times in (1, 2):
            guest.run(f"systemctl kill --signal=KILL {unit}")
            guest.until("it is started again", partial(_restarted, qtd, times))
    assert set(load.failures) <= {"ConnectionResetError", "RemoteDisconnected"}
    assert load.failed <= 2 * 8  # what eight connections had under way, twice
    assert guest.show("qtd-ingest.socket", "ActiveEnterTimestampMonotonic") == opened


def _restarted(qtd: Installed, times: int) -> bool:
    unit = "qtd-ingest.service"
    return (qtd.guest.show(unit, "ActiveState"), qtd.guest.show(unit, "NRestarts")) == ("active", str(times))
