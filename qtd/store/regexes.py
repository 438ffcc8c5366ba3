"""Reads the patterns and codes of device detection: those of the Matomo beside us, or the packaged ones.

Matomo carries them in `vendor/matomo/device-detector`: patterns as YAML, codes as tables in PHP. The PyPI
package `device-detector` carries newer YAML and its tables in Python; of it only these data are used. Both kinds
of tables are read as text, nothing is executed or imported.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import yaml

from qtd.engine.device import Definitions
from qtd.engine.device.codes import UNKNOWN, Codes
from qtd.errors import ConfigurationError
from qtd.store.device_corrections import corrected, corrections

#: libyaml needs half a second for all files, the loader in Python ten; every scalar stays text.
_Loader: Any = getattr(yaml, "CBaseLoader", yaml.BaseLoader)

_VENDOR = Path("vendor/matomo/device-detector")
_PACKAGE = "device_detector"

#: client type -> file
_CLIENTS = {
    "feed reader": "feed_readers",
    "mobile app": "mobile_apps",
    "mediaplayer": "mediaplayers",
    "pim": "pim",
    "library": "libraries",
}
#: In the order in which Matomo asks.
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

#: The Python port writes groups as Python does, which is no difference in meaning.
_PYTHON_GROUP = re.compile(r"\\{1,2}g<(\d+)>")
_PHP_TOKEN = re.compile(r"//[^\n]*|/\*.*?\*/|'((?:\\.|[^'\\])*)'|(\d+)|(=>)|([\[\]])", re.DOTALL)
_PHP_ESCAPE = re.compile(r"\\([\\'])")
_PHP_VERSION = re.compile(r"const VERSION = '([^']+)'")


def device_definitions(matomo: Path | None = None) -> Definitions:
    """The definitions of the Matomo installation at that path, or the packaged ones where it has none.

    Raises ConfigurationError where files are missing or not what they should be. Takes about a second.
    """
    if matomo is not None and (matomo / _VENDOR / "regexes").is_dir():
        return _of_matomo(matomo / _VENDOR)
    return _packaged()


def _of_matomo(library: Path) -> Definitions:
    found = _PHP_VERSION.search(_text(library / "DeviceDetector.php"))
    systems = _PhpTables(library / "Parser/OperatingSystem.php")
    browsers = _PhpTables(library / "Parser/Client/Browser.php")
    codes = Codes(
        systems=systems.mapping("operatingSystems"),
        system_families=systems.lists("osFamilies"),
        browsers=browsers.mapping("availableBrowsers"),
        browser_families=browsers.lists("browserFamilies"),
        mobile_browsers=frozenset(browsers.texts("mobileOnlyBrowsers")),
        engines=_PhpTables(library / "Parser/Client/Browser/Engine.php").texts("availableEngines"),
        brands=_PhpTables(library / "Parser/Device/AbstractDeviceParser.php").mapping("deviceBrands"),
    )
    return _read(
        library / "regexes", codes, f"Matomo's device-detector {found[1] if found else '(version unknown)'}"
    )


def _packaged() -> Definitions:
    spec = find_spec(_PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        raise ConfigurationError("the Python package device-detector is not installed")
    package = Path(spec.submodule_search_locations[0])
    settings = _python_tables(package / "parser/settings.py")
    brands = _python_tables(package / "parser/device/base.py")
    try:
        codes = Codes(
            # The port gives "unknown" a name of its own, which then would be a name like others.
            systems={code: name for code, name in settings["OPERATING_SYSTEMS"].items() if code != UNKNOWN},
            system_families=settings["OS_FAMILIES"],
            browsers=settings["AVAILABLE_BROWSERS"],
            browser_families=settings["BROWSER_FAMILIES"],
            mobile_browsers=frozenset(settings["MOBILE_ONLY_BROWSERS"]),
            engines=tuple(settings["AVAILABLE_ENGINES"]),
            brands=brands["DEVICE_BRANDS"],
        )
    except (KeyError, AttributeError, TypeError) as error:
        message = f"the Python package device-detector has other tables than expected: {error}"
        raise ConfigurationError(message) from error
    origin = f"the Python package device-detector {version('device-detector')}, corrected to Matomo 5.0"
    return corrected(_read(package / "regexes/upstream", codes, origin), corrections())[0]


def _read(folder: Path, codes: Codes, origin: str) -> Definitions:
    return Definitions(
        origin=origin,
        bots=_rules(folder / "bots.yml"),
        operating_systems=_rules(folder / "oss.yml"),
        clients={kind: _rules(folder / f"client/{name}.yml") for kind, name in _CLIENTS.items()},
        browsers=_rules(folder / "client/browsers.yml"),
        engines=_rules(folder / "client/browser_engine.yml"),
        hardware={name: _brands(folder / f"device/{name}.yml") for name in _HARDWARE},
        vendor_fragments=_mapping(folder / "vendorfragments.yml"),
        app_hints=_mapping(folder / "client/hints/apps.yml"),
        browser_hints=_mapping(folder / "client/hints/browsers.yml"),
        codes=codes,
    )


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{path} can not be read: {error}") from error


def _yaml(path: Path) -> Any:
    text = _PYTHON_GROUP.sub(r"$\1", _text(path))
    try:
        return yaml.load(text, Loader=_Loader)  # noqa: S506 - a base loader makes text, lists and mappings only
    except yaml.YAMLError as error:
        raise ConfigurationError(f"{path} is not YAML: {error}") from error


def _mapping(path: Path) -> Mapping[str, Any]:
    content = _yaml(path)
    if not isinstance(content, dict):
        raise ConfigurationError(f"{path}: a mapping is expected")
    return content


def _rules(path: Path) -> list[Mapping[str, Any]]:
    content = _yaml(path)
    if not isinstance(content, list) or not all(
        isinstance(rule, dict) and "regex" in rule for rule in content
    ):
        raise ConfigurationError(f"{path}: a list of entries with a regex each is expected")
    return content


def _brands(path: Path) -> Mapping[str, Mapping[str, Any]]:
    content = _mapping(path)
    for brand, rule in content.items():
        entries = [rule, *(rule.get("models") or ())] if isinstance(rule, dict) else [rule]
        if not all(isinstance(entry, dict) and "regex" in entry for entry in entries):
            raise ConfigurationError(f"{path}: {brand}: entries with a regex each are expected")
    return content


def _python_tables(path: Path) -> dict[str, Any]:
    """The literals that a Python module assigns to names."""
    tables: dict[str, Any] = {}
    for node in ast.parse(_text(path)).body:
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            try:
                tables[node.targets[0].id] = ast.literal_eval(node.value)
            except ValueError:
                continue  # computed, so none of those that we look for
    return tables


@dataclass(frozen=True, slots=True)
class _PhpTables:
    """The array literals of text that a PHP class assigns to its properties."""

    path: Path

    def mapping(self, name: str) -> dict[str, str]:
        """`['key' => 'value', …]`."""
        return {key: value for key, value in self._items(name) if key is not None and isinstance(value, str)}

    def lists(self, name: str) -> dict[str, list[str]]:
        """`['key' => ['value', …], …]`."""
        return {
            key: [text for _, text in value if isinstance(text, str)]
            for key, value in self._items(name)
            if key is not None and isinstance(value, list)
        }

    def texts(self, name: str) -> list[str]:
        """`['value', …]`."""
        return [value for key, value in self._items(name) if key is None and isinstance(value, str)]

    def _items(self, name: str) -> list[tuple[str | None, Any]]:
        """Keys (null without `=>`) and values, text or a list of the same kind."""
        source = _text(self.path)
        start = source.find(f"${name} = [")
        if start < 0:
            raise ConfigurationError(f"{self.path}: the table ${name} is expected")
        outermost: list[tuple[str | None, Any]] = []
        open_lists = [outermost]
        key: str | None = None
        for token in _PHP_TOKEN.finditer(source, source.index("[", start) + 1):
            quoted, number, arrow, bracket = token.groups()
            items = open_lists[-1]
            if quoted is not None or number is not None:
                items.append((key, number or _PHP_ESCAPE.sub(r"\1", quoted)))
                key = None
            elif arrow:
                key = items.pop()[1]
            elif bracket == "[":
                inner: list[tuple[str | None, Any]] = []
                items.append((key, inner))
                key = None
                open_lists.append(inner)
            elif bracket == "]":
                open_lists.pop()
                if not open_lists:
                    break
        if not outermost:
            raise ConfigurationError(f"{self.path}: the table ${name} is empty")
        return outermost
