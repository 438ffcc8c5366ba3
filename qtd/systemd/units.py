"""Units over D-Bus: listed, started, stopped and restarted, as org.freedesktop.systemd1(5) describes it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final, Literal

from jeepney import DBusAddress, MessageType, Properties, new_method_call
from jeepney.io.blocking import DBusConnection, open_dbus_connection

from qtd.errors import ServiceManagerUnavailable

BUS_NAME: Final = "org.freedesktop.systemd1"
_MANAGER: Final = DBusAddress("/org/freedesktop/systemd1", bus_name=BUS_NAME, interface=f"{BUS_NAME}.Manager")

#: Longest wait for an answer, in seconds; polkit may have to be started for the first one.
ANSWER_SECONDS: Final = 15.0

#: What it takes to reach the bus and what can go wrong with it: jeepney raises all of these.
_BUS_ERRORS: Final = (OSError, KeyError, ValueError, EOFError, TimeoutError)

Verb = Literal["StartUnit", "StopUnit", "RestartUnit"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Unit:
    """One unit that systemd has in memory."""

    name: str
    #: active, reloading, inactive, failed, activating, deactivating
    active: str
    #: of a service: running, start, auto-restart, stop-sigterm, dead, …
    sub: str
    path: str
    #: A job waits or runs: start, stop, restart, …; empty: none.
    job: str


class Units:
    """The system's service manager; connects with the first call, and again after an error."""

    def __init__(self, bus: str = "SYSTEM") -> None:
        self._bus = bus
        self._connection: DBusConnection | None = None

    def matching(self, pattern: str) -> list[Unit]:
        """Return the units in memory whose name matches a shell pattern.

        Raises:
            ServiceManagerUnavailable: it does not answer, or refuses.
        """
        (rows,) = self._call(
            new_method_call(_MANAGER, "ListUnitsByPatterns", "asas", ([], [pattern])), "list units"
        )
        return [
            Unit(name=row[0], active=row[3], sub=row[4], path=row[6], job=row[8] if row[7] else "")
            for row in rows
        ]

    def ask(self, verb: Verb, name: str) -> None:
        """Have a unit started, stopped or restarted; returns when the job is queued.

        A start that contradicts a job that waits already (an administrator stops what we would start) is refused; a
        stop takes the place of a start that has not come to its end.

        Raises:
            ServiceManagerUnavailable: it does not answer, or refuses; the text says why.
        """
        mode = "replace" if verb == "StopUnit" else "fail"
        self._call(new_method_call(_MANAGER, verb, "ss", (name, mode)), f"{verb} {name}")

    def main_pid(self, unit: Unit) -> int:
        """Return the number of a service's main process, 0 if it has none.

        Raises:
            ServiceManagerUnavailable: it does not answer, or the unit is gone.
        """
        address = DBusAddress(unit.path, bus_name=BUS_NAME, interface=f"{BUS_NAME}.Service")
        ((_, pid),) = self._call(Properties(address).get("MainPID"), f"main process of {unit.name}")
        return int(pid)

    def close(self) -> None:
        """Leave the bus."""
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

    def _call(self, message: Any, what: str) -> tuple[Any, ...]:
        try:
            if self._connection is None:
                self._connection = open_dbus_connection(bus=self._bus)
            reply = self._connection.send_and_get_reply(message, timeout=ANSWER_SECONDS)
        except _BUS_ERRORS as error:
            self.close()
            raise ServiceManagerUnavailable(f"{what}: D-Bus: {str(error) or type(error).__name__}") from error
        if reply.header.message_type is MessageType.error:
            text = reply.body[0] if reply.body else "refused"
            raise ServiceManagerUnavailable(f"{what}: {text}")
        body: tuple[Any, ...] = reply.body
        return body
