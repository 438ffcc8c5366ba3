"""The Matomo beside us: its version, salt, plugins, and the files that are read of it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from qtd.config.root import Config
from qtd.doctor.check import Check, doubtful, fine, guarded, wrong
from qtd.store.geoip import GeoIpDatabase, open_locations
from qtd.store.regexes import device_definitions
from qtd.store.settings.matomo_files import MatomoFiles
from qtd.store.settings.tracker_plugins import tracker_plugins

#: What the engine is held to by recordings is 5.0.
_MAJOR: Final = 5

_UPDATE: Final = "reinstall the file that is named, as Matomo's own file check (System Check) advises"


def check_folder(config: Config, files: MatomoFiles) -> Iterator[Check]:
    """Judge what lies in the folder."""
    yield fine("matomo.configuration", "can be read", where=str(files.path))
    yield _version(files)
    yield _salt(config, files)
    yield from _plugins(config, files)
    yield from guarded("matomo.devices", _UPDATE, lambda: _devices(files))
    yield from guarded("matomo.locations", _UPDATE, lambda: _locations(files))


def _version(files: MatomoFiles) -> Check:
    major = re.match(r"(\d+)\.", files.version)
    if major is None:
        return doubtful(
            "matomo.version",
            "unknown: core/Version.php can not be read",
            "let the user that qtd runs as read Matomo's folder",
        )
    found = f"Matomo {files.version}"
    if int(major[1]) == _MAJOR:
        return fine("matomo.version", found)
    if int(major[1]) < _MAJOR:
        return wrong(
            "matomo.version", f"{found}: its tables and rules are others", f"Matomo {_MAJOR} is needed"
        )
    return doubtful(
        "matomo.version",
        f"{found} is newer than what qtd knows ({_MAJOR}.x)",
        "look for a newer qtd; qtd parity --matomo FOLDER compares patterns and lists",
    )


def _salt(config: Config, files: MatomoFiles) -> Check:
    theirs = files.configured().salt
    ours = config.matomo.salt
    if not theirs and ours is None:
        return wrong(
            "matomo.salt",
            f"[General] salt is missing in {files.local}: no token is recognised, fingerprints differ from Matomo's",
            "restore it there; without it nobody can log in to Matomo either",
        )
    if ours is not None and theirs and ours.get_secret_value() != theirs:
        return wrong(
            "matomo.salt",
            f"matomo.salt is another one than [General] salt in {files.local}",
            "leave matomo.salt and salt_file out: Matomo's own is taken",
        )
    return fine("matomo.salt", "is there")


def _plugins(config: Config, files: MatomoFiles) -> Iterator[Check]:
    plugins = tracker_plugins(files)
    unknown = [name for name in plugins.unknown if name not in config.matomo.allow_plugins]
    if unknown and config.engine == "native":
        yield wrong(
            "matomo.plugins",
            f"active, and recording what qtd does not know: {', '.join(unknown)}",
            "name them in matomo.allow_plugins to record without what they add, or let Matomo record",
        )
    elif plugins.unknown and config.engine == "native":
        yield doubtful(
            "matomo.plugins",
            f"active, but what they add is not recorded, as matomo.allow_plugins says: {', '.join(plugins.unknown)}",
            "nothing, if that is meant",
        )
    elif plugins.inactive:
        found = f"none is unknown; recorded though not active there: {', '.join(plugins.inactive)}"
        yield fine("matomo.plugins", found)
    else:
        yield fine("matomo.plugins", "none is unknown")


def _devices(files: MatomoFiles) -> Iterator[Check]:
    yield fine("matomo.devices", f"patterns of devices from {device_definitions(files.path).origin}")


def _locations(files: MatomoFiles) -> Iterator[Check]:
    database = open_locations(files.path)
    if isinstance(database, GeoIpDatabase):
        database.close()
        yield fine("matomo.locations", f"by {database.path.name}")
    else:
        yield fine("matomo.locations", "no GeoIP database in misc/: countries by language alone")
