"""What the synthetic visitors surf with: user agents, client hints, screens, languages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from qtd.demo.choice import Choice
from qtd.demo.data_file import data_file


@dataclass(frozen=True, kw_only=True, slots=True)
class Device:
    """A browser on a device."""

    agent: str
    #: `1920x1080`; one of them is the visitor's
    screens: tuple[str, ...]
    #: header lines with what it says of itself beside the agent
    hints: tuple[str, ...] = ()


def load_devices() -> Choice[Device]:
    """The devices of `data/devices.yaml`."""
    entries = data_file("devices")["devices"]
    return Choice([_device(entry) for entry in entries], [entry["share"] for entry in entries])


def load_bots() -> tuple[Device, ...]:
    """The bots of `data/devices.yaml`."""
    return tuple(Device(agent=agent, screens=("1024x768",)) for agent in data_file("devices")["bots"])


def load_languages() -> Choice[str]:
    """Accept-Language headers, from `data/devices.yaml`."""
    entries = data_file("devices")["languages"]
    return Choice([entry["accept"] for entry in entries], [entry["share"] for entry in entries])


def _device(entry: Mapping[str, Any]) -> Device:
    hints = entry.get("hints")
    return Device(
        agent=entry["agent"], screens=tuple(entry["screens"]), hints=() if hints is None else _headers(hints)
    )


def _headers(hints: Mapping[str, Any]) -> tuple[str, ...]:
    """As Chromium sends them to a site that has asked for all of them (Accept-CH)."""
    version = hints["version"]
    brands = f'"Not_A Brand";v="8", "Chromium";v="{version}", "{hints["brand"]}";v="{version}"'
    full = (
        f'"Not_A Brand";v="8.0.0.0", "Chromium";v="{version}.0.0.0", "{hints["brand"]}";v="{version}.0.0.0"'
    )
    return (
        f"Sec-CH-UA: {brands}",
        f"Sec-CH-UA-Full-Version-List: {full}",
        f"Sec-CH-UA-Mobile: {'?1' if hints.get('mobile') else '?0'}",
        f'Sec-CH-UA-Model: "{hints.get("model", "")}"',
        f'Sec-CH-UA-Platform: "{hints["platform"]}"',
        f'Sec-CH-UA-Platform-Version: "{hints["platform_version"]}"',
    )
