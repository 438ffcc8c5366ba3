"""A Matomo's folder of the tests' own making: configuration, lists, device patterns, a GeoIP database.

What is in it comes from packages that are installed, or is invented here; nothing of it is Matomo's.
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from importlib.resources import as_file, files
from pathlib import Path
from typing import Any

import yaml
from sqlalchemy import make_url

from qtd.engine.device import Definitions
from qtd.store.regexes import device_definitions
from qtd.store.settings.tracker_plugins import RECORDING

GEOIP = Path(__file__).parents[2] / "data/geoip"
SALT = "a salt of this installation"

#: What Matomo's own defaults would say, as far as a test depends on it.
DEFAULTS: Mapping[str, Mapping[str, Any]] = {
    "database": {"host": "", "port": "3306", "charset": "utf8", "adapter": "PDO\\MYSQL"},
    "General": {"enable_referrer_definition_syncs": "1"},
    "Tracker": {"visit_standard_length": "1800"},
    "Plugins": {"Plugins": sorted(RECORDING)},
}

_Value = str | Sequence[str]
Sections = Mapping[str, Mapping[str, Any]]


class MatomoFolder:
    """Matomo's folder; everything in it can be changed while something runs beside it."""

    def __init__(self, path: Path, *, database: Mapping[str, str]) -> None:
        self.path = path
        self._own: dict[str, dict[str, Any]] = {
            "database": {"charset": "utf8mb4", **database},
            "General": {"salt": SALT},
        }
        write_ini(path / "config/global.ini.php", DEFAULTS)
        self.configure({})

    def configure(self, sections: Sections) -> None:
        """Write config.ini.php anew with these values beside database and salt."""
        names = [*self._own, *(name for name in sections if name not in self._own)]
        write_ini(
            self.path / "config/config.ini.php",
            {name: {**self._own.get(name, {}), **sections.get(name, {})} for name in names},
        )

    def write(self, file: str, text: str) -> None:
        """Put a file into the folder."""
        path = self.path / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")

    def add_lists(self) -> None:
        """The lists of referrers that are shipped with qtd."""
        for name, folder in (
            ("SearchEngines.yml", "searchengine-and-social-list"),
            ("Socials.yml", "searchengine-and-social-list"),
            ("spammers.txt", "referrer-spam-list"),
        ):
            with as_file(files("qtd.engine") / "data" / name) as shipped:
                self.write(f"vendor/matomo/{folder}/{name}", shipped.read_text(encoding="utf-8"))

    def add_geoip(self) -> None:
        """A database with cities."""
        (self.path / "misc").mkdir(exist_ok=True)
        shutil.copy(GEOIP / "GeoLite2-City.mmdb", self.path / "misc/GeoLite2-City.mmdb")

    def add_device_detector(self, definitions: Definitions | None = None) -> None:
        """Definitions of devices as Matomo keeps them; by default those that are shipped."""
        shown = definitions or device_definitions()
        library = "vendor/matomo/device-detector"
        for file, rules in _yaml_files(shown).items():
            text = yaml.dump(_plain(rules), Dumper=yaml.CSafeDumper, allow_unicode=True, sort_keys=False)
            self.write(f"{library}/regexes/{file}.yml", text)
        for file, tables in _php_files(shown).items():
            code = "\n".join(
                f"    protected static ${name} = {_php(table)};" for name, table in tables.items()
            )
            self.write(f"{library}/{file}.php", f"<?php\nclass Invented\n{{\n{code}\n}}\n")
        self.write(f"{library}/DeviceDetector.php", "<?php class Invented { const VERSION = '0.0.1'; }\n")


def database_section(url: str, prefix: str) -> dict[str, str]:
    """[database] for a database of the tests."""
    parsed = make_url(url)
    return {
        "host": parsed.host or "",
        "port": str(parsed.port),
        "username": parsed.username or "",
        "password": str(parsed.password or ""),
        "dbname": parsed.database or "",
        "tables_prefix": prefix,
    }


def write_ini(path: Path, sections: Sections) -> None:
    """Write a configuration file as Matomo does."""
    lines = ["; <?php exit; ?> DO NOT REMOVE THIS LINE"]
    for name, values in sections.items():
        lines.append(f"[{name}]")
        for key, value in values.items():
            if isinstance(value, list | tuple):
                lines += [f'{key}[] = "{_escaped(str(item))}"' for item in value]
            else:
                lines.append(f'{key} = "{_escaped(str(value))}"')
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def _escaped(value: str) -> str:
    value = value.replace("&", "&amp;").replace('"', "&quot;").replace("<", "&lt;").replace(">", "&gt;")
    return value.replace("\\", "\\\\")


def _yaml_files(shown: Definitions) -> dict[str, Any]:
    names = {
        "feed reader": "feed_readers",
        "mobile app": "mobile_apps",
        "mediaplayer": "mediaplayers",
        "pim": "pim",
        "library": "libraries",
    }
    return {
        "bots": shown.bots,
        "oss": shown.operating_systems,
        **{f"client/{names[kind]}": rules for kind, rules in shown.clients.items()},
        "client/browsers": shown.browsers,
        "client/browser_engine": shown.engines,
        **{f"device/{name}": brands for name, brands in shown.hardware.items()},
        "vendorfragments": shown.vendor_fragments,
        "client/hints/apps": shown.app_hints,
        "client/hints/browsers": shown.browser_hints,
    }


def _php_files(shown: Definitions) -> dict[str, dict[str, Any]]:
    codes = shown.codes
    return {
        "Parser/OperatingSystem": {
            "operatingSystems": codes.systems,
            "osFamilies": codes.system_families,
        },
        "Parser/Client/Browser": {
            "availableBrowsers": codes.browsers,
            "browserFamilies": codes.browser_families,
            "mobileOnlyBrowsers": sorted(codes.mobile_browsers),
        },
        "Parser/Client/Browser/Engine": {"availableEngines": codes.engines},
        "Parser/Device/AbstractDeviceParser": {"deviceBrands": codes.brands},
    }


def _php(value: Any) -> str:
    """An array or a text in PHP's notation."""
    if isinstance(value, Mapping):
        return "[" + ", ".join(f"{_php(key)} => {_php(inner)}" for key, inner in value.items()) + "]"
    if isinstance(value, str):
        return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"
    return "[" + ", ".join(map(_php, value)) + "]"


def _plain(value: Any) -> Any:
    """Mappings and sequences of whatever kind as YAML knows them."""
    if isinstance(value, Mapping):
        return {key: _plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(inner) for inner in value]
    return value
