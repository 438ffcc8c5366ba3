"""Loads the definitions of device detection from the files that the package device-detector carries.

The files are those of Matomo's device-detector library (LGPL 3), used as data; the package writes group references as
`\\g<1>` where Matomo has `$1`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import yaml

from qtd.engine.device import Definitions
from qtd.engine.device.codes import Codes
from qtd.errors import ConfigurationError

# libyaml's parser is ten times as fast; the base loader leaves every scalar text, which versions must stay.
_Loader: Any = getattr(yaml, "CBaseLoader", yaml.BaseLoader)

_REFERENCE = re.compile(r"\\g<(\d+)>")

_CLIENTS = {
    "feed reader": "feed_readers",
    "mobile app": "mobile_apps",
    "mediaplayer": "mediaplayers",
    "pim": "pim",
    "library": "libraries",
}
#: From the special to the general.
_HARDWARE = (
    "televisions",
    "shell_tv",
    "notebooks",
    "consoles",
    "car_browsers",
    "cameras",
    "portable_media_player",
    "mobiles",
)


def load_definitions(matomo_path: Path | None = None) -> Definitions:
    """Load all files, which takes about a second."""
    folder = _package_folder() / "regexes" / "upstream"

    def read(name: str) -> Any:
        try:
            text = (folder / f"{name}.yml").read_text(encoding="utf-8")
        except OSError as error:
            raise ConfigurationError(f"device definitions: {error}") from None
        return yaml.load(text, Loader=_Loader)  # noqa: S506 - builds only text and containers

    return Definitions(
        origin=f"device-detector {version('device-detector')}",
        bots=_plain(read("bots")),
        operating_systems=_plain(read("oss")),
        clients={kind: _plain(read(f"client/{name}")) for kind, name in _CLIENTS.items()},
        browsers=_plain(read("client/browsers")),
        engines=_plain(read("client/browser_engine")),
        hardware={name: _plain(read(f"device/{name}")) for name in _HARDWARE},
        vendor_fragments=_plain(read("vendorfragments")),
        app_hints=read("client/hints/apps"),
        browser_hints=read("client/hints/browsers"),
        codes=_codes(),
    )


def _package_folder() -> Path:
    spec = find_spec("device_detector")
    if spec is None or spec.origin is None:
        raise ConfigurationError("device definitions: the package device-detector is not installed")
    return Path(spec.origin).parent


def _plain(value: Any) -> Any:
    """Group references as Matomo writes them."""
    if isinstance(value, str):
        return _REFERENCE.sub(r"$\1", value) if "\\g<" in value else value
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    return value


def _codes() -> Codes:
    from device_detector.parser import settings  # noqa: PLC0415 - loads a large library
    from device_detector.parser.device.base import DEVICE_BRANDS  # noqa: PLC0415 - likewise

    return Codes(
        systems=settings.OPERATING_SYSTEMS,
        system_families=settings.OS_FAMILIES,
        browsers=settings.AVAILABLE_BROWSERS,
        browser_families=settings.BROWSER_FAMILIES,
        mobile_browsers=frozenset(settings.MOBILE_ONLY_BROWSERS),
        engines=tuple(settings.AVAILABLE_ENGINES),
        brands=DEVICE_BRANDS,
    )
