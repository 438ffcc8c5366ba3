"""Workers as units of systemd: `qtd-worker@1.service` and so on; they live on without the supervisor."""

from __future__ import annotations

import os
import re
import signal
from collections.abc import Mapping
from contextlib import suppress
from typing import Final

from qtd.supervisor.runtime import Phase, WorkerState
from qtd.systemd.units import Unit, Units

_PATTERN: Final = "qtd-worker@*.service"
_NUMBER: Final = re.compile(r"qtd-worker@([1-9][0-9]{0,3})\.service")

#: Active states of systemd, and what they are to us; org.freedesktop.systemd1(5).
_PHASES: Final = {
    "active": Phase.RUNNING,
    "reloading": Phase.RUNNING,
    "activating": Phase.STARTING,
    "deactivating": Phase.STOPPING,
    "failed": Phase.FAILED,
}
#: A job that waits for its turn says more than the state.
_JOBS: Final = {"start": Phase.STARTING, "restart": Phase.STARTING, "stop": Phase.STOPPING}


class SystemdRuntime:
    """See `Runtime`."""

    name = "systemd"

    def __init__(self, units: Units) -> None:
        self._units = units

    def workers(self) -> Mapping[int, WorkerState]:
        """See `Runtime.workers`."""
        return {number: state for number, unit in self._numbered() if (state := _state(unit)) is not None}

    def start(self, worker: int) -> None:
        """See `Runtime.start`."""
        self._units.ask("StartUnit", _unit_name(worker))

    def stop(self, worker: int) -> None:
        """See `Runtime.stop`."""
        self._units.ask("StopUnit", _unit_name(worker))

    def restart(self, worker: int) -> None:
        """See `Runtime.restart`; after TimeoutStopSec= systemd kills it."""
        self._units.ask("RestartUnit", _unit_name(worker))

    def show_stack(self, worker: int) -> None:
        """See `Runtime.show_stack`; a process of the same user, so that no privilege is needed."""
        for number, unit in self._numbered():
            if number == worker and (pid := self._units.main_pid(unit)):
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGQUIT)

    def close(self) -> None:
        """See `Runtime.close`: the workers live on."""
        self._units.close()

    def _numbered(self) -> list[tuple[int, Unit]]:
        found = ((_NUMBER.fullmatch(unit.name), unit) for unit in self._units.matching(_PATTERN))
        return [(int(match[1]), unit) for match, unit in found if match]


def _unit_name(worker: int) -> str:
    return f"qtd-worker@{worker}.service"


def _state(unit: Unit) -> WorkerState | None:
    phase = _JOBS.get(unit.job) or _PHASES.get(unit.active)
    return (
        None if phase is None else WorkerState(phase=phase, cause=unit.sub if phase is Phase.FAILED else "")
    )
