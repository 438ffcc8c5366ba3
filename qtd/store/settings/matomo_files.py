"""Matomo's files under `config/`, put together as Matomo does.

`global.ini.php` has the defaults, `common.config.ini.php` (which may be missing) adds to them, `config.ini.php` is the
installation's own: a key there replaces the one before as a whole, arrays included. Matomo writes text with HTML
entities and reads it without.
"""

from __future__ import annotations

import html
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from qtd.errors import ConfigurationError
from qtd.store.settings.load import Configured
from qtd.store.settings.php_ini import Ini, Value, parse_ini

_GLOBAL = Path("config/global.ini.php")
_COMMON = Path("config/common.config.ini.php")
_LOCAL = Path("config/config.ini.php")

_VERSION = re.compile(r"""const\s+VERSION\s*=\s*['"]([^'"]+)""")

#: Sections for one site: [Tracker_<idsite>].
_SITE_SECTION = re.compile(r"Tracker_(\d+)")

#: PHP's html_entity_decode with ENT_COMPAT leaves single quotes alone.
_ENTITY = re.compile(r"&(?!#0*39;|#x0*27;|apos;)(?:#\d+|#[xX][0-9a-fA-F]+|[A-Za-z][A-Za-z0-9]*);")


@dataclass(frozen=True, kw_only=True)
class MatomoFiles:
    """The merged configuration."""

    #: Matomo's folder
    path: Path
    sections: Mapping[str, Mapping[str, Value]]

    def section(self, name: str) -> Mapping[str, str | tuple[str, ...]]:
        """A section; arrays as tuples of their values."""
        return {
            key: tuple(value.values()) if isinstance(value, dict) else value
            for key, value in self.sections.get(name, {}).items()
        }

    def texts(self, name: str) -> dict[str, str]:
        """The scalars of a section."""
        return {key: value for key, value in self.section(name).items() if isinstance(value, str)}

    @property
    def local(self) -> Path:
        """The installation's own file, for messages."""
        return self.path / _LOCAL

    @property
    def plugins(self) -> tuple[str, ...]:
        """The active plugins."""
        plugins = self.section("Plugins").get("Plugins", ())
        return plugins if isinstance(plugins, tuple) else (plugins,)

    @property
    def version(self) -> str:
        """Matomo's version; `unknown` where its code does not say."""
        try:
            found = _VERSION.search((self.path / "core/Version.php").read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError):
            return "unknown"
        return found[1] if found else "unknown"

    @property
    def tables_prefix(self) -> str:
        """What names of tables begin with."""
        return self.texts("database").get("tables_prefix", "")

    def configured(self) -> Configured:
        """What the settings take from here."""
        general = dict(self.section("General"))
        salt = general.pop("salt", "")
        return Configured(
            salt=salt if isinstance(salt, str) else "",
            tracker=self.texts("Tracker"),
            general=general,
            four_byte_text=self.texts("database").get("charset", "").lower() == "utf8mb4",
            site_tracker={
                int(found[1]): self.texts(section)
                for section in self.sections
                if (found := _SITE_SECTION.fullmatch(section))
            },
        )


def read_matomo_files(path: Path) -> MatomoFiles:
    """Read the configuration of the Matomo in a folder.

    Raises:
        ConfigurationError: there is none, or it can not be read.
    """
    sections = _read(path / _GLOBAL)
    common = path / _COMMON
    for section, values in (_read(common) if common.exists() else {}).items():
        merged = sections.setdefault(section, {})
        for key, value in values.items():
            before = merged.get(key)
            if isinstance(value, dict) and isinstance(before, dict):
                merged[key] = {**before, **value}
            else:
                merged[key] = value
    for section, values in _read(path / _LOCAL).items():
        sections.setdefault(section, {}).update(values)
    return MatomoFiles(path=path, sections=sections)


def _read(file: Path) -> Ini:
    try:
        ini = parse_ini(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigurationError(f"matomo.path: {file}: {error.strerror}") from None
    except ValueError as error:
        raise ConfigurationError(f"matomo.path: {file}: {error}") from None
    return {
        section: {key: _decoded(value) for key, value in values.items()} for section, values in ini.items()
    }


def _decoded(value: Value) -> Value:
    if isinstance(value, dict):
        return {key: _unescape(text) for key, text in value.items()}
    return _unescape(value)


def _unescape(text: str) -> str:
    return _ENTITY.sub(lambda found: html.unescape(found.group()), text)
