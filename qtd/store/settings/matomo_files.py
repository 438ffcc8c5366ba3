"""Matomo's `config/global.ini.php` and `config/config.ini.php`, put together as Matomo does.

A key of config.ini.php replaces the one of global.ini.php as a whole, arrays included. Matomo writes text with
HTML entities and reads it without.
"""

from __future__ import annotations

import html
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from qtd.errors import ConfigurationError
from qtd.store.settings.load import Configured
from qtd.store.settings.php_ini import Ini, Value, parse_ini

_GLOBAL = Path("config/global.ini.php")
_LOCAL = Path("config/config.ini.php")

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
    def plugins(self) -> tuple[str, ...]:
        """The active plugins."""
        plugins = self.section("Plugins").get("Plugins", ())
        return plugins if isinstance(plugins, tuple) else (plugins,)

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
            site_tracker={
                int(found[1]): self.texts(section)
                for section in self.sections
                if (found := _SITE_SECTION.fullmatch(section))
            },
        )

    def database_url(self) -> tuple[str, str]:
        """The database's URL and, apart from it, the password.

        Raises:
            ConfigurationError: [database] does not say enough.
        """
        database = self.texts("database")
        for key in ("dbname", "username"):
            if not database.get(key):
                raise ConfigurationError(f"{self.path / _LOCAL}: [database] {key} is missing")
        query: dict[str, str] = {}
        host, port = database.get("host") or "127.0.0.1", database.get("port", "")
        # A socket is given as such, or in the place of the port.
        socket = next((path for path in (database.get("unix_socket", ""), port) if path.startswith("/")), "")
        if socket:
            query["unix_socket"], host, port = socket, "localhost", ""
        if database.get("enable_ssl", "0") not in ("", "0"):
            query |= _tls(database)
        options = "&".join(f"{key}={quote(value, safe='')}" for key, value in query.items())
        address = f"[{host}]" if ":" in host else host
        url = (
            f"mysql+pymysql://{quote(database['username'], safe='')}@{address}"
            f"{f':{port}' if port else ''}/{quote(database['dbname'], safe='')}{f'?{options}' if options else ''}"
        )
        return url, database.get("password", "")


def _tls(database: Mapping[str, str]) -> dict[str, str]:
    """The driver's arguments for an encrypted connection."""
    named = {"ssl_ca": "ssl_ca", "ssl_cert": "ssl_cert", "ssl_key": "ssl_key"}
    arguments = {argument: database[key] for key, argument in named.items() if database.get(key)}
    trusting = database.get("ssl_no_verify", "0") not in ("", "0")
    if not trusting and "ssl_ca" in arguments:
        arguments["ssl_verify_cert"] = "true"
    if not arguments:
        arguments["ssl_disabled"] = "false"
    return arguments


def read_matomo_files(path: Path) -> MatomoFiles:
    """Read the configuration of the Matomo in a folder.

    Raises:
        ConfigurationError: there is none, or it can not be read.
    """
    sections: dict[str, dict[str, Value]] = {}
    for name in (_GLOBAL, _LOCAL):
        for section, values in _read(path / name).items():
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
