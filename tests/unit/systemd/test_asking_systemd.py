"""What systemd is asked for over D-Bus."""

from __future__ import annotations

from typing import Any

import pytest

from qtd.systemd.units import Units, Verb


class Heard(Units):
    """Keeps what would be sent."""

    def __init__(self) -> None:
        super().__init__()
        self.bodies: list[Any] = []

    def _call(self, message: Any, what: str) -> tuple[Any, ...]:
        del what
        self.bodies.append(message.body)
        return ()


@pytest.mark.parametrize(
    ("verb", "mode"), [("StartUnit", "fail"), ("RestartUnit", "fail"), ("StopUnit", "replace")]
)
def test_only_a_stop_takes_the_place_of_what_is_under_way(verb: Verb, mode: str) -> None:
    """A start that an administrator's stop contradicts is refused; a worker that still starts can be stopped."""
    units = Heard()
    units.ask(verb, "qtd-worker@1.service")
    assert units.bodies == [("qtd-worker@1.service", mode)]
