from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from qtd.engine.device import Device, DeviceDetector, client_hints_from
from qtd.engine.invalid import InvalidRequest
from qtd.engine.php import sanitize
from qtd.store.regexes import device_definitions

RECORDINGS = Path(__file__).parents[2] / "data" / "parity"
COLUMNS = (
    "browser_engine",
    "browser_name",
    "browser_version",
    "client_type",
    "device_brand",
    "device_model",
    "device_type",
    "os",
    "os_version",
)


def scenarios(group: str) -> list[dict[str, Any]]:
    """Read a group of recordings."""
    found: list[dict[str, Any]] = json.loads((RECORDINGS / f"{group}.json").read_text(encoding="utf-8"))
    return found


@pytest.fixture(scope="module")
def detector() -> DeviceDetector:
    """Detect by the packaged definitions."""
    return DeviceDetector(device_definitions())


def devices(entry: dict[str, Any], detector: DeviceDetector) -> list[Device]:
    """The devices of an entry's requests; none where hints make a request invalid."""
    server = entry["env"]["server"]
    found = []
    for request in entry["requests"]:
        agent = sanitize(request.get("ua") or server.get("HTTP_USER_AGENT") or "")
        try:
            found.append(detector.detect(agent, client_hints_from(server, request.get("uadata"))))
        except InvalidRequest:
            continue
    return found


def row(device: Device) -> tuple[Any, ...]:
    """Take the values of the columns, in their order."""
    return tuple(getattr(device, column) for column in COLUMNS)


@pytest.mark.parametrize(
    "scenario",
    [
        one
        for one in scenarios("devices")
        if one["name"].startswith(("user agents", "ua ", "no user", "client hints"))
    ],
    ids=lambda one: str(one["name"]),
)
def test_visits_have_the_devices_that_matomo_recorded(
    scenario: dict[str, Any], detector: DeviceDetector
) -> None:
    """The device columns of every visit are Matomo's, and robots and invalid hints are without visit."""
    bots = any("bots" in request for entry in scenario["entries"] for request in entry["requests"])
    found = [device for entry in scenario["entries"] for device in devices(entry, detector)]
    expected = [
        tuple(visit[f"config_{column}"] for column in COLUMNS)
        for visit in scenario["rows"].get("log_visit", [])
    ]
    assert [row(device) for device in found if bots or not device.is_bot] == expected


@pytest.mark.parametrize(
    "group", ["pages", "visits", "actions", "exclusion", "auth", "goals", "ecommerce", "privacy"]
)
def test_all_recorded_devices_are_found(group: str, detector: DeviceDetector) -> None:
    """Every device that Matomo recorded in other groups is one that their entries' agents give."""
    for scenario in scenarios(group):
        found = {row(device) for entry in scenario["entries"] for device in devices(entry, detector)}
        recorded = {
            tuple(visit[f"config_{column}"] for column in COLUMNS)
            for visit in scenario["rows"].get("log_visit", [])
        }
        assert recorded <= found, scenario["name"]
