"""Units as workers."""

from __future__ import annotations

from typing import cast

from qtd.supervisor.runtime import Phase
from qtd.supervisor.systemd_runtime import SystemdRuntime
from qtd.systemd.units import Unit, Units


class FakeUnits:
    """systemd with some units in memory."""

    def __init__(self, *units: Unit) -> None:
        self._units = units
        self.asked: list[tuple[str, str]] = []

    def matching(self, pattern: str) -> list[Unit]:
        """All of them, whatever the pattern."""
        assert pattern == "qtd-worker@*.service"
        return list(self._units)

    def ask(self, verb: str, name: str) -> None:
        """Keep what is asked for."""
        self.asked.append((verb, name))


def unit(name: str, active: str, sub: str = "", job: str = "") -> Unit:
    """A unit."""
    return Unit(name=name, active=active, sub=sub, path="/", job=job)


def test_states_of_units_are_phases() -> None:
    """A job that waits says more than the state; what is inactive does not run; other names are not ours."""
    runtime = SystemdRuntime(
        cast(
            Units,
            FakeUnits(
                unit("qtd-worker@1.service", "active", "running"),
                unit("qtd-worker@2.service", "activating", "auto-restart"),
                unit("qtd-worker@3.service", "active", "running", job="stop"),
                unit("qtd-worker@4.service", "inactive", "dead"),
                unit("qtd-worker@5.service", "inactive", "dead", job="start"),
                unit("qtd-worker@6.service", "failed", "failed"),
                unit("qtd-worker@x.service", "active"),
                unit("qtd-worker@0.service", "active"),
            ),
        )
    )
    workers = runtime.workers()
    assert {number: state.phase for number, state in workers.items()} == {
        1: Phase.RUNNING,
        2: Phase.STARTING,
        3: Phase.STOPPING,
        5: Phase.STARTING,
        6: Phase.FAILED,
    }
    assert workers[6].cause == "failed"


def test_workers_are_units_by_their_number() -> None:
    """Started, stopped and restarted by name."""
    units = FakeUnits()
    runtime = SystemdRuntime(cast(Units, units))
    runtime.start(1)
    runtime.stop(2)
    runtime.restart(12)
    assert units.asked == [
        ("StartUnit", "qtd-worker@1.service"),
        ("StopUnit", "qtd-worker@2.service"),
        ("RestartUnit", "qtd-worker@12.service"),
    ]
