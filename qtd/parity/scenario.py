"""Reads parity files: scenarios with their entries and expected rows, and the world they take place in."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias

from qtd.errors import ConfigurationError

#: table -> its rows
Rows: TypeAlias = Mapping[str, list[Any]]


@dataclass(frozen=True, kw_only=True)
class World:
    """What every scenario begins with."""

    #: [General] salt
    salt: str
    #: configuration tables -> rows
    tables: Rows


@dataclass(frozen=True, kw_only=True)
class Scenario:
    """Entries of a queue, and the rows that Matomo makes of them."""

    #: the file's name without its ending
    group: str
    #: unique within the group
    name: str
    #: as in the queue, decoded
    entries: list[dict[str, Any]]
    #: expected
    rows: Rows
    #: rows of configuration tables that replace the world's
    tables: Rows = field(default_factory=dict)
    #: rows of the option table on top of the world's
    options: Mapping[str, str] = field(default_factory=dict)
    #: Matomo's config.ini.php: section -> key -> value
    config: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    #: rows of the site_setting table
    site_settings: list[dict[str, Any]] = field(default_factory=list)


def read_scenarios(path: Path) -> Iterator[Scenario]:
    """Read a parity file, gzipped or not.

    Raises:
        ConfigurationError: there is no such file, or it is none.
    """
    for number, given in enumerate(_read(path)):
        try:
            yield Scenario(
                group=path.name.split(".")[0],
                name=given["name"],
                entries=given["entries"],
                rows=given["rows"],
                tables=given.get("tables", {}),
                options=given.get("options", {}),
                config=given.get("config", {}),
                site_settings=given.get("site_settings", []),
            )
        except (KeyError, TypeError) as error:
            raise ConfigurationError(f"{path}: scenario {number} is none: {error!r}") from None


def read_world(path: Path) -> World:
    """Read the world file. Raises ConfigurationError as `read_scenarios` does."""
    given = _read(path)
    try:
        return World(salt=given["salt"], tables=given["tables"])
    except (KeyError, TypeError) as error:
        raise ConfigurationError(f"{path}: not a world file: {error!r}") from None


def _read(path: Path) -> Any:
    try:
        content = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
        return json.loads(content)
    except (OSError, ValueError) as error:
        raise ConfigurationError(f"{path}: {error}") from None
